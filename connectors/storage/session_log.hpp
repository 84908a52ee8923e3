// The log of a whole session, over all its segments, whoever else is still writing it. Segments may
// be rotated and compressed meanwhile.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "connectors/storage/wal_reader.hpp"

namespace proteus::storage {

/// A file that holds a segment.
struct LogPart {
  std::uint32_t segment = 0;  ///< 0: its header tells (session.wal)
  std::filesystem::path path;
  bool packed = false;
};
/// Closed segments beside `wal`, oldest first, each once.
std::vector<LogPart> closed_parts(const std::filesystem::path& wal);
/// These, then the segment being written: session.wal, or session.wal.next where a rotation was
/// interrupted after it counted.
std::vector<LogPart> log_parts(const std::filesystem::path& wal);
/// Opens segment `segment` under whatever name it has by now. Errors: NotFound; as WalReader.
Result<WalReader> open_segment(const std::filesystem::path& wal, std::uint32_t segment);

/// The end of this closed segment was damaged and cut off by a person's word (log_repair.hpp).
bool was_cut(const std::filesystem::path& wal, std::uint32_t segment);
/// For a person: that the records from `first` to before `following` are gone by that cut.
std::string cut_text(std::uint64_t first, std::uint64_t following, std::uint32_t segment);

class SessionLog {
 public:
  /// Begins at the first segment from which on none is missing. Errors: as WalReader.
  static Result<SessionLog> open(const std::filesystem::path& wal);

  /// Of the segment that is being read.
  [[nodiscard]] const WalHeader& header() const { return reader_.header(); }
  [[nodiscard]] const std::filesystem::path& file() const { return reader_.path(); }
  /// What lies before the beginning and is not there, then the holes that were passed since, as
  /// sentences; empty: nothing.
  [[nodiscard]] const std::string& missing() const { return missing_; }
  /// The holes that were passed: the first record that is gone, and the first that is there again.
  [[nodiscard]] const std::vector<std::pair<std::uint64_t, std::uint64_t>>& holes() const {
    return holes_;
  }
  /// Number of the first record that is there.
  [[nodiscard]] std::uint64_t first_record() const { return first_record_; }

  /// The next record, valid until the next call; null at the end (see `torn`). Calling again goes
  /// on if the log has grown. Errors: as WalReader; Corrupt where a closed segment ends too early.
  /// Where a person has accepted that (what was cut off lies beside it, see log_repair.hpp), the
  /// hole is noted in `missing` and passed.
  Result<const WalRecord*> next();
  /// Number of the record that `next` would give, and its byte in the whole log, uncompressed.
  [[nodiscard]] std::uint64_t number() const { return reader_.tail().number; }
  [[nodiscard]] std::uint64_t byte() const {
    return reader_.header().first_byte + reader_.tail().offset;
  }
  /// The last end that was met is inside a record: the writer is at it, or was interrupted.
  [[nodiscard]] bool torn() const { return reader_.tail().torn; }
  [[nodiscard]] const WalReader& reader() const { return reader_; }

  /// Reads no further than this byte of the whole log.
  void set_end(std::uint64_t byte);
  /// Goes to record `number`; `byte`, if it is where that record starts, saves the search. A number
  /// before the beginning means the beginning; one beyond the end, the end; one in a hole that was
  /// accepted, what comes after it.
  Result<void> seek(std::uint64_t number, std::uint64_t byte);

 private:
  SessionLog(std::filesystem::path wal, WalReader reader)
      : wal_(std::move(wal)), reader_(std::move(reader)) {}
  Result<void> go_on(WalReader following);
  void note_hole(std::uint64_t following);
  void enter(WalReader reader);

  std::filesystem::path wal_;
  WalReader reader_;
  std::optional<std::uint64_t> end_;
  std::uint32_t first_segment_ = 1;
  std::uint64_t first_record_ = 0;
  std::string missing_;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> holes_;
};

}  // namespace proteus::storage
