// journal.sqlite: the session log as tables, for people and their tools. It follows from the log
// alone and can be made again from it at any time; how far it has come is written in the same
// transaction as the rows, so that nothing is told twice. Columns: docs/reference/session.md.
// Thread: one, storage.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

#include "connectors/storage/wal_format.hpp"
#include "connectors/storage/wal_reader.hpp"
#include "engine/core/result.hpp"

namespace proteus::storage {

inline constexpr int kJournalSchema = 2;

class JournalDb {
 public:
  /// Opens or creates the tables of this session. Errors: Io; Refused if the file belongs to
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

  /// How far the tables go: offset in the log (0: nothing yet) and the number of the next record.
  [[nodiscard]] std::uint64_t offset() const { return offset_; }
  [[nodiscard]] std::uint64_t number() const { return number_; }

 private:
  struct Tables;
  explicit JournalDb(std::unique_ptr<Tables> tables);
  Result<void> begin();
  std::unique_ptr<Tables> tables_;
  std::uint64_t offset_ = 0;
  std::uint64_t number_ = 0;
};

/// Applies records to the tables until `reader`'s end, in transactions of at most `batch` records.
/// Returns how many; stops after one batch if `once`.
Result<std::uint64_t> derive(WalReader& reader, JournalDb& db, std::uint64_t batch, bool once);

/// Makes the tables anew from the log and puts them in the place of what stands at `sqlite_path`.
/// A torn tail ends the log; damage before it is an error and leaves the old tables. Returns the
/// number of records.
Result<std::uint64_t> rebuild_journal(const std::filesystem::path& wal_path,
                                      const std::filesystem::path& sqlite_path);

}  // namespace proteus::storage
