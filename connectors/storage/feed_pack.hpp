// A closed part of a feed, packed into blocks with an index (feed_index.hpp).
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "connectors/storage/feed_index.hpp"
#include "connectors/storage/file.hpp"

namespace proteus::storage {

/// Text of a block: enough that packing loses nothing by it, little enough to be read for one time.
inline constexpr std::size_t kFeedBlockBytes = std::size_t{1} << 20U;

/// Packs text into a file, block by block. The last block ends where the text does, be it inside a
/// line; all others at the end of a line.
class FeedPacker {
 public:
  /// level: of zstd. `file` is open for writing and empty; `path` names it in errors.
  FeedPacker(const Descriptor& file, std::filesystem::path path, int level);
  ~FeedPacker();
  FeedPacker(const FeedPacker&) = delete;
  FeedPacker& operator=(const FeedPacker&) = delete;

  Result<void> add(std::string_view text);
  /// Writes what is left, and the index. `after`: the part before this one.
  Result<void> finish(std::string after);
  [[nodiscard]] const FeedIndex& index() const { return index_; }

 private:
  struct Context;
  Result<void> flush(std::size_t bytes);
  const Descriptor& file_;
  std::filesystem::path path_;
  std::unique_ptr<Context> context_;
  std::string text_;
  std::string packed_;
  FeedIndex index_;
  std::uint64_t offset_ = 0;
};

/// Packs a closed part "x.jsonl" to "x.jsonl.zst" and then removes it. At no instant is there less
/// than one whole copy; an interrupted call is made good by the next, one that fails leaves no
/// draft. Errors: NotFound, no "x.jsonl"; Io. `between` is called every few MiB.
Result<void> pack_feed_part(const std::filesystem::path& part, int level,
                            const std::function<void()>& between = {});

}  // namespace proteus::storage
