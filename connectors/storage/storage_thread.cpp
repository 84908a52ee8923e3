#include "connectors/storage/storage_thread.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>

#include "connectors/storage/feed_pack.hpp"
#include "connectors/storage/feed_part.hpp"
#include "connectors/storage/feed_recorder.hpp"
#include "connectors/storage/give_way.hpp"
#include "connectors/storage/wal_rewrite.hpp"

namespace proteus::storage {
namespace {

constexpr std::uint64_t kBatch = 4096;
constexpr std::chrono::milliseconds kTick{20};          // how often the log is looked at
constexpr int kTicksToRetry = 50;                       // after SQLite failed
constexpr int kTicksToRenew = 3000;                     // after tables were damaged
constexpr int kTicksToCompress = 1500;                  // after a compression failed
constexpr int kTicksToLook = 500;                       // between two looks at the disk
constexpr int kTicksToRoom = 500;                       // after room could not be had
constexpr std::int64_t kRoomMax = 4 << 20;              // ahead of what is written
constexpr std::int64_t kRoomOfQuota = 64;               // at most this part of the quota
constexpr std::uint64_t kRowsAtOnce = 2000;             // dropped between two syncs
constexpr int kRowRounds = 10;                          // of them at one look
constexpr Duration kRowsKept = std::chrono::hours{24};  // the quota takes no younger rows

std::string day_of(Timestamp time) { return format_time(time).substr(0, 10); }

/// A descriptor of the same file that writes: by name it may be another segment by now.
Result<Descriptor> writable(const WalReader& reader) {
  return open_file(fmt::format("/proc/self/fd/{}", reader.descriptor().get()), O_WRONLY);
}

}  // namespace

Result<std::unique_ptr<StorageThread>> StorageThread::start(
    const WalJournal& journal, const std::filesystem::path& sqlite_path,
    const StorageSettings& settings, Timestamp (*machine_time)()) {
  BOOST_OUTCOME_TRY(SessionLog log, SessionLog::open(journal.path()));
  BOOST_OUTCOME_TRY(WalReader syncing, open_segment(journal.path(), journal.segment()));
  Descriptor wake{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  if (!wake.open()) return io_error("wake", "the storage thread", errno);
  return std::unique_ptr<StorageThread>{new StorageThread{journal, sqlite_path, settings,
                                                          machine_time, std::move(log),
                                                          std::move(syncing), std::move(wake)}};
}

StorageThread::StorageThread(const WalJournal& journal, std::filesystem::path sqlite_path,
                             const StorageSettings& settings, Timestamp (*machine_time)(),
                             SessionLog log, WalReader syncing, Descriptor wake)
    : journal_(journal),
      sqlite_path_(std::move(sqlite_path)),
      settings_(settings),
      machine_time_(machine_time),
      log_(std::move(log)),
      syncing_(std::move(syncing)),
      room_bytes_(
          static_cast<std::uint64_t>(std::min(kRoomMax, settings.quota_bytes / kRoomOfQuota))),
      retention_(journal.path(), settings),
      retains_(log_.header().mode.view() != "replay"),
      wake_(std::move(wake)),
      parts_(unfinished_parts(journal.path().parent_path() / "feed")),
      thread_([this] { run(); }) {}

StorageThread::~StorageThread() {
  {
    const std::lock_guard lock{mutex_};
    stop_ = true;
    ++asked_;
  }
  wake();
  thread_.join();
  give_room_back();
}

void StorageThread::compress(std::filesystem::path part) {
  {
    const std::lock_guard lock{mutex_};
    parts_.push_back(std::move(part));
  }
  wake();
}

void StorageThread::drain() {
  std::unique_lock lock{mutex_};
  const std::uint64_t mine = ++asked_;
  wake();
  done_changed_.wait(lock, [&] { return done_ >= mine; });
}

void StorageThread::wake() const {
  const std::uint64_t one = 1;
  // It can fail only when the counter is full, and then the thread is awake.
  static_cast<void>(::write(wake_.get(), &one, sizeof one) == sizeof one);
}

StorageStatus StorageThread::status() const {
  StorageStatus s;
  s.committed_bytes = journal_.committed_bytes();
  s.synced_bytes = synced_.load();
  s.derived_bytes = derived_bytes_.load();
  s.derived_records = derived_records_.load();
  s.parts_compressed = compressed_.load();
  s.sync_errors = sync_errors_.load();
  s.sqlite_errors = sqlite_errors_.load();
  s.feed_errors = feed_errors_.load();
  s.log_parts_compressed = log_compressed_.load();
  s.tables_put_aside = put_aside_.load();
  s.session_bytes = session_bytes_.load();
  s.quota_bytes = static_cast<std::uint64_t>(settings_.quota_bytes);
  s.disk_free_bytes = disk_free_.load();
  s.near_quota = near_quota_.load();
  s.over_quota = over_quota_.load();
  s.disk_low = disk_low_.load();
  s.files_dropped = files_dropped_.load();
  s.bytes_dropped = bytes_dropped_.load();
  s.rows_dropped = rows_dropped_.load();
  const std::lock_guard lock{mutex_};
  s.last_error = last_error_;
  return s;
}

void StorageThread::note(std::atomic<std::uint64_t>& counter, const std::string& what) {
  ++counter;
  const std::lock_guard lock{mutex_};
  last_error_ = what;
}

void StorageThread::run() {
  give_way();
  // Time is counted in ticks of poll: this thread needs no clock.
  Duration since_sync{0};
  sync();  // What an earlier process wrote may not be on the disk yet.
  for (;;) {
    pollfd waiting{.fd = wake_.get(), .events = POLLIN, .revents = 0};
    const bool asked_now = ::poll(&waiting, 1, static_cast<int>(kTick.count())) > 0;
    if (asked_now) {
      std::uint64_t count = 0;
      static_cast<void>(::read(wake_.get(), &count, sizeof count) == sizeof count);
    } else {
      since_sync += kTick;
    }
    std::uint64_t asked = 0;
    bool stop = false;
    {
      const std::lock_guard lock{mutex_};
      asked = asked_;
      stop = stop_;
    }
    const std::uint64_t waiting_bytes = journal_.committed_bytes() - synced_.load();
    if (asked > done_ || since_sync >= settings_.sync_interval ||
        (waiting_bytes >= static_cast<std::uint64_t>(settings_.sync_bytes) && !sync_failed_)) {
      since_sync = Duration{0};
      sync();
    }
    if (watched_ > 0) --watched_;
    if (asked > done_ || sqlite_pause_ == 0) {
      sqlite_pause_ = 0;
      derive_all();
    } else {
      --sqlite_pause_;
    }
    if (asked > done_ || compress_pause_ == 0) {
      compress_pause_ = 0;
      compress_all();
      compress_log();
    } else {
      --compress_pause_;
    }
    if (room_pause_ > 0)
      --room_pause_;
    else
      make_room();
    if (asked > done_ || look_pause_-- <= 0) look_at_disk();
    {
      const std::lock_guard lock{mutex_};
      done_ = asked;
    }
    done_changed_.notify_all();
    if (stop) return;
  }
}

// The names of both, then what the new one holds.
Result<void> StorageThread::enter_segment(WalReader next) {
  const auto& path = journal_.path();
  BOOST_OUTCOME_TRY(sync_folder(path.parent_path() / "log"));
  BOOST_OUTCOME_TRY(sync_folder(path.parent_path()));
  syncing_ = std::move(next);
  room_file_ = Descriptor{};
  room_ = 0;
  closed_segments_ = true;
  return success();
}

// A write that makes its file longer has to find memory, a block and a place in the file system's
// journal: an order would wait for that. So it is done here, ahead. Allocation never touches bytes
// that are there, whatever the loop writes meanwhile.
void StorageThread::make_room() {
  const std::uint64_t committed = journal_.committed_bytes();
  const WalHeader& header = syncing_.header();
  if (!retains_ || header.segment != journal_.segment()) return;  // A replay gathers its writes.
  const std::uint64_t used = committed - std::min(committed, header.first_byte);
  if (room_ >= used + room_bytes_ / 2) return;
  if (!room_file_.open()) {
    auto file = writable(syncing_);
    if (file) room_file_ = std::move(file).value();
  }
  const std::uint64_t from = std::max(room_, used);
  const std::uint64_t to = used + room_bytes_;
  // Without it a write costs more, and that is all: on a full disk or another file system.
  if (::fallocate(room_file_.get(), 0, static_cast<off_t>(from), static_cast<off_t>(to - from)) !=
      0) {
    room_pause_ = kTicksToRoom;
    return;
  }
  room_ = to;
  std::array<char, 64U << 10U> page;
  for (std::uint64_t at = from; at < to; at += page.size())
    if (::pread(syncing_.descriptor().get(), page.data(), page.size(), static_cast<off_t>(at)) <= 0)
      return;
}

// The loop has ended: what is behind the last record is nothing's.
void StorageThread::give_room_back() {
  const std::uint64_t first = syncing_.header().first_byte;
  const std::uint64_t committed = journal_.committed_bytes();
  if (!room_file_.open() || syncing_.header().segment != journal_.segment() || committed < first ||
      journal_.half_written())
    return;
  static_cast<void>(::ftruncate(room_file_.get(), static_cast<off_t>(committed - first)));
}

// What the next segment's header proves to be behind the last record goes before it is packed.
// Where a header cannot be read, nothing is proven and it is packed as it is.
Result<void> StorageThread::trim(const LogPart& part) {
  const auto closed = WalReader::open(part.path);
  const auto next = open_segment(journal_.path(), part.segment + 1);
  if (!closed || !next) return success();
  const std::uint64_t end = next.value().header().first_byte - closed.value().header().first_byte;
  BOOST_OUTCOME_TRY(const std::uint64_t size, size_of(closed.value().descriptor(), part.path));
  if (size <= end) return success();
  BOOST_OUTCOME_TRY(const Descriptor file, writable(closed.value()));
  if (::ftruncate(file.get(), static_cast<off_t>(end)) != 0)
    return io_error("cut the room off", part.path, errno);
  return success();
}

void StorageThread::sync() {
  const std::uint64_t committed = journal_.committed_bytes();
  if (committed == synced_.load()) return;
  const auto go = [&]() -> Result<void> {
    for (;;) {
      const WalHeader& header = syncing_.header();
      std::optional<WalReader> next;
      if (header.segment != journal_.segment()) {
        BOOST_OUTCOME_TRY(next, open_segment(journal_.path(), header.segment + 1));
      }
      const std::uint64_t end = next ? next->header().first_byte : committed;
      if (sync_failed_ && end > header.first_byte) {
        const std::uint64_t synced = std::max(synced_.load(), header.first_byte);
        BOOST_OUTCOME_TRY(
            write_again(syncing_, synced - header.first_byte, end - header.first_byte));
      }
      if (::fdatasync(syncing_.descriptor().get()) != 0) {
        sync_failed_ = true;
        failed_at_ = journal_.committed_bytes();
        return io_error("sync", syncing_.path(), errno);
      }
      // A record that was being written when the sync failed may have lost its beginning: it is
      // written again once it is whole.
      sync_failed_ = sync_failed_ && !next && committed <= failed_at_;
      if (!next) return success();
      // What is committed goes on in the next segment: this one is whole, and now on the disk.
      BOOST_OUTCOME_TRY(enter_segment(*std::move(next)));
    }
  };
  if (const auto done = go(); !done)
    note(sync_errors_, done.error().context);
  else
    synced_.store(committed);
}

Result<void> StorageThread::open_tables() {
  // Retention may have taken what the log began with.
  BOOST_OUTCOME_TRY(log_, SessionLog::open(journal_.path()));
  // An earlier process may have put damaged tables aside and not come further.
  BOOST_OUTCOME_TRY(begin_from_aside(sqlite_path_, log_));
  auto db = JournalDb::open(sqlite_path_, log_.header());
  if (db && db.value()->offset() > synced_.load() &&
      db.value()->offset() > journal_.committed_bytes())
    db = error(ErrorCode::Corrupt,
               fmt::format("{} tells of more than the log holds", sqlite_path_.string()));
  if (!db && db.error().code == ErrorCode::Corrupt) {
    BOOST_OUTCOME_TRY(put_aside(db.error()));
    BOOST_OUTCOME_TRY(begin_from_aside(sqlite_path_, log_));
    db = JournalDb::open(sqlite_path_, log_.header());
  }
  BOOST_OUTCOME_TRY(db_, std::move(db));
  return success();
}

void StorageThread::derive_all() {
  if (log_damaged_ || (!settings_.tables && !retains_)) return;
  if (!db_) {
    if (const auto opened = open_tables(); !opened) return sqlite_failed(opened.error());
    derived_bytes_.store(db_->offset());
    derived_records_.store(db_->number());
  }
  // Tables that catch up take long, and a replay may write faster than they take it: the log is
  // still synced in between.
  for (;;) {
    // Only what is on the disk is told: after a loss of power the tables never know more than the
    // log.
    log_.set_end(synced_.load());
    const auto derived = derive(log_, *db_, kBatch, true);
    derived_bytes_.store(db_->offset());
    derived_records_.store(db_->number());
    if (!derived) return derive_failed(derived.error());
    if (derived.value() < kBatch) return;
    sync();
    if (room_pause_ == 0) make_room();
  }
}

void StorageThread::derive_failed(const Error& failure) {
  const bool damaged = db_->damaged();
  if (!damaged && failure.code != ErrorCode::NotFound) {
    log_damaged_ = failure.code != ErrorCode::Io;
    return sqlite_failed(failure);
  }
  // Where a segment is not there any more, the log is opened anew with the tables.
  db_.reset();
  if (!damaged) return sqlite_failed(failure);
  if (const auto done = put_aside(failure); !done) return sqlite_failed(done.error());
  // They are renewed at once; but a bad disk may damage the next ones as well.
  if (watched_ > 0) sqlite_pause_ = kTicksToRenew;
  watched_ = kTicksToRenew;
}

Result<void> StorageThread::put_aside(const Error& damage) {
  BOOST_OUTCOME_TRY(
      const auto aside,
      put_tables_aside(sqlite_path_, machine_time_ ? machine_time_() : journal_.event_time()));
  ++sqlite_errors_;
  note(put_aside_, fmt::format("{}: it is kept as {} and made anew from the log, with "
                               "what the log does not hold any more as far as it can be read",
                               damage.context, aside.string()));
  // Nothing is told any more: retention keeps what the new tables will need.
  derived_bytes_.store(0);
  derived_records_.store(0);
  return success();
}

void StorageThread::sqlite_failed(const Error& failure) {
  sqlite_pause_ = kTicksToRetry;
  note(sqlite_errors_, failure.context);
}

// False: it is to be tried again.
bool StorageThread::pack(const std::filesystem::path& file, std::atomic<std::uint64_t>& counter) {
  const auto between = [this] { sync(); };
  const int level = static_cast<int>(settings_.feed_compression);
  const auto done = file.extension() == ".jsonl" ? pack_feed_part(file, level, between)
                                                 : compress_part(file, level, between);
  if (done) {
    ++counter;
    return true;
  }
  note(feed_errors_, done.error().context);
  if (done.error().code == ErrorCode::NotFound) return true;
  compress_pause_ = kTicksToCompress;
  return false;
}

void StorageThread::compress_all() {
  std::vector<std::filesystem::path> parts;
  {
    const std::lock_guard lock{mutex_};
    parts.swap(parts_);
  }
  std::erase_if(parts, [this](const auto& part) { return pack(part, compressed_); });
  const std::lock_guard lock{mutex_};
  parts_.insert(parts_.begin(), parts.begin(), parts.end());
}

// Only what lies before the synced segment: that one's beginning is on the disk, so that no restart
// has to go back to the one before.
void StorageThread::compress_log() {
  if (!closed_segments_) return;
  closed_segments_ = false;
  for (const LogPart& part : closed_parts(journal_.path())) {
    if (part.packed) continue;
    if (part.segment < syncing_.header().segment) {
      const auto trimmed = trim(part);
      if (trimmed && pack(part.path, log_compressed_)) continue;
      if (!trimmed) {
        note(feed_errors_, trimmed.error().context);
        compress_pause_ = kTicksToCompress;
      }
    }
    closed_segments_ = true;
  }
}

void StorageThread::look_at_disk() {
  look_pause_ = kTicksToLook;
  const Timestamp now = journal_.event_time();
  const auto quota = static_cast<std::uint64_t>(settings_.quota_bytes);
  DiskUse use = disk_use(journal_.path().parent_path());
  if (retains_ && now > Timestamp{}) {
    for (Dropped& dropped : retention_.enforce(now, derived_records_.load(), use)) {
      ++files_dropped_;
      bytes_dropped_ += dropped.bytes;
      drops_.push_back(std::move(dropped));
    }
    drop_rows(now - settings_.keep_rows, "age");
    if (use.session_bytes > quota) drop_rows(now - kRowsKept, "quota");
    write_down_drops();
  }
  session_bytes_.store(use.session_bytes);
  disk_free_.store(use.disk_free);
  near_quota_.store(use.session_bytes > quota - quota / 10);
  over_quota_.store(use.session_bytes > quota);
  disk_low_.store(use.disk_free < static_cast<std::uint64_t>(settings_.disk_free_min));
}

void StorageThread::drop_rows(Timestamp before, const char* why) {
  const Timestamp now = journal_.event_time();
  std::uint64_t gone = 0;
  for (int round = 0; db_ && round < kRowRounds; ++round) {
    const auto some = db_->drop_rows(before, kRowsAtOnce);
    if (!some) {
      derive_failed(some.error());
      break;
    }
    if (some.value() == 0) break;
    gone += some.value();
    sync();
  }
  if (gone == 0) return;
  rows_dropped_ += gone;
  drops_.push_back({.what = "rows", .name = day_of(now), .time = now, .why = why, .rows = gone});
}

void StorageThread::write_down_drops() {
  while (db_ && !drops_.empty()) {
    if (const auto done = db_->note(drops_.front()); !done) return derive_failed(done.error());
    drops_.erase(drops_.begin());
  }
}

}  // namespace proteus::storage
