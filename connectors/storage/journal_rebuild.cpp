// journal.sqlite made anew from the log, and put aside: a draft is told beside the old tables,
// takes over what the log cannot tell any more, and gets their name.
#include <array>

#include "connectors/storage/carried_rows.hpp"
#include "connectors/storage/file.hpp"
#include "connectors/storage/journal_db.hpp"

namespace proteus::storage {
namespace {

constexpr std::array kSideFiles = {"-wal", "-shm", "-journal"};

void remove_sides(const std::filesystem::path& sqlite_path) {
  std::error_code ignored;
  for (const char* suffix : kSideFiles)
    std::filesystem::remove(sqlite_path.string() + suffix, ignored);
}

std::filesystem::path draft_of(const std::filesystem::path& sqlite_path) {
  return sqlite_path.string() + ".rebuild";
}

void note_old(const OldTables& old, Rebuilt& rebuilt) {
  rebuilt.carried += old.carried();
  if (rebuilt.trouble.empty()) rebuilt.trouble = old.trouble();
  rebuilt.damaged = rebuilt.damaged || old.damaged();
}

// A draft with what the log does not hold any more; `old`: the tables that have it.
Result<void> begin_draft(const std::filesystem::path& sqlite_path, const SessionLog& log,
                         const std::filesystem::path& old, Rebuilt& rebuilt) {
  const std::filesystem::path draft = draft_of(sqlite_path);
  std::error_code ignored;
  std::filesystem::remove(draft, ignored);
  remove_sides(draft);
  BOOST_OUTCOME_TRY(JournalDb::open(draft, log.header()));
  if (!std::filesystem::exists(old, ignored)) return success();
  BOOST_OUTCOME_TRY(OldTables tables, OldTables::beside(draft, old, log.header()));
  BOOST_OUTCOME_TRY(tables.carry_before(log.first_record(), log.header().begun));
  note_old(tables, rebuilt);
  return success();
}

// After the log was told: what lies in its holes, and what is not told any more.
Result<void> compare_with_old(const std::filesystem::path& sqlite_path, const SessionLog& log,
                              Rebuilt& rebuilt) {
  std::error_code ignored;
  if (!std::filesystem::exists(sqlite_path, ignored)) return success();
  BOOST_OUTCOME_TRY(OldTables old,
                    OldTables::beside(draft_of(sqlite_path), sqlite_path, log.header()));
  BOOST_OUTCOME_TRY(
      old.carry_holes(log.holes(), log.number(), log.reader().last_time().value_or(Timestamp{})));
  BOOST_OUTCOME_TRY(rebuilt.gone, old.not_carried());
  note_old(old, rebuilt);
  return success();
}

Result<void> put_in_place(const std::filesystem::path& sqlite_path) {
  // The side files of other tables must not be taken for those of the new.
  remove_sides(sqlite_path);
  std::error_code failed;
  std::filesystem::rename(draft_of(sqlite_path), sqlite_path, failed);
  if (failed) return io_error("put the rebuilt tables at", sqlite_path, failed.value());
  return success();
}

}  // namespace

Result<Rebuilt> rebuild_journal(const std::filesystem::path& wal_path,
                                const std::filesystem::path& sqlite_path, Timestamp now) {
  BOOST_OUTCOME_TRY(SessionLog log, SessionLog::open(wal_path));
  Rebuilt rebuilt;
  BOOST_OUTCOME_TRY(begin_draft(sqlite_path, log, sqlite_path, rebuilt));
  {
    BOOST_OUTCOME_TRY(const auto db, JournalDb::open(draft_of(sqlite_path), log.header()));
    BOOST_OUTCOME_TRY(rebuilt.records, derive(log, *db, 4096, false));
  }
  rebuilt.missing = log.missing();
  BOOST_OUTCOME_TRY(compare_with_old(sqlite_path, log, rebuilt));
  if (rebuilt.gone.total() > 0 || !rebuilt.trouble.empty()) {
    if (now == Timestamp{}) now = log.reader().last_time().value_or(log.header().start);
    BOOST_OUTCOME_TRY(
        rebuilt.aside,
        put_tables_aside(sqlite_path, now, rebuilt.damaged ? "damaged" : "before-rebuild"));
  }
  BOOST_OUTCOME_TRY(put_in_place(sqlite_path));
  return rebuilt;
}

Result<RowCounts> begin_from_aside(const std::filesystem::path& sqlite_path,
                                   const SessionLog& log) {
  std::error_code ignored;
  if (log.first_record() == 0 || std::filesystem::exists(sqlite_path, ignored)) return RowCounts{};
  const auto old = newest_aside(sqlite_path);
  if (!old) return RowCounts{};
  Rebuilt begun;
  BOOST_OUTCOME_TRY(begin_draft(sqlite_path, log, *old, begun));
  BOOST_OUTCOME_TRY(put_in_place(sqlite_path));
  return begun.carried;
}

Result<std::filesystem::path> put_tables_aside(const std::filesystem::path& sqlite_path,
                                               Timestamp now, std::string_view word) {
  const std::filesystem::path aside = aside_name(sqlite_path, word, now);
  std::error_code failed;
  std::filesystem::rename(sqlite_path, aside, failed);
  if (failed) return io_error("move aside", sqlite_path, failed.value());
  for (const char* suffix : kSideFiles)
    std::filesystem::rename(sqlite_path.string() + suffix, aside.string() + suffix, failed);
  return aside;
}

}  // namespace proteus::storage
