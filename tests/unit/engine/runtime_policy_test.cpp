// What the engine does for strategies that compute together and learn: shown first, words recorded,
// news told, answers of the learner brought.
#include "tests/unit/engine/runtime_support.hpp"

namespace proteus {
namespace {

using namespace runtime_test;

TEST(RuntimePolicy, BarsOfOneCloseAreAllShownBeforeAnyIsDecided) {
  Rig rig(3, with_barrier(5s));
  std::vector<std::string> order;
  for (FakeStrategy* s : rig.strategies) {
    s->on_gather = [&order, s](const Bar& bar) {
      EXPECT_EQ(bar.instrument.index, s->index);
      order.push_back(fmt::format("gather {}", s->index));
    };
    s->improvise = [&order](FakeStrategy& self) {
      order.push_back(fmt::format("decide {}", self.index));
    };
  }
  for (const std::uint32_t i : {2U, 0U, 1U}) rig.close(i, 0);
  EXPECT_EQ(order, (std::vector<std::string>{"gather 0", "gather 1", "gather 2", "decide 0",
                                             "decide 1", "decide 2"}));
}

TEST(RuntimePolicy, WarmUpBarsAreNotShownFirst) {
  Rig rig(1);
  int shown = 0;
  rig.strategies[0]->on_gather = [&](const Bar&) { ++shown; };
  rig.close(0, 0, "100"_px, 0s, BarSource::Warmup);
  EXPECT_EQ(shown, 0);
}

TEST(RuntimePolicy, WhatAPolicySaidStandsInTheRecordOfItsBarAlone) {
  Rig rig(1);
  PolicyWords words;
  words.chance_long = 0.75;
  words.version = 4;
  Opinion opinion{Target{0.0, 1.0}, "said", rig.strategies[0]->observation};
  opinion.policy = &words;
  rig.strategies[0]->script.push_back(opinion);
  rig.close(0, 0);
  ASSERT_EQ(rig.last_decision().policy.size(), 1U);
  EXPECT_EQ(rig.last_decision().policy[0].chance_long, 0.75);
  EXPECT_EQ(rig.last_decision().policy[0].version, 4U);
  rig.strategies[0]->silent();
  rig.close(0, 1);
  EXPECT_TRUE(rig.last_decision().policy.empty());
}

TEST(RuntimePolicy, NewsBecomeDerivedEventsBehindTheDecision) {
  Rig rig(1);
  AdaptationCut cut;
  cut.ordinal = 3;
  AdaptationJudged judged;
  judged.ordinal = 2;
  rig.strategies[0]->news = {judged, cut};
  rig.strategies[0]->silent();
  rig.close(0, 0);
  EXPECT_EQ(only(rig.trace, {"append decision", "append adaptation"}),
            (Trace{"append decision 0 no_target", "append adaptation_judged #2",
                   "append adaptation_cut #3"}));
  ASSERT_EQ(rig.journal.bodies<AdaptationCut>().size(), 1U);
  for (const Event& event : rig.journal.all<Event>())
    if (std::holds_alternative<AdaptationCut>(event.body)) {
      EXPECT_EQ(event.origin, Origin::Derived);
    }
}

TEST(RuntimePolicy, TheLearnersAnswerReachesItsInstrumentAndWhatFollowsIsTold) {
  Rig rig(2);
  AdaptationProposed proposed;
  proposed.instrument = InstrumentId{1};
  proposed.ordinal = 9;
  proposed.weights = {1.0F, 2.0F};
  rig.strategies[1]->news = {AdaptationJudged{.instrument = InstrumentId{1}, .ordinal = 9}};
  rig.input(proposed, kStart);
  EXPECT_TRUE(rig.strategies[0]->proposals.empty());
  ASSERT_EQ(rig.strategies[1]->proposals.size(), 1U);
  EXPECT_EQ(rig.strategies[1]->proposals[0].weights, proposed.weights);
  EXPECT_EQ(rig.journal.bodies<AdaptationJudged>().size(), 1U);
  AdaptationFailed failed;
  failed.instrument = InstrumentId{0};
  rig.input(failed, kStart);
  EXPECT_EQ(rig.strategies[0]->failures.size(), 1U);
}

}  // namespace
}  // namespace proteus
