// How a session is kept on disk.
#pragma once

#include <cstdint>

#include "engine/core/settings.hpp"
#include "engine/core/time.hpp"

namespace proteus::storage {

struct StorageSettings {
  std::int64_t commit_every_bytes = 1 << 20;
  Duration sync_interval = std::chrono::milliseconds{200};
  std::int64_t sync_bytes = 1 << 20;
  bool record_feed = true;
  std::int64_t feed_part_bytes = 64 << 20;
  Duration feed_part_age = std::chrono::hours{1};
  std::int64_t feed_compression = 3;

  static constexpr auto settings() {
    using S = StorageSettings;
    return std::tuple{
        setting("commit_every_bytes", &S::commit_every_bytes,
                "replay only: the log gathers this many bytes before one write; 0 writes at every "
                "commit, as paper and live always do",
                0, 64 << 20),
        setting("sync_interval", &S::sync_interval,
                "longest time between two syncs of the log to the disk", 0.01, 60.0),
        setting("sync_bytes", &S::sync_bytes, "the log is synced earlier when this many bytes wait",
                4096, 1 << 30),
        setting("record_feed", &S::record_feed, "record every frame as it was received"),
        setting("feed_part_bytes", &S::feed_part_bytes,
                "a part of the recorded feed is closed and compressed at this size, in bytes", 4096,
                1 << 30),
        setting("feed_part_age", &S::feed_part_age,
                "a part of the recorded feed is closed and compressed at this age", 1.0, 86'400.0),
        setting("feed_compression", &S::feed_compression, "zstd level of closed parts of the feed",
                1, 19)};
  }
};

}  // namespace proteus::storage
