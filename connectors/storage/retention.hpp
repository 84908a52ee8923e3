// What of a session may go when it grows old or too large: parts of the feed first, then segments
// of the log, never the last two and never one that the tables have not been told. Only whole,
// closed, compressed files go, oldest first. Ages are in venue time. Thread: storage.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "connectors/storage/journal_db.hpp"
#include "connectors/storage/settings.hpp"

namespace proteus::storage {

struct DiskUse {
  std::uint64_t session_bytes = 0;  ///< of all files below the session's folder
  std::uint64_t disk_free = 0;      ///< bytes that the disk has left for us
};
/// What a folder holds. Files that go meanwhile count as nothing.
DiskUse disk_use(const std::filesystem::path& folder);

/// A file that may go.
struct Expendable {
  std::filesystem::path path;
  std::uint64_t bytes = 0;
  bool log = false;           ///< else a part of the feed
  std::uint64_t first = 0;    ///< of a segment: its first record
  std::uint64_t records = 0;  ///< up to the next segment that is there
  Timestamp end{};            ///< nothing in it is later
};

class Retention {
 public:
  Retention(std::filesystem::path wal, const StorageSettings& settings)
      : wal_(std::move(wal)), settings_(settings) {}

  /// Everything that may go, in the order in which it would: feed by age, then log. Records below
  /// `told` are in the tables.
  std::vector<Expendable> expendable(std::uint64_t told);
  /// Removes what is too old at `now`, and then what the quota demands. Returns what was removed;
  /// `use` is what is left. A file that cannot be removed stays and is tried again.
  std::vector<Dropped> enforce(Timestamp now, std::uint64_t told, DiskUse& use);

 private:
  struct Known {  // a compressed segment's header, read once
    std::uint32_t segment = 0;
    std::uint64_t first_record = 0;
    Timestamp begun{};
  };
  void add_feed(std::vector<Expendable>& out) const;
  void add_log(std::vector<Expendable>& out, std::uint64_t told);
  const Known* known(const LogPart& part);

  std::filesystem::path wal_;
  StorageSettings settings_;
  std::vector<Known> known_;
};

}  // namespace proteus::storage
