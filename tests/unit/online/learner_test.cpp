// The learner as the strategies meet it: a task in, an event out, on whichever thread.
#include "models/online/learner.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <condition_variable>
#include <mutex>
#include <stdexcept>

#include "models/online/inline_learner.hpp"
#include "models/online/learner_thread.hpp"
#include "strategies/policy/policy_trial.hpp"
#include "tests/support/small_policy.hpp"

namespace proteus::online {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kColumns = 4;

/// A market that rises at every bar, under a policy that does not know it.
LearnTask rising(std::size_t bars = 90) {
  LearnTask task;
  task.instrument = InstrumentId{3};
  task.ordinal = 7;
  task.rebuild = 10;
  task.rate = 0.5;
  task.norm_max = 10.0;
  LearnSubject subject;
  subject.base = std::make_shared<test::SmallPolicy>(kColumns + strategies::kOwnInputs, 5, 3);
  for (std::size_t t = 0; t < bars; ++t) {
    task.bars.push_back({0.004 + 0.001 * std::sin(static_cast<double>(t)), 0.0, 1.0});
    for (std::size_t k = 0; k < kColumns; ++k)
      subject.features.push_back(std::cos(static_cast<float>(t * (k + 1))));
  }
  task.subjects.push_back(std::move(subject));
  return task;
}

TEST(Learner, LearnsWhatTheBarsTeachAndTellsItOfBarsItHasNotSeen) {
  const EventBody body = learn(rising(), {});
  const auto* p = std::get_if<AdaptationProposed>(&body);
  ASSERT_NE(p, nullptr);
  EXPECT_EQ(p->instrument.index, 3U);
  EXPECT_EQ(p->ordinal, 7U);
  EXPECT_EQ(p->steps, 5U);
  EXPECT_GT(p->step_norm, 0.0);
  EXPECT_GT(p->kl, 0.0);
  EXPECT_GT(p->support_after, p->support_before);
  EXPECT_GT(p->held_adapted, p->held_base);
  EXPECT_EQ(p->weights.size(), 4U * 6U);
}

TEST(Learner, WhatTheBaseEarnsIsWhatItsTrialEarns) {
  const LearnTask task = rising();
  const EventBody body = learn(task, {});
  const auto& p = std::get<AdaptationProposed>(body);
  // 89 bars have a next one; 10 fill the memory, a fifth of the other 79 is held back.
  strategies::PolicyTrial trial({}, Interval::H1, 5);
  std::vector<float> x(kColumns + strategies::kOwnInputs);
  std::vector<float> scratch(8);
  std::vector<float> features(5);
  std::vector<float> outputs(4);
  double net = 0.0;
  std::size_t held = 0;
  const std::size_t from = 89 - static_cast<std::size_t>(0.2 * 79);
  for (std::size_t t = 0; t < 90; ++t) {
    const strategies::MarketMove move{task.bars[t].bar_return, 0.0, 1.0};
    trial.observe(std::span(task.subjects[0].features).subspan(t * kColumns, kColumns), move, x);
    if (t > from) {
      net += trial.reward();
      ++held;
    }
    const Policy& policy = *task.subjects[0].base;
    policy.trunk(1, x.data(), trial.state().data(), features.data(), scratch);
    policy.head(1, features.data(), outputs.data());
    trial.answer(outputs, move, true);
  }
  EXPECT_NEAR(p.held_base, net / static_cast<double>(held), 1e-6);
}

TEST(Learner, TheSameTaskGivesTheSameBits) {
  const auto one = std::get<AdaptationProposed>(learn(rising(), {}));
  const auto two = std::get<AdaptationProposed>(learn(rising(), {}));
  EXPECT_EQ(one.weights, two.weights);
  EXPECT_EQ(one.held_adapted, two.held_adapted);
}

TEST(Learner, SeveralPoliciesAnswerOneAfterTheOther) {
  LearnTask task = rising();
  task.subjects.push_back(task.subjects[0]);
  const auto one = std::get<AdaptationProposed>(learn(rising(), {}));
  const auto two = std::get<AdaptationProposed>(learn(task, {}));
  ASSERT_EQ(two.weights.size(), 2 * one.weights.size());
  for (std::size_t i = 0; i < one.weights.size(); ++i) {
    EXPECT_EQ(two.weights[i], one.weights[i]);
    EXPECT_EQ(two.weights[one.weights.size() + i], one.weights[i]);
  }
  EXPECT_EQ(two.held_base, one.held_base);
}

TEST(Learner, WhereNothingIsRememberedItLearnsFromWhatThatReadingSees) {
  LearnTask task = rising();
  const auto recurrent = std::get<AdaptationProposed>(learn(task, {}));
  task.remembers = false;
  const auto memoryless = std::get<AdaptationProposed>(learn(task, {}));
  EXPECT_NE(memoryless.weights, recurrent.weights);
  EXPECT_NE(memoryless.held_base, recurrent.held_base);
  EXPECT_GT(memoryless.held_adapted, memoryless.held_base);
  task.part = AdaptedPart::All;
  EXPECT_EQ(std::get<AdaptationFailed>(learn(task, {})).cause.view(),
            "all weights adapt only where the memory lives: policy.adapt = both");
}

TEST(Learner, WhatCannotBeLearnedFromIsAFailureInWords) {
  const auto cause = [](const LearnTask& task) {
    const EventBody body = learn(task, {});
    const auto* failed = std::get_if<AdaptationFailed>(&body);
    return failed == nullptr ? std::string() : std::string(failed->cause.view());
  };
  EXPECT_EQ(cause(rising(11)), "the stretch has too few bars");
  LearnTask bad = rising();
  bad.bars[40].good = false;
  EXPECT_EQ(cause(bad), "bar 40 of the stretch has a feature that is no number");
  LearnTask all = rising();
  all.part = AdaptedPart::All;
  EXPECT_EQ(cause(all), "all weights of this policy cannot be adapted");
}

TEST(InlineLearner, KeepsItsAnswersInOrder) {
  InlineLearner learner{LearnMarket{}};
  LearnTask second = rising();
  second.ordinal = 8;
  learner.learn(rising());
  learner.learn(std::move(second));
  EventBody body;
  ASSERT_TRUE(learner.take(body));
  EXPECT_EQ(std::get<AdaptationProposed>(body).ordinal, 7U);
  ASSERT_TRUE(learner.take(body));
  EXPECT_EQ(std::get<AdaptationProposed>(body).ordinal, 8U);
  EXPECT_FALSE(learner.take(body));
}

/// Where a thread's answers arrive.
struct Letters {
  void put(EventBody body) {
    const std::lock_guard lock(mutex);
    bodies.push_back(std::move(body));
    came.notify_all();
  }
  bool wait(std::size_t count) {
    std::unique_lock lock(mutex);
    return came.wait_for(lock, 30s, [&] { return bodies.size() >= count; });
  }
  std::mutex mutex;
  std::condition_variable came;
  std::vector<EventBody> bodies;
};

TEST(LearnerThread, AnswersAsItsWorkDoes) {
  Letters letters;
  LearnerThread learner([](const LearnTask& task) { return learn(task, {}); },
                        [&](EventBody body) { letters.put(std::move(body)); });
  learner.learn(rising());
  ASSERT_TRUE(letters.wait(1));
  EXPECT_EQ(std::get<AdaptationProposed>(letters.bodies[0]).weights,
            std::get<AdaptationProposed>(learn(rising(), {})).weights);
}

TEST(LearnerThread, WhatIsThrownIsAFailureAndTheNextTaskIsDone) {
  Letters letters;
  int calls = 0;
  LearnerThread learner(
      [&](const LearnTask& task) -> EventBody {
        if (++calls == 1) throw std::runtime_error("out of luck");
        return learn(task, {});
      },
      [&](EventBody body) { letters.put(std::move(body)); });
  learner.learn(rising());
  learner.learn(rising());
  ASSERT_TRUE(letters.wait(2));
  EXPECT_EQ(std::get<AdaptationFailed>(letters.bodies[0]).cause.view(),
            "the learner failed: out of luck");
  EXPECT_TRUE(std::holds_alternative<AdaptationProposed>(letters.bodies[1]));
}

TEST(LearnerThread, WhatItsQueueCannotHoldIsAnsweredAtOnceAndOneThatHangsHoldsNobodyUp) {
  // Outlives the test where the thread does not let go.
  struct Gate {
    std::mutex mutex;
    std::condition_variable moved;
    bool inside = false;
    bool open = false;
  };
  const auto gate = std::make_shared<Gate>();
  const auto letters = std::make_shared<Letters>();
  {
    LearnerThread learner(
        [gate](const LearnTask& task) -> EventBody {
          std::unique_lock lock(gate->mutex);
          gate->inside = true;
          gate->moved.notify_all();
          gate->moved.wait(lock, [&] { return gate->open; });
          return learn(task, {});
        },
        [letters](EventBody body) { letters->put(std::move(body)); }, 2);
    learner.learn(rising());
    {
      std::unique_lock lock(gate->mutex);
      ASSERT_TRUE(gate->moved.wait_for(lock, 30s, [&] { return gate->inside; }));
    }
    EXPECT_EQ(learner.at_work(), 1U);
    learner.learn(rising());
    learner.learn(rising());
    EXPECT_EQ(learner.waiting(), 2U);
    learner.learn(rising());
    ASSERT_TRUE(letters->wait(1));
    EXPECT_EQ(std::get<AdaptationFailed>(letters->bodies[0]).cause.view(),
              "the learner's queue is full");
  }
  // Left behind at work; let it go, and it says nothing any more.
  const std::lock_guard lock(gate->mutex);
  gate->open = true;
  gate->moved.notify_all();
}

}  // namespace
}  // namespace proteus::online
