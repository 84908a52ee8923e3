// The storage thread: syncs the session log to the disk over all its segments, derives
// journal.sqlite from it, compresses closed segments and closed parts of the feed, and takes away
// what is too old or too much (never in a replay). It keeps room ahead of what the loop writes into
// the log: allocated zeros, in memory, which go again when the segment is closed. The event loop
// never waits for it: it reads one atomic of the log and its own descriptors; requests reach it
// through a short queue. When SQLite fails, the session goes on and the tables catch up later; when
// it finds them damaged, they go aside and are made anew from the log.
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
#include "connectors/storage/retention.hpp"
#include "connectors/storage/settings.hpp"
#include "connectors/storage/wal_journal.hpp"

namespace proteus::storage {

struct StorageStatus {
  std::uint64_t committed_bytes = 0;  ///< of the log, by the loop
  std::uint64_t synced_bytes = 0;     ///< of them, on the disk
  std::uint64_t derived_bytes = 0;    ///< of them, in journal.sqlite
  std::uint64_t derived_records = 0;
  std::uint64_t parts_compressed = 0;
  std::uint64_t sync_errors = 0;  ///< while they go on, `synced_bytes` stays
  std::uint64_t sqlite_errors = 0;
  std::uint64_t feed_errors = 0;
  std::uint64_t log_parts_compressed = 0;
  std::uint64_t tables_put_aside = 0;  ///< times that journal.sqlite was damaged and made anew
  // As of the last look, every few seconds; zero before the first.
  std::uint64_t session_bytes = 0;  ///< of the session's folder
  std::uint64_t quota_bytes = 0;
  std::uint64_t disk_free_bytes = 0;
  bool near_quota = false;  ///< nine tenths of the quota are used
  bool over_quota = false;  ///< nothing more may go, and still it is too much
  bool disk_low = false;    ///< the disk has less free than disk_free_min
  // Retention, since this process began.
  std::uint64_t files_dropped = 0;
  std::uint64_t bytes_dropped = 0;  ///< in files
  std::uint64_t rows_dropped = 0;
  std::string last_error;  ///< in words; empty: none so far
};

class StorageThread {
 public:
  /// Starts the thread. `journal` must outlive it; its folder is the session's. Parts of the feed
  /// that an earlier process left are taken in: start it before a recorder. `machine_time` names
  /// what is put aside, as recovery by a person does; without it the names carry engine time.
  /// Errors: only if the log itself cannot be opened; trouble with SQLite is in `status`.
  static Result<std::unique_ptr<StorageThread>> start(const WalJournal& journal,
                                                      const std::filesystem::path& sqlite_path,
                                                      const StorageSettings& settings,
                                                      Timestamp (*machine_time)() = nullptr);
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
                const StorageSettings& settings, Timestamp (*machine_time)(), SessionLog log,
                WalReader syncing, Descriptor wake);
  void run();
  void sync();
  Result<void> enter_segment(WalReader next);
  void make_room();
  void give_room_back();
  Result<void> trim(const LogPart& part);
  [[nodiscard]] Result<void> open_tables();
  void derive_all();
  void derive_failed(const Error& failure);
  [[nodiscard]] Result<void> put_aside(const Error& damage);
  void compress_all();
  void compress_log();
  [[nodiscard]] bool pack(const std::filesystem::path& file, std::atomic<std::uint64_t>& counter);
  void look_at_disk();
  void drop_rows(Timestamp before, const char* why);
  void write_down_drops();
  void sqlite_failed(const Error& failure);
  void wake() const;
  void note(std::atomic<std::uint64_t>& counter, const std::string& what);

  const WalJournal& journal_;
  const std::filesystem::path sqlite_path_;
  const StorageSettings settings_;
  Timestamp (*const machine_time_)();

  // The thread's own.
  SessionLog log_;     // for the tables
  WalReader syncing_;  // the segment that is synced
  std::unique_ptr<JournalDb> db_;
  const std::uint64_t room_bytes_;
  Retention retention_;
  std::vector<Dropped> drops_;   // not written down yet
  const bool retains_;           // a replay keeps everything
  Descriptor room_file_;         // the synced segment, for writing
  std::uint64_t room_ = 0;       // of it, up to where there is room; 0: not known
  int room_pause_ = 0;           // ticks
  std::uint64_t failed_at_ = 0;  // committed when a sync failed
  bool sync_failed_ = false;     // and not all that was there then has been written again
  bool log_damaged_ = false;
  bool closed_segments_ = true;  // there may be some that are not compressed
  int sqlite_pause_ = 0;         // ticks
  int watched_ = 0;              // ticks in which a second damage of the tables is one too many
  int compress_pause_ = 0;       // ticks
  int look_pause_ = 0;           // ticks

  // Shared.
  Descriptor wake_;  // eventfd
  std::atomic<std::uint64_t> synced_{0}, derived_bytes_{0}, derived_records_{0}, compressed_{0},
      sync_errors_{0}, sqlite_errors_{0}, feed_errors_{0}, log_compressed_{0}, put_aside_{0},
      session_bytes_{0}, disk_free_{0}, files_dropped_{0}, bytes_dropped_{0}, rows_dropped_{0};
  std::atomic<bool> near_quota_{false}, over_quota_{false}, disk_low_{false};
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
