// The learner of a daemon: one thread of its own at the lowest priority the system has, which gets
// what time nobody else wants. Nothing that happens there ends the program or holds up the loop.
//
// A thread of that priority may be put aside for long at any instant. The loop therefore shares no
// lock with it, not even one inside the allocator: tasks and answers change hands by counters
// alone, and memory is given back by the thread that asked for it. Tasks wait in a ring of bounded
// size; what does not fit is answered with AdaptationFailed.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <thread>

#include "models/online/failure.hpp"

namespace proteus::online {

class LearnerThread final : public Learner {
 public:
  /// work: what is done with a task; usually learn().
  explicit LearnerThread(LearnWork work, std::size_t queue_max = 256);
  /// Waits for the task at hand, a second at most; what hangs beyond that is left behind.
  ~LearnerThread() override;
  LearnerThread(const LearnerThread&) = delete;
  LearnerThread& operator=(const LearnerThread&) = delete;

  // All of these from one thread, the loop's; none waits.

  void learn(LearnTask task) override;
  /// The oldest answer that is there. False: there is none.
  bool take(EventBody& out);

  /// Number of the task at hand, from 1; 0: it rests. One that stays the same for long hangs.
  [[nodiscard]] std::uint32_t at_work() const;
  /// Tasks that wait.
  [[nodiscard]] std::size_t waiting() const;

 private:
  struct Shared;
  static void run(const std::shared_ptr<Shared>& shared);
  std::shared_ptr<Shared> shared_;  ///< a thread that hangs keeps it alive
  std::uint32_t taken_ = 0;         ///< answers, all told
  std::deque<EventBody> refused_;   ///< answers to what did not fit
  std::thread thread_;
};

}  // namespace proteus::online
