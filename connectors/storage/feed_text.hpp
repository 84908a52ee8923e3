// Where the lines of a part come from: a plain file, blocks by their index, or zstd frames one
// after the other. Behind feed_reader.hpp.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "connectors/storage/feed_index.hpp"

namespace proteus::storage {

class FeedText {
 public:
  virtual ~FeedText() = default;
  /// Appends more text; false at the end. Errors: Corrupt, and the next call goes on behind the
  /// damage: what was appended before and is no whole line belongs to it. Io.
  virtual Result<bool> more(std::string& text) = 0;
  /// Passes over what was surely received before `time`; how many lines, if that is known.
  virtual void skip_before(Timestamp /*time*/) {}
  /// Whole lines before what `more` gives next; nothing: not known.
  [[nodiscard]] virtual std::optional<std::uint64_t> lines_before() const { return std::nullopt; }
  /// A checksum was found right over all that it gives.
  [[nodiscard]] virtual bool proven() const { return false; }
  std::optional<FeedIndex> index;
};

/// Errors: NotFound, Io.
Result<std::unique_ptr<FeedText>> open_feed_text(const std::filesystem::path& path);

}  // namespace proteus::storage
