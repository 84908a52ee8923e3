// Reads a part of a recorded feed, packed or not, frame by frame, from any time on; and what is
// undamaged of a damaged one. A part is a file of frame lines (frame_line.hpp): "x.jsonl" while it
// is written, "x.jsonl.zst" once it is closed (feed_index.hpp; older ones are one zstd frame
// without index). Memory: a block or two. One thread at a time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "connectors/storage/feed_index.hpp"
#include "connectors/storage/frame_line.hpp"
#include "engine/core/result.hpp"

namespace proteus::storage {

/// Text of a part as it comes: packed with index, packed without, plain.
class FeedText;

class FeedReader {
 public:
  /// `walk`: every frame is looked at as JSON, also where a checksum speaks for its line. Errors:
  /// NotFound, Io. A damaged index is told by the first `next`.
  static Result<FeedReader> open(const std::filesystem::path& path, bool walk = false);
  FeedReader(FeedReader&&) noexcept;
  FeedReader& operator=(FeedReader&&) noexcept;
  ~FeedReader();

  /// The next frame, valid until the next call; nothing at the end. A last line without newline was
  /// being written when the recorder died: it is no frame (`torn_bytes`). Errors: Malformed, with
  /// line and byte of the text; Corrupt, with the byte of the file and what is lost; Io. After
  /// Malformed and Corrupt the next call goes on behind the damage; after Io the part has ended.
  Result<std::optional<FrameView>> next_view();
  /// The same with copies.
  Result<std::optional<RecordedFrame>> next();
  /// From here on only frames received at `time` or later, as far as times do not go back. Before
  /// the first `next`.
  void seek(Timestamp time);

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  /// Nothing: plain, or without a usable index.
  [[nodiscard]] const std::optional<FeedIndex>& index() const;
  /// Line of the frame read last, from 1; 0: not known (damage or `seek` in a part without index).
  [[nodiscard]] std::uint64_t line() const { return line_; }
  [[nodiscard]] std::uint64_t torn_bytes() const { return torn_; }

 private:
  FeedReader(std::filesystem::path path, std::unique_ptr<FeedText> text, bool walk);
  Result<bool> more();
  Result<FrameView> parse(std::string_view line);

  std::filesystem::path path_;
  std::unique_ptr<FeedText> source_;
  std::string text_;  // read and not yet used, from at_
  std::size_t at_ = 0;
  std::size_t searched_ = 0;  // no newline before
  std::uint64_t line_ = 0;
  std::uint64_t torn_ = 0;
  bool lost_count_ = false;  // lines were lost, nobody knows how many
  bool in_long_line_ = false;
  bool ended_ = false;
  bool walk_ = false;
  std::optional<Timestamp> from_;
  FrameScratch scratch_;
};

}  // namespace proteus::storage
