// A file of any kind compressed as one stream: closed segments of the log. (Parts of a feed are
// packed into blocks: feed_pack.hpp.)
#pragma once

#include <filesystem>
#include <functional>

#include "connectors/storage/feed_reader.hpp"
#include "engine/core/result.hpp"

namespace proteus::storage {

/// Compresses a closed file "x" to "x.zst" and then removes it. At no instant is there less than
/// one whole copy; an interrupted call is made good by the next, one that fails leaves no draft.
/// Errors: NotFound, no "x"; Io. `between` is called every few MiB.
Result<void> compress_part(const std::filesystem::path& part, int level,
                           const std::function<void()>& between = {});

}  // namespace proteus::storage
