// Reads one segment of a session log, record by record, whoever else is still writing it. Nothing
// but zeros is room for what comes next, and the end. A bad record with a good one after it is
// damage and an error; one with nothing good after it is a torn tail, where the writer was
// interrupted, and the end. So is one of which a whole page is zeros, near the end: a loss of power
// took that page before it was synced, and what lies behind it was not synced either. A compressed
// segment was whole when it was closed: in it every bad record is damage. A whole session:
// session_log.hpp.
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include "connectors/storage/log_source.hpp"
#include "connectors/storage/wal_format.hpp"

namespace proteus::storage {

class WalReader {
 public:
  /// Errors: NotFound, Io, Corrupt (no log, or a damaged header), Unsupported (another format
  /// version or another layout of the records, named).
  static Result<WalReader> open(const std::filesystem::path& path);

  [[nodiscard]] const WalHeader& header() const { return header_; }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  /// The next record, valid until the next call; null at the end, where `tail` says what kind of
  /// end it is. Calling again goes on if the file has grown. Errors: Corrupt, by offset; Io;
  /// Unsupported record versions.
  Result<const WalRecord*> next();
  /// The same, checked but not decoded: for finding the end, or a place.
  Result<std::optional<Frame>> next_frame();

  /// Where the next record starts, or would start.
  struct Tail {
    bool torn = false;
    std::uint64_t offset = 0;
    std::uint64_t number = 0;  ///< of the record that is missing or would come next
    std::uint64_t bytes = 0;   ///< that are there, zeros behind them not counted, if it is torn
  };
  [[nodiscard]] const Tail& tail() const { return tail_; }

  /// Reads no further than this byte: for following a log that is being written.
  void set_end(std::uint64_t end) { end_ = end; }
  /// Jumps to a record's start that was told by `tail` before.
  void seek(std::uint64_t offset, std::uint64_t number) {
    tail_ = Tail{.torn = false, .offset = offset, .number = number, .bytes = 0};
    window_.clear();
    window_start_ = offset;
    known_size_ = 0;
  }
  /// The same for a place that may be wrong: false, and no move, where no whole record `number`
  /// starts there and the file does not end there either; false too in a compressed segment.
  Result<bool> try_seek(std::uint64_t offset, std::uint64_t number);
  /// Size of the file header: where the first record starts.
  [[nodiscard]] std::uint64_t first_offset() const { return first_offset_; }
  [[nodiscard]] const Descriptor& descriptor() const { return source_.file(); }
  /// Engine time of the first and the last record that was read and has one.
  [[nodiscard]] std::optional<Timestamp> first_time() const { return first_time_; }
  [[nodiscard]] std::optional<Timestamp> last_time() const { return last_time_; }

 private:
  WalReader(std::filesystem::path path, LogSource source)
      : path_(std::move(path)), source_(std::move(source)) {}
  Result<void> read_header();
  Result<std::uint64_t> limit(std::size_t wanted);
  Result<std::span<const std::byte>> peek(std::size_t wanted);
  Result<std::vector<std::byte>> read_rest();
  Result<void> explain_bad_record();
  [[nodiscard]] Error corrupt(std::string_view what) const;

  std::filesystem::path path_;
  LogSource source_;
  WalHeader header_;
  std::uint64_t first_offset_ = 0;
  static constexpr std::uint64_t kNoEnd = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t end_ = kNoEnd;
  std::uint64_t known_size_ = 0;
  Tail tail_;
  std::optional<Timestamp> first_time_, last_time_;
  std::vector<std::byte> window_;  // bytes of the file from window_start_
  std::uint64_t window_start_ = 0;
  WalRecord record_;
};

/// Cuts a torn tail off, after copying it to "<path>.torn". Nothing may be writing the log. Returns
/// what was found; `torn` tells whether anything was cut. Errors as WalReader; damage before the
/// tail is not touched.
Result<WalReader::Tail> recover_tail(const std::filesystem::path& path);
/// The cut itself, at a torn tail that a reader came to; without one it does nothing.
Result<void> cut_torn_tail(const std::filesystem::path& path, const WalReader::Tail& tail);
/// Appends the bytes of `path` from `offset` to `aside`, and syncs them.
Result<void> copy_rest(const std::filesystem::path& path, std::uint64_t offset,
                       const std::filesystem::path& aside);
/// Finds the next whole record at `at` or later in `bytes` that may be number `after` + 1 or a
/// later one; its place, or nothing.
std::optional<std::size_t> find_record(std::span<const std::byte> bytes, std::size_t at,
                                       std::uint64_t after);

}  // namespace proteus::storage
