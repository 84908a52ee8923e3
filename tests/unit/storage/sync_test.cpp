// What a failed sync may have lost is written again before it counts. The two calls of the system
// that matter are stood in for, in this program alone.
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <atomic>
#include <cerrno>
#include <fstream>
#include <mutex>

#include "connectors/storage/session_log.hpp"
#include "connectors/storage/storage_thread.hpp"
#include "tests/unit/storage/support.hpp"

namespace {

std::atomic<ino_t> watched{0};  // the file whose syncs fail and whose writes are noted
std::atomic<int> syncs_to_fail{0};
std::mutex notes_mutex;
std::vector<std::pair<std::uint64_t, std::uint64_t>> notes;  // from, to

bool is_watched(int fd) {
  struct stat info {};
  return watched.load() != 0 && ::fstat(fd, &info) == 0 && info.st_ino == watched.load();
}

}  // namespace

extern "C" int fdatasync(int fd) {
  if (syncs_to_fail.load() > 0 && is_watched(fd)) {
    --syncs_to_fail;
    errno = EIO;
    return -1;
  }
  return static_cast<int>(::syscall(SYS_fdatasync, fd));
}

extern "C" ssize_t pwrite(int fd, const void* bytes, size_t size, off_t offset) {
  const bool of_the_storage_thread = ::gettid() != ::getpid();
  if (of_the_storage_thread && is_watched(fd)) {
    const std::lock_guard lock{notes_mutex};
    const auto from = static_cast<std::uint64_t>(offset);
    if (!notes.empty() && notes.back().second == from)
      notes.back().second += size;
    else
      notes.emplace_back(from, from + size);
  }
  return ::syscall(SYS_pwrite64, fd, bytes, size, offset);
}

namespace proteus::storage {
namespace {

using namespace test;
namespace fs = std::filesystem;

/// A log whose syncs a test asks for, each by a `drain`.
class Synced {
 public:
  Synced() {
    StorageSettings settings;
    settings.sync_interval = std::chrono::hours{1};
    journal_ = WalJournal::create(wal(), a_header()).value();
    struct stat info {};
    EXPECT_EQ(::stat(wal().c_str(), &info), 0);
    thread_ = StorageThread::start(*journal_, folder_ / "journal.sqlite", settings).value();
    write(3);
    thread_->drain();
    EXPECT_EQ(status().synced_bytes, journal_->committed_bytes());
    watched = info.st_ino;
    notes.clear();
  }
  Synced(const Synced&) = delete;
  Synced& operator=(const Synced&) = delete;
  ~Synced() {
    thread_.reset();
    watched = 0;
    syncs_to_fail = 0;
  }
  [[nodiscard]] fs::path wal() const { return folder_ / "session.wal"; }
  [[nodiscard]] StorageStatus status() const { return thread_->status(); }
  void write(int count) {
    for (int i = 0; i < count; ++i) journal_->append(tick(++sequence_));
    EXPECT_TRUE(journal_->commit());
  }
  void rotate() {
    Snapshot snapshot;
    snapshot.sequence = sequence_;
    snapshot.state = "state";
    EXPECT_TRUE(journal_->rotate(snapshot));
  }
  /// Asks for a sync that fails, with three records waiting. Where they begin in the log.
  std::uint64_t fail() {
    const std::uint64_t begin = journal_->committed_bytes();
    write(3);
    syncs_to_fail = 1;
    thread_->drain();
    EXPECT_EQ(status().sync_errors, 1U);
    EXPECT_EQ(status().synced_bytes, begin);
    return begin;
  }
  [[nodiscard]] std::uint64_t records_read() const {
    auto log = SessionLog::open(wal()).value();
    for (;;) {
      const auto record = log.next();
      EXPECT_TRUE(record.has_value()) << record.error().context;
      if (!record || record.value() == nullptr) return log.number();
    }
  }

  Folder folder_;
  std::unique_ptr<WalJournal> journal_;
  std::unique_ptr<StorageThread> thread_;
  std::uint64_t sequence_ = 0;
};
/// What the file holds, without the room behind it.
std::string written(const fs::path& path) {
  std::string bytes = read_all(path);
  bytes.erase(bytes.find_last_not_of('\0') + 1);
  return bytes;
}
using Ranges = std::vector<std::pair<std::uint64_t, std::uint64_t>>;

TEST(Sync, WhatAFailedOneMayHaveLostIsWrittenAgainOnce) {
  Synced log;
  const std::uint64_t begin = log.fail();
  EXPECT_TRUE(notes.empty());
  log.write(2);
  const std::uint64_t end = log.journal_->committed_bytes();
  const std::string before = written(log.wal());
  log.thread_->drain();
  EXPECT_EQ(log.status().synced_bytes, end);
  EXPECT_EQ(notes, (Ranges{{begin, end}}));
  EXPECT_EQ(written(log.wal()), before);
  log.write(2);
  log.thread_->drain();
  EXPECT_EQ(log.status().synced_bytes, log.journal_->committed_bytes());
  EXPECT_EQ(notes.size(), 1U);
  EXPECT_EQ(log.status().sync_errors, 1U);
}

TEST(Sync, IsTriedAgainFromTheSamePlaceAsOftenAsItFails) {
  Synced log;
  const std::uint64_t begin = log.fail();
  const std::uint64_t end = log.journal_->committed_bytes();
  for (std::uint64_t errors = 2; errors < 5; ++errors) {
    syncs_to_fail = 1;
    log.thread_->drain();
    EXPECT_EQ(log.status().sync_errors, errors);
    EXPECT_EQ(log.status().synced_bytes, begin);
  }
  log.thread_->drain();
  EXPECT_EQ(log.status().synced_bytes, end);
  EXPECT_EQ(notes, (Ranges(4, {begin, end})));
}

TEST(Sync, AClosedSegmentIsWrittenAgainUnderItsNewName) {
  Synced log;
  const std::uint64_t begin = log.fail();
  const std::uint64_t end = log.journal_->committed_bytes();
  log.rotate();
  log.write(3);
  const std::string second = written(log.wal());
  log.thread_->drain();
  EXPECT_EQ(log.status().synced_bytes, log.journal_->committed_bytes());
  EXPECT_EQ(notes, (Ranges{{begin, end}}));
  EXPECT_EQ(written(log.wal()), second);
  EXPECT_EQ(log.records_read(), 10U);
}

TEST(Sync, TheHeaderAndSnapshotOfASegmentAreWrittenAgainAsWell) {
  Synced log;
  log.rotate();
  struct stat info {};
  ASSERT_EQ(::stat(log.wal().c_str(), &info), 0);
  watched = info.st_ino;
  syncs_to_fail = 1;
  const std::string before = written(log.wal());
  log.thread_->drain();
  EXPECT_EQ(log.status().sync_errors, 1U);
  log.thread_->drain();
  EXPECT_EQ(notes, (Ranges{{0, before.size()}}));
  EXPECT_EQ(written(log.wal()), before);
  EXPECT_EQ(log.status().synced_bytes, log.journal_->committed_bytes());
}

TEST(Sync, WhatCannotBeReadBackIsNotTakenForSynced) {
  Synced log;
  const std::uint64_t begin = log.fail();
  const std::uint64_t end = log.journal_->committed_bytes();
  const std::string whole = written(log.wal());
  // As a file system does that drops the pages which it could not write.
  std::fstream file(log.wal(), std::ios::binary | std::ios::in | std::ios::out);
  const auto overwrite = [&](const std::string& bytes) {
    file.seekp(static_cast<std::streamoff>(begin));
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    file.flush();
  };
  overwrite(std::string(end - begin, '\0'));
  log.thread_->drain();
  EXPECT_EQ(log.status().sync_errors, 2U);
  EXPECT_EQ(log.status().synced_bytes, begin);
  EXPECT_NE(log.status().last_error.find("record 3 at byte"), std::string::npos)
      << log.status().last_error;
  overwrite(whole.substr(begin));
  log.thread_->drain();
  EXPECT_EQ(log.status().synced_bytes, end);
}

}  // namespace
}  // namespace proteus::storage
