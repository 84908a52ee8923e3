// The learner of a daemon whose market waits for it: it learns between two frames, as a replay's
// does between two bars. In compressed time a thread's answer would come days of the market later.
#pragma once

#include <functional>
#include <memory>

#include "connectors/net/loop.hpp"
#include "models/online/inline_learner.hpp"

namespace proteus::app {

class WaitedLearner final : public Learner {
 public:
  using Hear = std::function<void(EventBody)>;
  /// hear: called by the loop, and not after this is gone.
  WaitedLearner(net::Loop& loop, const online::LearnMarket& market, Hear hear)
      : loop_(loop),
        work_(std::make_shared<Work>(online::InlineLearner(market), std::move(hear))) {}

  /// Its answer is the next thing that the loop does, before anything else is read.
  void learn(LearnTask task) override {
    work_->learner.learn(std::move(task));
    loop_.post([left = std::weak_ptr(work_)] {
      EventBody answer;
      if (const auto work = left.lock())
        while (work->learner.take(answer)) work->hear(std::move(answer));
    });
  }

 private:
  struct Work {
    Work(online::InlineLearner made, Hear told) : learner(std::move(made)), hear(std::move(told)) {}
    online::InlineLearner learner;
    Hear hear;
  };
  net::Loop& loop_;
  std::shared_ptr<Work> work_;
};

}  // namespace proteus::app
