// The storage thread: syncs the session log to the disk, derives journal.sqlite from it and
// compresses closed parts of the feed. The event loop never waits for it: it reads one atomic of
// the log and its own descriptors; requests reach it through a short queue. When SQLite fails, the
// session goes on and the tables catch up later.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "connectors/storage/file.hpp"
#include "connectors/storage/journal_db.hpp"
#include "connectors/storage/settings.hpp"
#include "connectors/storage/wal_journal.hpp"

namespace proteus::storage {

struct StorageStatus {
  std::uint64_t committed_bytes = 0;  ///< of the log, by the loop
  std::uint64_t synced_bytes = 0;     ///< of them, on the disk
  std::uint64_t derived_bytes = 0;    ///< of them, in journal.sqlite
  std::uint64_t derived_records = 0;
  std::uint64_t parts_compressed = 0;
  std::uint64_t sync_errors = 0;
  std::uint64_t sqlite_errors = 0;
  std::uint64_t feed_errors = 0;
  std::string last_error;  ///< in words; empty: none so far
};

class StorageThread {
 public:
  /// Starts the thread. `journal` must outlive it. Errors: only if the log itself cannot be opened;
  /// trouble with SQLite is in `status`.
  static Result<std::unique_ptr<StorageThread>> start(const WalJournal& journal,
                                                      const std::filesystem::path& sqlite_path,
                                                      const StorageSettings& settings);
  /// Drains and ends the thread.
  ~StorageThread();
  StorageThread(const StorageThread&) = delete;
  StorageThread& operator=(const StorageThread&) = delete;

  /// Hands over a closed part of the feed. Any thread; does not wait for the work.
  void compress(std::filesystem::path part);
  /// Waits until what was committed and handed over before this call is synced, derived and
  /// compressed, or has failed. For the end of a run and for tests, never on a running loop.
  void drain();
  /// Any thread.
  [[nodiscard]] StorageStatus status() const;

 private:
  StorageThread(const WalJournal& journal, std::filesystem::path sqlite_path,
                const StorageSettings& settings, WalReader reader, Descriptor log, Descriptor wake);
  void run();
  void sync();
  void derive_all();
  void compress_all();
  void sqlite_failed(const Error& failure);
  void wake() const;
  void note(std::atomic<std::uint64_t>& counter, const std::string& what);

  const WalJournal& journal_;
  const std::filesystem::path sqlite_path_;
  const StorageSettings settings_;

  // The thread's own.
  WalReader reader_;
  std::unique_ptr<JournalDb> db_;
  Descriptor log_;
  bool log_damaged_ = false;
  int sqlite_pause_ = 0;  // ticks

  // Shared.
  Descriptor wake_;  // eventfd
  std::atomic<std::uint64_t> synced_{0}, derived_bytes_{0}, derived_records_{0}, compressed_{0},
      sync_errors_{0}, sqlite_errors_{0}, feed_errors_{0};
  mutable std::mutex mutex_;  // guards what follows, for the length of a swap
  std::condition_variable done_changed_;
  std::vector<std::filesystem::path> parts_;
  std::uint64_t asked_ = 0;
  std::uint64_t done_ = 0;
  bool stop_ = false;
  std::string last_error_;

  std::thread thread_;
};

}  // namespace proteus::storage
