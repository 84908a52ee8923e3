#include "connectors/storage/packing_thread.hpp"

#include <chrono>

#include "connectors/storage/feed_pack.hpp"
#include "connectors/storage/feed_recorder.hpp"
#include "connectors/storage/give_way.hpp"

namespace proteus::storage {
namespace {

constexpr std::chrono::seconds kPackAgain{5};

}  // namespace

PackingThread::PackingThread(const std::filesystem::path& folder, int level)
    : level_(level), parts_(unfinished_parts(folder)), thread_([this] { run(); }) {}

PackingThread::~PackingThread() {
  {
    const std::lock_guard lock{mutex_};
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void PackingThread::pack(std::filesystem::path part) {
  {
    const std::lock_guard lock{mutex_};
    parts_.push_back(std::move(part));
  }
  changed_.notify_all();
}

void PackingThread::drain() {
  std::unique_lock lock{mutex_};
  changed_.wait(lock, [this] { return parts_.empty() || failing_; });
}

std::string PackingThread::last_error() const {
  const std::lock_guard lock{mutex_};
  return last_error_;
}

void PackingThread::run() {
  give_way();
  std::unique_lock lock{mutex_};
  for (;;) {
    changed_.wait(lock, [this] { return stop_ || !parts_.empty(); });
    if (parts_.empty()) return;
    const std::filesystem::path part = parts_.front();
    lock.unlock();
    const auto done = pack_feed_part(part, level_);
    lock.lock();
    // One that is gone is nobody's any more.
    if (done || done.error().code == ErrorCode::NotFound) {
      parts_.erase(parts_.begin());
      packed_ += done ? 1 : 0;
      failing_ = false;
      changed_.notify_all();
      continue;
    }
    last_error_ = done.error().context;
    failing_ = true;
    changed_.notify_all();
    if (stop_) return;
    changed_.wait_for(lock, kPackAgain, [this] { return stop_; });
  }
}

}  // namespace proteus::storage
