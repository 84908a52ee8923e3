// How a session is kept on disk.
#pragma once

#include <cstdint>

#include "engine/core/settings.hpp"
#include "engine/core/time.hpp"

namespace proteus::storage {

inline constexpr double kTenYears = 3650 * 86'400.0;

struct StorageSettings {
  std::int64_t commit_every_bytes = 1 << 20;
  bool tables = true;
  Duration sync_interval = std::chrono::milliseconds{200};
  std::int64_t sync_bytes = 1 << 20;
  std::int64_t log_part_bytes = 256 << 20;
  Duration log_part_age = std::chrono::hours{24};
  std::int64_t log_pending_max = 64 << 20;
  bool record_feed = true;
  std::int64_t feed_part_bytes = 64 << 20;
  Duration feed_part_age = std::chrono::hours{1};
  std::int64_t feed_compression = 3;
  std::int64_t quota_bytes = std::int64_t{20} << 30;
  Duration keep_feed = std::chrono::hours{30 * 24};
  Duration keep_log = std::chrono::hours{90 * 24};
  Duration keep_rows = std::chrono::hours{30 * 24};
  std::int64_t disk_free_min = std::int64_t{1} << 30;

  static constexpr auto settings() {
    using S = StorageSettings;
    return std::tuple{
        setting("commit_every_bytes", &S::commit_every_bytes,
                "replay only: the log gathers this many bytes before one write; 0 writes at every "
                "commit, as paper and live always do",
                0, 64 << 20),
        setting("tables", &S::tables,
                "replay only: journal.sqlite is told what the log holds; without it a replay ends "
                "sooner, and proteus journal rebuild makes the tables later"),
        setting("sync_interval", &S::sync_interval,
                "longest time between two syncs of the log to the disk", 0.01, 60.0),
        setting("sync_bytes", &S::sync_bytes, "the log is synced earlier when this many bytes wait",
                4096, 1 << 30),
        setting("log_part_bytes", &S::log_part_bytes,
                "a segment of the log is closed, and the next begins with a snapshot, at this "
                "size, in bytes",
                65'536, 4e9),
        setting("log_part_age", &S::log_part_age,
                "a segment of the log is closed at this age, in venue time", 1.0, 30 * 86'400.0),
        setting("log_pending_max", &S::log_pending_max,
                "when more bytes of the log than this wait for a disk that takes none, the session "
                "ends",
                65'536, 1 << 30),
        setting("record_feed", &S::record_feed, "record every frame as it was received"),
        setting("feed_part_bytes", &S::feed_part_bytes,
                "a part of the recorded feed is closed and compressed at this size, in bytes", 4096,
                1 << 30),
        setting("feed_part_age", &S::feed_part_age,
                "a part of the recorded feed is closed and compressed at this age", 1.0, 86'400.0),
        setting("feed_compression", &S::feed_compression,
                "zstd level of closed parts of the feed and of the log", 1, 19),
        setting("quota_bytes", &S::quota_bytes,
                "the session's folder may hold this many bytes: beyond it the oldest parts of the "
                "feed go, then the oldest segments of the log, then the oldest rows",
                1 << 20, 1e15),
        setting("keep_feed", &S::keep_feed, "parts of the feed go at this age, in venue time",
                3600.0, kTenYears),
        setting("keep_log", &S::keep_log,
                "segments of the log go at this age, in venue time; the last two always stay",
                3600.0, kTenYears),
        setting("keep_rows", &S::keep_rows,
                "bars, decisions, refusals, equity, anomalies and feed rows of journal.sqlite go "
                "at this age, in venue time; orders, fills, funding and states stay",
                3600.0, kTenYears),
        setting("disk_free_min", &S::disk_free_min,
                "an alarm is raised when the disk has fewer free bytes than this", 0, 1e15)};
  }
};

}  // namespace proteus::storage
