// Learns at once, on the caller's thread, and keeps the answers until they are fetched: for
// replays, where nobody waits and every run must be the same.
#pragma once

#include <deque>

#include "models/online/failure.hpp"
#include "models/online/learner.hpp"

namespace proteus::online {

class InlineLearner final : public Learner {
 public:
  explicit InlineLearner(const LearnMarket& market) : market_(market) {}
  void learn(LearnTask task) override {
    answers_.push_back(
        work_on(task, [this](const LearnTask& given) { return online::learn(given, market_); }));
  }
  /// The oldest answer. False: there is none.
  bool take(EventBody& out) {
    if (answers_.empty()) return false;
    out = std::move(answers_.front());
    answers_.pop_front();
    return true;
  }

 private:
  LearnMarket market_;
  std::deque<EventBody> answers_;
};

}  // namespace proteus::online
