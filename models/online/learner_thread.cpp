#include "models/online/learner_thread.hpp"

#include <pthread.h>
#include <sched.h>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>

namespace proteus::online {
namespace {

EventBody failed(const LearnTask& task, std::string_view cause) {
  AdaptationFailed out;
  out.instrument = task.instrument;
  out.ordinal = task.ordinal;
  out.cause = cause;
  return out;
}

/// What the room's functions do not throw themselves, memory may.
EventBody work_on(const LearnTask& task, const LearnerThread::Work& work) {
  try {
    return work(task);
  } catch (const std::exception& e) {
    return failed(task, std::string("the learner failed: ") + e.what());
  } catch (...) {
    return failed(task, "the learner failed");
  }
}

}  // namespace

struct LearnerThread::Shared {
  Work work;
  Post post;
  std::size_t queue_max = 0;
  mutable std::mutex mutex;
  std::condition_variable wake;
  std::condition_variable rests;
  std::deque<LearnTask> tasks;
  std::uint64_t begun = 0;
  bool working = false;
  bool over = false;
  bool ended = false;
};

LearnerThread::LearnerThread(Work work, Post post, std::size_t queue_max)
    : shared_(std::make_shared<Shared>()) {
  shared_->work = std::move(work);
  shared_->post = std::move(post);
  shared_->queue_max = queue_max;
  thread_ = std::thread([shared = shared_] { run(shared); });
}

LearnerThread::~LearnerThread() {
  std::unique_lock lock(shared_->mutex);
  shared_->over = true;
  shared_->tasks.clear();
  shared_->wake.notify_all();
  const bool ended =
      shared_->rests.wait_for(lock, std::chrono::seconds{1}, [&] { return shared_->ended; });
  lock.unlock();
  if (ended)
    thread_.join();
  else
    thread_.detach();
}

void LearnerThread::run(const std::shared_ptr<Shared>& shared) {
  sched_param none{};
  // Where the system refuses, it runs at the usual priority: slower for others, not wrong.
  static_cast<void>(::pthread_setschedparam(::pthread_self(), SCHED_IDLE, &none));
  static_cast<void>(::pthread_setname_np(::pthread_self(), "learner"));
  std::unique_lock lock(shared->mutex);
  for (;;) {
    shared->wake.wait(lock, [&] { return shared->over || !shared->tasks.empty(); });
    if (shared->over) break;
    const LearnTask task = std::move(shared->tasks.front());
    shared->tasks.pop_front();
    ++shared->begun;
    shared->working = true;
    lock.unlock();
    EventBody answer = work_on(task, shared->work);
    lock.lock();
    shared->working = false;
    if (shared->over) break;
    shared->post(std::move(answer));
  }
  shared->ended = true;
  shared->rests.notify_all();
}

void LearnerThread::learn(LearnTask task) {
  {
    const std::lock_guard lock(shared_->mutex);
    if (shared_->tasks.size() < shared_->queue_max) {
      shared_->tasks.push_back(std::move(task));
      shared_->wake.notify_one();
      return;
    }
  }
  shared_->post(failed(task, "the learner's queue is full"));
}

std::uint64_t LearnerThread::at_work() const {
  const std::lock_guard lock(shared_->mutex);
  return shared_->working ? shared_->begun : 0;
}

std::size_t LearnerThread::waiting() const {
  const std::lock_guard lock(shared_->mutex);
  return shared_->tasks.size();
}

}  // namespace proteus::online
