// journal.sqlite: the session log as tables, for people and their tools. It follows from the log
// alone and can be made again from it at any time; how far it has come is written in the same
// transaction as the rows, so that nothing is told twice. Columns: docs/reference/session.md.
// Thread: one, storage.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

#include "connectors/storage/carried_rows.hpp"
#include "connectors/storage/session_log.hpp"
#include "connectors/storage/wal_format.hpp"
#include "engine/core/result.hpp"

namespace proteus::storage {

inline constexpr int kJournalSchema = 5;

/// What retention took away.
struct Dropped {
  std::string what;  ///< "feed", "log", "rows"
  std::string name;  ///< the file's, or the day's for rows
  Timestamp time{};  ///< when, in venue time
  std::string why;   ///< "age", "quota"
  std::uint64_t bytes = 0;
  std::uint64_t rows = 0;  ///< records of the log, or rows
};

class JournalDb {
 public:
  /// Opens or creates the tables of this session. Errors: Io; Corrupt if the file is damaged (see
  /// put_tables_aside); Refused if the file belongs to
  /// another session; Unsupported if its tables are of another version (a rebuild keeps them
  /// aside).
  static Result<std::unique_ptr<JournalDb>> open(const std::filesystem::path& path,
                                                 const WalHeader& header);
  ~JournalDb();
  JournalDb(const JournalDb&) = delete;
  JournalDb& operator=(const JournalDb&) = delete;

  /// Puts one record, with its number in the log, into the open transaction (or begins one).
  Result<void> apply(const WalRecord& record, std::uint64_t number);
  /// Ends the transaction; the log has been told up to `offset`, record `number` comes next.
  Result<void> commit(std::uint64_t offset, std::uint64_t number);
  /// Undoes what was applied since the last commit.
  void rollback();
  /// Writes down what was dropped; rows of one day add up. Errors: Io, Corrupt.
  Result<void> note(const Dropped& dropped);
  /// Takes the oldest rows away, at most `limit` of a table, that are older than `before`: bars,
  /// decisions, refusals, equity, anomalies and feed. Orders, fills, funding, states and
  /// adaptations stay. How many rows; 0: none is left. Between transactions only. Errors: Io,
  /// Corrupt.
  Result<std::uint64_t> drop_rows(Timestamp before, std::uint64_t limit);

  /// True after an operation has found the file damaged.
  [[nodiscard]] bool damaged() const { return damaged_; }

  /// How far the tables go: byte of the whole log (0: nothing yet) and the number of the next
  /// record.
  [[nodiscard]] std::uint64_t offset() const { return offset_; }
  [[nodiscard]] std::uint64_t number() const { return number_; }

 private:
  struct Tables;
  explicit JournalDb(std::unique_ptr<Tables> tables);
  Result<void> begin();
  Result<void> judge(Result<void> outcome);
  bool damaged_ = false;
  std::unique_ptr<Tables> tables_;
  std::uint64_t offset_ = 0;
  std::uint64_t number_ = 0;
};

/// Applies records to the tables until the log's end, in transactions of at most `batch` records.
/// Returns how many; stops after one batch if `once`.
Result<std::uint64_t> derive(SessionLog& log, JournalDb& db, std::uint64_t batch, bool once);

/// What a rebuild did.
struct Rebuilt {
  std::uint64_t records = 0;    ///< of the log
  std::string missing;          ///< what of the log is not there, as sentences; empty: nothing
  RowCounts carried;            ///< from the old tables, for what the log does not hold any more
  RowCounts gone;               ///< rows of the old tables that the new ones do not have
  std::string trouble;          ///< why the old tables could not be read; empty: they could
  bool damaged = false;         ///< they are damaged, or no database
  std::filesystem::path aside;  ///< where the old ones are; empty: the new ones tell all they did
};

/// Makes the tables anew from the log, over all its segments, and puts them in the place of what
/// stands at `sqlite_path`. What lies before the log's first record or in a hole of it is taken
/// over from the old tables. These are kept aside wherever they told of more than the new ones do
/// ("<path>.before-rebuild-<utc>", or ".damaged-<utc>" where they are damaged). A torn tail ends
/// the log; damage before it is an error and leaves the old tables, unless it was repaired. `now`
/// names what is kept aside; the epoch: the time of the log's last record.
Result<Rebuilt> rebuild_journal(const std::filesystem::path& wal_path,
                                const std::filesystem::path& sqlite_path, Timestamp now = {});

/// Where there are no tables, because they were put aside, and the log does not begin with the
/// session: begins new ones with what lies before it, from the newest that were put aside. Returns
/// how many rows; nothing is done where there are tables or nothing to take. Errors: Io.
Result<RowCounts> begin_from_aside(const std::filesystem::path& sqlite_path, const SessionLog& log);

/// Moves tables, with SQLite's side files, to "<path>.<word>-<utc>"; returns that name.
Result<std::filesystem::path> put_tables_aside(const std::filesystem::path& sqlite_path,
                                               Timestamp now, std::string_view word = "damaged");

}  // namespace proteus::storage
