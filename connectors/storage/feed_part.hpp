// The parts of a recorded feed: files of frame lines (frame_line.hpp), "x.jsonl" while it is
// written, "x.jsonl.zst" once it is closed. `zstdcat` and any reader of JSON lines take them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "connectors/storage/frame_line.hpp"
#include "engine/core/result.hpp"

namespace proteus::storage {

/// Compresses a closed file "x" to "x.zst" and then removes it. At no instant is there less than
/// one whole copy; an interrupted call is made good by the next, one that fails leaves no draft.
/// Errors: NotFound, no "x"; Io. `between` is called every few MiB.
Result<void> compress_part(const std::filesystem::path& part, int level,
                           const std::function<void()>& between = {});

/// Reads a part, compressed or not, line by line.
class FeedReader {
 public:
  static Result<FeedReader> open(const std::filesystem::path& path);
  FeedReader(FeedReader&&) noexcept;
  FeedReader& operator=(FeedReader&&) noexcept;
  ~FeedReader();

  /// The next frame; nothing at the end. A last line without newline was being written when the
  /// recorder died: it is no frame. Errors: Malformed with the line's number, Corrupt, Io.
  Result<std::optional<RecordedFrame>> next();

 private:
  struct Source;
  FeedReader(std::filesystem::path path, std::unique_ptr<Source> source);
  std::filesystem::path path_;
  std::unique_ptr<Source> source_;
  std::string text_;  // read and not yet used, from at_
  std::size_t at_ = 0;
  std::uint64_t line_ = 0;
};

}  // namespace proteus::storage
