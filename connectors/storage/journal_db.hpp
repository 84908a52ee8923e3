// journal.sqlite: the session log as tables, for people and their tools. It follows from the log
// alone and can be made again from it at any time; how far it has come is written in the same
// transaction as the rows, so that nothing is told twice. Columns: docs/reference/session.md.
// Thread: one, storage.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

#include "connectors/storage/session_log.hpp"
#include "connectors/storage/wal_format.hpp"
#include "engine/core/result.hpp"

namespace proteus::storage {

inline constexpr int kJournalSchema = 3;

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
  /// another session; Unsupported if its tables are of another version (delete it: it is rebuilt).
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
  /// decisions, refusals, equity, anomalies and feed. Orders, fills, funding and states stay. How
  /// many rows; 0: none is left. Between transactions only. Errors: Io, Corrupt.
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

/// Makes the tables anew from the log, over all its segments, and puts them in the place of what
/// stands at `sqlite_path`; what retention dropped stays noted where that can still be read. A torn
/// tail ends the log; damage before it is an error and leaves the old tables, unless it was
/// repaired. Returns the number of records; `missing` takes what of the log is not there, as
/// sentences.
Result<std::uint64_t> rebuild_journal(const std::filesystem::path& wal_path,
                                      const std::filesystem::path& sqlite_path,
                                      std::string* missing = nullptr);

/// Moves damaged tables, with SQLite's side files, to "<path>.damaged-<utc>"; returns that name.
Result<std::filesystem::path> put_tables_aside(const std::filesystem::path& sqlite_path,
                                               Timestamp now);

}  // namespace proteus::storage
