#include "connectors/storage/storage_thread.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>

#include "connectors/storage/feed_part.hpp"

namespace proteus::storage {
namespace {

constexpr std::uint64_t kBatch = 4096;
constexpr std::chrono::milliseconds kTick{20};  // how often the log is looked at
constexpr int kTicksToRetry = 50;               // after SQLite failed

}  // namespace

Result<std::unique_ptr<StorageThread>> StorageThread::start(
    const WalJournal& journal, const std::filesystem::path& sqlite_path,
    const StorageSettings& settings) {
  BOOST_OUTCOME_TRY(WalReader reader, WalReader::open(journal.path()));
  BOOST_OUTCOME_TRY(Descriptor log, open_file(journal.path(), O_RDONLY));
  Descriptor wake{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  if (!wake.open()) return io_error("wake", "the storage thread", errno);
  return std::unique_ptr<StorageThread>{new StorageThread{
      journal, sqlite_path, settings, std::move(reader), std::move(log), std::move(wake)}};
}

StorageThread::StorageThread(const WalJournal& journal, std::filesystem::path sqlite_path,
                             const StorageSettings& settings, WalReader reader, Descriptor log,
                             Descriptor wake)
    : journal_(journal),
      sqlite_path_(std::move(sqlite_path)),
      settings_(settings),
      reader_(std::move(reader)),
      log_(std::move(log)),
      wake_(std::move(wake)),
      thread_([this] { run(); }) {}

StorageThread::~StorageThread() {
  {
    const std::lock_guard lock{mutex_};
    stop_ = true;
    ++asked_;
  }
  wake();
  thread_.join();
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
  // Time is counted in ticks of poll: this thread needs no clock.
  Duration since_sync{0};
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
        waiting_bytes >= static_cast<std::uint64_t>(settings_.sync_bytes)) {
      since_sync = Duration{0};
      sync();
    }
    if (asked > done_ || sqlite_pause_ == 0)
      derive_all();
    else
      --sqlite_pause_;
    compress_all();
    {
      const std::lock_guard lock{mutex_};
      done_ = asked;
    }
    done_changed_.notify_all();
    if (stop) return;
  }
}

void StorageThread::sync() {
  const std::uint64_t committed = journal_.committed_bytes();
  if (committed == synced_.load()) return;
  if (::fdatasync(log_.get()) != 0) {
    note(sync_errors_, io_error("sync", journal_.path(), errno).context);
    return;
  }
  synced_.store(committed);
}

void StorageThread::derive_all() {
  if (log_damaged_) return;
  if (!db_) {
    auto db = JournalDb::open(sqlite_path_, reader_.header());
    if (!db) return sqlite_failed(db.error());
    db_ = std::move(db).value();
    derived_bytes_.store(db_->offset());
    derived_records_.store(db_->number());
  }
  // A replay may write faster than tables take it: the log is still synced in between.
  for (;;) {
    // Only what is on the disk is told: after a loss of power the tables never know more than the
    // log.
    reader_.set_end(synced_.load());
    const auto derived = derive(reader_, *db_, kBatch, true);
    derived_bytes_.store(db_->offset());
    derived_records_.store(db_->number());
    if (!derived) {
      log_damaged_ = derived.error().code != ErrorCode::Io;
      return sqlite_failed(derived.error());
    }
    if (derived.value() < kBatch) return;
    if (journal_.committed_bytes() - synced_.load() >=
        static_cast<std::uint64_t>(settings_.sync_bytes))
      sync();
  }
}

void StorageThread::sqlite_failed(const Error& failure) {
  sqlite_pause_ = kTicksToRetry;
  note(sqlite_errors_, failure.context);
}

void StorageThread::compress_all() {
  std::vector<std::filesystem::path> parts;
  {
    const std::lock_guard lock{mutex_};
    parts.swap(parts_);
  }
  for (const auto& part : parts) {
    if (const auto done = compress_part(part, static_cast<int>(settings_.feed_compression)); !done)
      note(feed_errors_, done.error().context);
    else
      ++compressed_;
  }
}

}  // namespace proteus::storage
