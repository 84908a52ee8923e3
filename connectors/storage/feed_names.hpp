// Names of the parts of a feed, "<stream>-<first nanosecond>.jsonl[.zst]", and which parts make up
// a stream.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/core/result.hpp"
#include "engine/core/time.hpp"

namespace proteus::storage {

struct FeedPartName {
  std::string stem;   ///< "public-linear-0": the stream, as far as a file name can hold it
  Timestamp first{};  ///< when its first frame was received, or a little later where that was taken
  bool packed = false;
};
/// Nothing: no name of a part.
std::optional<FeedPartName> parse_part_name(const std::filesystem::path& path);

/// Parts of one stream, in the order of their time.
struct FeedStream {
  std::string stem;
  std::vector<std::filesystem::path> parts;
};

/// The streams of each source: a session (its folder `feed`), a folder of parts, or one part, whose
/// name may be any; in the order given, then by stem. Of a part that is there packed and not, the
/// packed one counts. Errors: NotFound (no such source, or no part in it).
Result<std::vector<FeedStream>> feed_streams(std::span<const std::filesystem::path> sources);

}  // namespace proteus::storage
