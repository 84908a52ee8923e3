#include "models/online/learner_thread.hpp"

#include <fmt/format.h>
#include <pthread.h>
#include <sched.h>

#include <array>
#include <atomic>
#include <chrono>
#include <future>
#include <vector>

namespace proteus::online {
namespace {

using Count = std::atomic<std::uint32_t>;
static_assert(Count::is_always_lock_free && std::atomic<bool>::is_always_lock_free);

/// A task and its answer. All of its memory is the loop's: it makes room for the weights that are
/// to come, and takes the task away again. The allocator keeps an arena a thread, and giving back
/// memory of another's takes that arena's lock.
struct Slot {
  LearnTask task;
  EventBody answer;  ///< without weights
  std::vector<float> weights;
};

std::size_t adapted_weights(const LearnTask& task) {
  std::size_t count = 0;
  for (const LearnSubject& subject : task.subjects)
    count += subject.base->weights(task.part).size();
  return count;
}

/// The weights into the room that was made for them; those of the learner go where they came from.
/// Nothing is allocated: nobody would catch what that throws.
void write_down(EventBody said, Slot& slot) noexcept {
  if (auto* proposed = std::get_if<AdaptationProposed>(&said)) {
    if (proposed->weights.size() > slot.weights.capacity()) {
      std::array<char, 96> words{};
      const auto end = fmt::format_to_n(words.data(), words.size(),
                                        "the learner made {} weights, and {} are adapted",
                                        proposed->weights.size(), slot.weights.capacity())
                           .out;
      slot.answer =
          failure_of(slot.task, {words.data(), static_cast<std::size_t>(end - words.data())});
      return;
    }
    slot.weights.assign(proposed->weights.begin(), proposed->weights.end());
    std::vector<float>{}.swap(proposed->weights);
  }
  slot.answer = std::move(said);
}

}  // namespace

/// The slots between `taken` and `done` hold answers, those from there to `posted` tasks. A counter
/// is written by one side and tells the other that the slots behind it are its own now.
struct LearnerThread::Shared {
  LearnWork work;
  std::vector<Slot> slots;
  Count posted{0};  ///< by the loop
  Count begun{0};   ///< by the learner
  Count done{0};    ///< by the learner
  Count bell{0};    ///< rung by the loop whenever there is something to look at
  std::atomic<bool> over{false};
  std::promise<void> ended;

  Slot& slot(std::uint32_t number) { return slots[number % slots.size()]; }
  void ring() {
    bell.fetch_add(1);
    bell.notify_one();
  }
};

LearnerThread::LearnerThread(LearnWork work, std::size_t queue_max)
    : shared_(std::make_shared<Shared>()) {
  shared_->work = std::move(work);
  shared_->slots.resize(queue_max);
  thread_ = std::thread([shared = shared_] { run(shared); });
}

LearnerThread::~LearnerThread() {
  const std::future<void> ended = shared_->ended.get_future();
  shared_->over = true;
  shared_->ring();
  if (ended.wait_for(std::chrono::seconds{1}) == std::future_status::ready)
    thread_.join();
  else
    thread_.detach();
}

void LearnerThread::run(const std::shared_ptr<Shared>& shared) {
  sched_param none{};
  // Where the system refuses, it runs at the usual priority: slower for others, not wrong.
  static_cast<void>(::pthread_setschedparam(::pthread_self(), SCHED_IDLE, &none));
  static_cast<void>(::pthread_setname_np(::pthread_self(), "learner"));
  for (std::uint32_t done = 0;;) {
    const std::uint32_t rung = shared->bell.load();  // What comes after this rings again.
    if (shared->over) break;
    if (shared->posted.load() == done) {
      shared->bell.wait(rung);
      continue;
    }
    Slot& slot = shared->slot(done);
    shared->begun.store(done + 1);
    write_down(work_on(slot.task, shared->work), slot);
    shared->done.store(++done);
  }
  shared->ended.set_value();
}

void LearnerThread::learn(LearnTask task) {
  const std::uint32_t posted = shared_->posted.load();
  if (posted - taken_ == shared_->slots.size()) {
    refused_.push_back(failure_of(task, "the learner's queue is full"));
    return;
  }
  Slot& slot = shared_->slot(posted);
  slot.weights.reserve(adapted_weights(task));
  slot.task = std::move(task);
  shared_->posted.store(posted + 1);
  shared_->ring();
}

bool LearnerThread::take(EventBody& out) {
  if (!refused_.empty()) {
    out = std::move(refused_.front());
    refused_.pop_front();
    return true;
  }
  if (shared_->done.load() == taken_) return false;
  Slot& slot = shared_->slot(taken_++);
  out = std::move(slot.answer);
  if (auto* proposed = std::get_if<AdaptationProposed>(&out))
    proposed->weights = std::move(slot.weights);
  slot = Slot{};
  return true;
}

std::uint32_t LearnerThread::at_work() const {
  const std::uint32_t begun = shared_->begun.load();
  return begun == shared_->done.load() ? 0 : begun;
}

std::size_t LearnerThread::waiting() const {
  return shared_->posted.load() - shared_->begun.load();
}

}  // namespace proteus::online
