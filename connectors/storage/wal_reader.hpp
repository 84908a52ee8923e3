// Reads a session log, record by record, whoever else is still writing it. A bad record with a good
// one after it is damage and an error; one with nothing good after it is a torn tail, where the
// writer was interrupted, and the end.
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <span>
#include <vector>

#include "connectors/storage/file.hpp"
#include "connectors/storage/wal_format.hpp"

namespace proteus::storage {

class WalReader {
 public:
  /// Errors: NotFound, Io, Corrupt (no log, or a damaged header), Unsupported (another format
  /// version or another layout of the records, named).
  static Result<WalReader> open(const std::filesystem::path& path);

  [[nodiscard]] const WalHeader& header() const { return header_; }

  /// The next record, valid until the next call; null at the end, where `tail` says what kind of
  /// end it is. Calling again goes on if the file has grown. Errors: Corrupt, by offset; Io;
  /// Unsupported record versions.
  Result<const WalRecord*> next();

  /// Where the next record starts, or would start.
  struct Tail {
    bool torn = false;
    std::uint64_t offset = 0;
    std::uint64_t number = 0;  ///< of the record that is missing or would come next
    std::uint64_t bytes = 0;   ///< that are there but are no whole record
  };
  [[nodiscard]] const Tail& tail() const { return tail_; }

  /// Reads no further than this byte: for following a log that is being written.
  void set_end(std::uint64_t end) { end_ = end; }
  /// Jumps to a record's start that was told by `tail` before.
  void seek(std::uint64_t offset, std::uint64_t number) {
    tail_ = Tail{.torn = false, .offset = offset, .number = number, .bytes = 0};
    window_.clear();
  }
  /// Size of the file header: where record 0 starts.
  [[nodiscard]] std::uint64_t first_offset() const { return first_offset_; }

 private:
  WalReader(std::filesystem::path path, Descriptor file)
      : path_(std::move(path)), file_(std::move(file)) {}
  Result<void> read_header();
  Result<std::span<const std::byte>> peek(std::size_t wanted, std::uint64_t limit);
  Result<void> explain_bad_record(std::uint64_t limit);
  [[nodiscard]] Error corrupt(std::string_view what) const;

  std::filesystem::path path_;
  Descriptor file_;
  WalHeader header_;
  std::uint64_t first_offset_ = 0;
  static constexpr std::uint64_t kNoEnd = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t end_ = kNoEnd;
  std::uint64_t known_size_ = 0;
  Tail tail_;
  std::vector<std::byte> window_;  // bytes of the file from window_start_
  std::uint64_t window_start_ = 0;
  WalRecord record_;
};

/// Cuts a torn tail off, after copying it to "<path>.torn". Nothing may be writing the log. Returns
/// what was found; `torn` tells whether anything was cut. Errors as WalReader; damage before the
/// tail is not touched.
Result<WalReader::Tail> recover_tail(const std::filesystem::path& path);

}  // namespace proteus::storage
