// The learner as the strategies meet it: a task in, an event out, on whichever thread.
#include "models/online/learner.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <condition_variable>
#include <mutex>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>

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

/// Its memory has run out.
struct Broken final : Policy {
  [[nodiscard]] const Shape& shape() const override { return small.shape(); }
  [[nodiscard]] std::size_t scratch(std::size_t) const override { throw std::bad_alloc(); }
  void trunk(std::size_t, const float*, float*, float*, std::span<float>) const override {}
  void head(std::size_t, const float*, float*) const override {}
  [[nodiscard]] const void* trunk_id() const override { return this; }
  [[nodiscard]] std::span<const float> weights(AdaptedPart part) const override {
    return small.weights(part);
  }
  [[nodiscard]] Result<std::shared_ptr<const Policy>> with(AdaptedPart,
                                                           std::span<const float>) const override {
    return error(ErrorCode::Unsupported, "broken");
  }
  [[nodiscard]] std::string_view kernel() const override { return "broken"; }
  test::SmallPolicy small{kColumns + strategies::kOwnInputs, 5, 3};
};

TEST(InlineLearner, WhoseMemoryRunsOutSaysSoAndDoesTheNextTask) {
  InlineLearner learner{LearnMarket{}};
  LearnTask broken = rising();
  broken.subjects[0].base = std::make_shared<Broken>();
  learner.learn(std::move(broken));
  learner.learn(rising());
  EventBody body;
  ASSERT_TRUE(learner.take(body));
  const auto& failed = std::get<AdaptationFailed>(body);
  EXPECT_EQ(failed.cause.view(), "the learner failed: memory ran out");
  EXPECT_EQ(failed.instrument.index, 3U);
  EXPECT_EQ(failed.ordinal, 7U);
  ASSERT_TRUE(learner.take(body));
  EXPECT_TRUE(std::holds_alternative<AdaptationProposed>(body));
}

TEST(WorkOn, CutsWordsThatAreTooLongForTheEvent) {
  const EventBody body = work_on(rising(12), [](const LearnTask&) -> EventBody {
    throw std::runtime_error(std::string(500, 'x'));
  });
  EXPECT_EQ(std::get<AdaptationFailed>(body).cause.view(),
            "the learner failed: " + std::string(120 - 20, 'x'));
}

/// The next answer of the thread; a failure of its own, where none comes. It waits at rest: the
/// thread gets only the time that nobody else wants.
EventBody next_answer(LearnerThread& learner) {
  const auto late = std::chrono::steady_clock::now() + 30s;
  EventBody body;
  while (!learner.take(body)) {
    if (std::chrono::steady_clock::now() > late) {
      ADD_FAILURE() << "no answer came";
      break;
    }
    std::this_thread::sleep_for(1ms);
  }
  return body;
}

std::string cause_of(const EventBody& body) {
  const auto* failed = std::get_if<AdaptationFailed>(&body);
  return failed == nullptr ? "" : std::string(failed->cause.view());
}

TEST(LearnerThread, AnswersAsItsWorkDoes) {
  LearnerThread learner([](const LearnTask& task) { return learn(task, {}); });
  learner.learn(rising());
  EXPECT_EQ(std::get<AdaptationProposed>(next_answer(learner)).weights,
            std::get<AdaptationProposed>(learn(rising(), {})).weights);
}

TEST(LearnerThread, ManyTasksAreAnsweredInTheirOrderThroughASmallRing) {
  constexpr std::uint32_t kTasks = 20;
  LearnerThread learner(
      [](const LearnTask& task) -> EventBody {
        AdaptationProposed said;
        said.ordinal = task.ordinal;
        said.weights.assign(24, static_cast<float>(task.ordinal));
        return said;
      },
      3);
  std::uint32_t posted = 0;
  for (std::uint32_t heard = 0; heard < kTasks; ++heard) {
    while (posted < kTasks && posted - heard < 3) {
      LearnTask task = rising(12);
      task.ordinal = ++posted;
      learner.learn(std::move(task));
    }
    const auto said = std::get<AdaptationProposed>(next_answer(learner));
    ASSERT_EQ(said.ordinal, heard + 1);
    ASSERT_EQ(said.weights, std::vector<float>(24, static_cast<float>(heard + 1)));
  }
  EXPECT_EQ(learner.waiting(), 0U);
}

TEST(LearnerThread, WhatIsThrownIsAFailureAndTheNextTaskIsDone) {
  int calls = 0;
  LearnerThread learner([&](const LearnTask& task) -> EventBody {
    if (++calls == 1) throw std::runtime_error("out of luck");
    return learn(task, {});
  });
  learner.learn(rising());
  learner.learn(rising());
  EXPECT_EQ(cause_of(next_answer(learner)), "the learner failed: out of luck");
  EXPECT_TRUE(std::holds_alternative<AdaptationProposed>(next_answer(learner)));
}

TEST(LearnerThread, MoreWeightsThanAreAdaptedAreAFailure) {
  LearnerThread learner([](const LearnTask&) -> EventBody {
    AdaptationProposed said;
    said.weights.assign(25, 0.0F);
    return said;
  });
  learner.learn(rising());
  EXPECT_EQ(cause_of(next_answer(learner)), "the learner made 25 weights, and 24 are adapted");
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
  {
    LearnerThread learner(
        [gate](const LearnTask& task) -> EventBody {
          std::unique_lock lock(gate->mutex);
          gate->inside = true;
          gate->moved.notify_all();
          gate->moved.wait(lock, [&] { return gate->open; });
          return learn(task, {});
        },
        3);
    learner.learn(rising());
    {
      std::unique_lock lock(gate->mutex);
      ASSERT_TRUE(gate->moved.wait_for(lock, 30s, [&] { return gate->inside; }));
    }
    EXPECT_EQ(learner.at_work(), 1U);
    learner.learn(rising());
    learner.learn(rising());
    EXPECT_EQ(learner.waiting(), 2U);
    EventBody body;
    EXPECT_FALSE(learner.take(body));
    learner.learn(rising());
    ASSERT_TRUE(learner.take(body));
    EXPECT_EQ(cause_of(body), "the learner's queue is full");
    EXPECT_FALSE(learner.take(body));
  }
  // Left behind at work; let it go, and it says nothing any more.
  const std::lock_guard lock(gate->mutex);
  gate->open = true;
  gate->moved.notify_all();
}

}  // namespace
}  // namespace proteus::online
