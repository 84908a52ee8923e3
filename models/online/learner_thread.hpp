// The learner of a daemon: one thread of its own at the lowest priority the system has, which gets
// what time nobody else wants. Tasks wait in a bounded queue; what does not fit is answered with
// AdaptationFailed at once. Nothing that happens there ends the program or holds up the loop.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <thread>

#include "models/online/learner.hpp"

namespace proteus::online {

class LearnerThread final : public Learner {
 public:
  /// Takes an answer to the loop. Called from the learner's thread, and from learn() where the
  /// queue is full.
  using Post = std::function<void(EventBody)>;
  using Work = std::function<EventBody(const LearnTask&)>;

  /// work: what is done with a task; usually learn(). May throw.
  LearnerThread(Work work, Post post, std::size_t queue_max = 256);
  /// Waits for the task at hand, a second at most; what hangs beyond that is left behind.
  ~LearnerThread() override;
  LearnerThread(const LearnerThread&) = delete;
  LearnerThread& operator=(const LearnerThread&) = delete;

  void learn(LearnTask task) override;

  /// Number of the task at hand, from 1; 0: it rests. One that stays the same for long hangs.
  [[nodiscard]] std::uint64_t at_work() const;
  /// Tasks that wait.
  [[nodiscard]] std::size_t waiting() const;

 private:
  struct Shared;
  static void run(const std::shared_ptr<Shared>& shared);
  std::shared_ptr<Shared> shared_;  ///< a thread that hangs keeps it alive
  std::thread thread_;
};

}  // namespace proteus::online
