// What each kind of bar does: in time, late, from before the run, old, absurd, after a hole, of
// another interval. Every one leaves a record.
#include "tests/unit/engine/runtime_support.hpp"

namespace proteus::runtime_test {
namespace {

// --------------------------------------------------------------------------------------------------
// late

class LateLimit : public ::testing::TestWithParam<std::pair<Interval, Duration>> {};

TEST_P(LateLimit, IsExact) {
  const auto [interval, limit] = GetParam();
  EngineSettings settings;
  settings.interval = interval;
  Rig rig{2, settings};
  rig.strategies[0]->wants({1.0});
  rig.strategies[1]->wants({1.0});

  rig.close(0, 0, "100"_px, limit);
  rig.close(1, 0, "100"_px, limit + 1ns);

  EXPECT_EQ(rig.decisions()[0].outcome, Outcome::Ordered);
  EXPECT_EQ(rig.decisions()[1].outcome, Outcome::Late);
  EXPECT_EQ(rig.venue.submitted.size(), 1U);
}
// The smaller of ten seconds and a quarter of the interval: a minute's quarter is longer already.
INSTANTIATE_TEST_SUITE_P(Intervals, LateLimit,
                         ::testing::Values(std::pair{Interval::M1, Duration{10s}},
                                           std::pair{Interval::H1, Duration{10s}},
                                           std::pair{Interval::D1, Duration{10s}}));

TEST(LateBar, AQuarterOfAShortBarIsTheLimit) {
  Rig rig;
  rig.strategies[0]->wants({1.0, 1.0});
  // A bar that the venue cut short: 20 s long, so 5 s.
  for (const Duration after : {Duration{5s}, Duration{5s + 1ns}}) {
    Bar bar = rig.bar(0, 0);
    bar.open_time += rig.engine->counters().bars * 20s;
    bar.close_time = bar.open_time + 20s;
    rig.engine->on_input(BarClosed{bar}, bar.close_time, bar.close_time + after);
  }
  EXPECT_EQ(rig.decisions()[0].outcome, Outcome::Ordered);
  EXPECT_EQ(rig.decisions()[1].outcome, Outcome::Late);
}

TEST(LateBar, MovesBooksStrategyAndSizingAndSendsNothing) {
  Rig rig;
  rig.strategies[0]->wants({1.0});
  rig.close(0, 0, "123"_px, 11s);

  EXPECT_EQ(rig.engine->ledger().positions[0].mark, "123"_px);
  ASSERT_EQ(rig.strategies[0]->heard.size(), 1U);
  EXPECT_EQ(rig.gate.sized, (std::vector{false}));
  EXPECT_TRUE(rig.gate.reviewed.empty());
  EXPECT_TRUE(rig.journal.all<OrderIntent>().empty());
  EXPECT_EQ(rig.engine->counters().late_bars, 1U);
  const DecisionRecord record = rig.last_decision();
  EXPECT_EQ(record.outcome, Outcome::Late);
  EXPECT_TRUE(record.has_target);  // What it would have wanted is told.
  EXPECT_EQ(record.observation.size(), 2U);
}

TEST(LateBar, IsMeasuredOnTheDayOfItsClose) {
  Rig rig;
  rig.strategies[0]->wants({1.0, 1.0});
  rig.close(0, 0, "123"_px, 10s);
  rig.close(0, 1, "123"_px, 26h);
  EXPECT_EQ(rig.gate.measured_at, (std::vector{rig.close_of(0) + 10s, rig.close_of(1)}));
}

TEST(LateBar, LeavesAnOpenOrderToTheNextBar) {
  Rig rig{1, with_limits()};
  rig.strategies[0]->wants({1.0, 2.0, 2.0});
  rig.close(0, 0);
  rig.close(0, 1, "100"_px, 11s);
  EXPECT_TRUE(rig.venue.cancelled.empty());
  rig.close(0, 2);
  EXPECT_EQ(rig.venue.cancelled.size(), 1U);
}

TEST(LateBar, IsJudgedByTheTimeOfTheDecisionAndNotOfTheArrival) {
  Rig rig{2, with_barrier(5s)};
  rig.strategies[0]->wants({1.0});
  rig.close(0, 0, "100"_px, 1s);
  rig.tick(rig.close_of(0) + 10s + 1ns);  // No word in between: the barrier was long over.
  EXPECT_EQ(rig.last_decision().outcome, Outcome::Late);
  EXPECT_TRUE(rig.venue.submitted.empty());
}

// --------------------------------------------------------------------------------------------------
// warm-up

TEST(WarmUpBar, FeedsTheStrategyLeavesARecordAndSendsNothing) {
  Rig rig{2, with_barrier(5s)};
  rig.strategies[0]->wants({1.0});

  rig.close(0, 0, "100"_px, 24h, BarSource::Warmup);

  EXPECT_EQ(rig.strategies[0]->heard.size(), 1U);
  EXPECT_EQ(rig.gate.sized, (std::vector{false}));
  EXPECT_TRUE(rig.venue.submitted.empty());
  const DecisionRecord record = rig.last_decision();
  EXPECT_EQ(record.outcome, Outcome::WarmingUp);
  EXPECT_EQ(record.reason.view(), "bar from before the run");
  EXPECT_EQ(record.observation.size(), 2U);
  EXPECT_EQ(rig.engine->counters().warmup_bars, 1U);
  EXPECT_EQ(rig.engine->counters().bars, 0U);
}

TEST(WarmUpBar, DoesNotDisturbAWaitingSet) {
  Rig rig{2, with_barrier(5s)};
  rig.close(0, 1);
  rig.close(1, 0, "100"_px, 61s, BarSource::Warmup);
  EXPECT_EQ(rig.decisions().size(), 1U);
  rig.close(1, 1, "100"_px, 2s);
  EXPECT_EQ(rig.decisions().size(), 3U);
}

TEST(WarmingUp, AStrategyThatIsNotReadySendsNothing) {
  Rig rig;
  rig.strategies[0]->warming_up();
  rig.close(0, 0);
  EXPECT_EQ(rig.last_decision().outcome, Outcome::WarmingUp);
  EXPECT_EQ(rig.last_decision().reason.view(), "windows are filling");
  EXPECT_EQ(rig.gate.sized, (std::vector{false}));
}

// --------------------------------------------------------------------------------------------------
// set aside

class SetAside : public ::testing::Test {
 protected:
  /// Nothing but log, count and risk's eye may have seen the bar.
  void expect_untouched(const std::function<void()>& act) {
    const std::uint64_t hash = rig_.engine->ledger_hash();
    const std::size_t heard = rig_.strategies[0]->heard.size();
    rig_.trace.clear();
    act();
    EXPECT_EQ(rig_.engine->ledger_hash(), hash);
    EXPECT_EQ(rig_.strategies[0]->heard.size(), heard);
    EXPECT_EQ(rig_.strategies[0]->resets, 0);
    EXPECT_TRUE(only(rig_.trace, {"before", "submit", "cancel", "on_equity"}).empty());
    EXPECT_EQ(rig_.engine->counters().bars_set_aside, 1U);
    EXPECT_EQ(rig_.last_decision().outcome, Outcome::SetAside);
  }
  Rig rig_;
};

TEST_F(SetAside, ARepeatedBar) {
  rig_.close(0, 0);
  expect_untouched([&] { rig_.close(0, 0, "105"_px); });
  EXPECT_EQ(rig_.last_decision().reason.view(), "older than a bar already seen");
}

TEST_F(SetAside, AnOlderBar) {
  rig_.close(0, 5);
  expect_untouched([&] { rig_.close(0, 3, "105"_px, 3min); });
}

TEST_F(SetAside, AnAbsurdBarWithTheReasonOfRisk) {
  rig_.close(0, 0);
  rig_.gate.absurd_if = [](const Bar&) { return "the price jumped"; };
  expect_untouched([&] { rig_.close(0, 1, "100000"_px); });
  EXPECT_EQ(rig_.last_decision().reason.view(), "the price jumped");
}

TEST_F(SetAside, AnOldWarmUpBar) {
  rig_.close(0, 0);
  expect_untouched([&] { rig_.close(0, 0, "105"_px, 0s, BarSource::Warmup); });
}

TEST_F(SetAside, IsWrittenAfterTheBarAndUnderItsSequence) {
  rig_.close(0, 0);
  rig_.trace.clear();
  rig_.close(0, 0);
  EXPECT_EQ(rig_.trace, (Trace{"append bar_closed #2", "append decision 0 set_aside",
                               "observe bar_closed", "commit"}));
  EXPECT_EQ(rig_.last_decision().sequence, 2U);
}

class AbsurdBars : public SetAside {
 protected:
  AbsurdBars() {
    rig_.gate.absurd_if = [](const Bar& bar) -> const char* {
      return bar.close == "900"_px ? "the price jumped" : nullptr;
    };
    rig_.close(0, 0);
    rig_.close(0, 1, "900"_px);
  }
};

TEST_F(AbsurdBars, CostOneBarAndNotTheWindows) {
  rig_.close(0, 2, "101"_px);
  EXPECT_EQ(rig_.engine->counters().gaps, 0U);
  EXPECT_EQ(rig_.strategies[0]->resets, 0);
}

TEST_F(AbsurdBars, AreAHoleWhenTwoFollowOneAnother) {
  rig_.close(0, 2, "900"_px);
  rig_.close(0, 3, "101"_px);
  EXPECT_EQ(rig_.engine->counters().gaps, 1U);
  EXPECT_EQ(rig_.strategies[0]->resets, 1);
}

TEST_F(AbsurdBars, DoNotHideAHoleBeforeThem) {
  rig_.close(0, 3, "900"_px);
  rig_.close(0, 4, "101"_px);
  EXPECT_EQ(rig_.strategies[0]->resets, 1);
}

TEST_F(SetAside, TheEndThatAnAbsurdBarTellsIsNotBelieved) {
  rig_.close(0, 0);
  rig_.gate.absurd_if = [](const Bar& bar) -> const char* {
    return bar.close == "900"_px ? "absurd" : nullptr;
  };
  Bar bar = rig_.bar(0, 1, "900"_px);
  bar.close_time += 24h;
  rig_.engine->on_input(BarClosed{bar}, rig_.close_of(1), rig_.close_of(1));
  rig_.close(0, 2);
  EXPECT_EQ(rig_.engine->counters().bars, 2U);
  EXPECT_EQ(rig_.strategies[0]->resets, 0);
}

TEST_F(SetAside, RiskIsNotAskedAboutABarThatIsOld) {
  rig_.close(0, 0);
  int asked = 0;
  rig_.gate.absurd_if = [&](const Bar&) -> const char* {
    ++asked;
    return nullptr;
  };
  rig_.close(0, 0);
  EXPECT_EQ(asked, 0);
  rig_.close(0, 1);
  EXPECT_EQ(asked, 1);
}

TEST(SetAsideInABatch, LeavesItsRecordAndTheWaitingBarGetsItsOwn) {
  Rig rig{2, with_barrier(5s)};
  rig.strategies[0]->wants({1.0});
  rig.close(0, 1, "100"_px);
  rig.close(0, 0, "90"_px, 61s);  // Old, while bar 1 waits for instrument 1.
  ASSERT_EQ(rig.decisions().size(), 1U);
  EXPECT_EQ(rig.decisions()[0].outcome, Outcome::SetAside);
  EXPECT_EQ(rig.decisions()[0].bar_open, kStart);

  rig.close(1, 1, "100"_px, 2s);

  ASSERT_EQ(rig.decisions().size(), 3U);
  EXPECT_EQ(rig.decisions()[1].outcome, Outcome::Ordered);
  EXPECT_EQ(rig.decisions()[1].bar_open, rig.bar(0, 1).open_time);
  EXPECT_EQ(rig.decisions()[1].close, "100"_px);
}

TEST(SetAsideInABatch, DoesNotEndTheWait) {
  Rig rig{2, with_barrier(5s)};
  rig.close(1, 0);
  rig.tick(rig.close_of(0) + 5s);
  rig.close(0, 1);
  rig.close(1, 0, "100"_px, 61s);
  EXPECT_TRUE(only(rig.trace, {"append decision 0"}).empty());
}

// --------------------------------------------------------------------------------------------------
// holes, other intervals

TEST(Gap, ResetsTheStrategyAndIsCounted) {
  Rig rig;
  rig.close(0, 0);
  EXPECT_EQ(rig.strategies[0]->resets, 0);
  rig.close(0, 2);
  EXPECT_EQ(rig.strategies[0]->resets, 1);
  EXPECT_EQ(rig.engine->counters().gaps, 1U);
  rig.close(0, 3);
  EXPECT_EQ(rig.strategies[0]->resets, 1);
}

TEST(Gap, OfOneInstrumentLeavesTheOthersAlone) {
  Rig rig{2};
  rig.close(0, 0);
  rig.close(1, 0);
  rig.close(0, 2);
  rig.close(1, 1, "100"_px, 1min);
  EXPECT_EQ(rig.strategies[0]->resets, 1);
  EXPECT_EQ(rig.strategies[1]->resets, 0);
}

TEST(Gap, OfAMarketThatClosesIsNone) {
  EngineSettings settings;
  settings.gap_max = 2min;
  Rig rig{1, settings};
  rig.close(0, 0);
  rig.close(0, 3);  // bars 1 and 2 are the weekend
  EXPECT_EQ(rig.strategies[0]->resets, 0);
  EXPECT_EQ(rig.engine->counters().gaps, 0U);
  rig.close(0, 7);  // three bars are more than that
  EXPECT_EQ(rig.strategies[0]->resets, 1);
  EXPECT_EQ(rig.engine->counters().gaps, 1U);
}

TEST(Gap, BetweenWarmUpAndTheRunIsSeenToo) {
  Rig rig;
  rig.close(0, 0, "100"_px, 0s, BarSource::Warmup);
  rig.close(0, 2);
  EXPECT_EQ(rig.engine->counters().gaps, 1U);
}

TEST(OtherInterval, IsLoggedAndNeitherDecidesNorMarks) {
  Rig rig;
  rig.close(0, 4, "100"_px);
  Bar five = rig.bar(0, 0, "55"_px);
  five.interval = Interval::M5;
  five.close_time = five.open_time + 5min;
  rig.trace.clear();

  rig.engine->on_input(BarClosed{five}, five.close_time, five.close_time);

  EXPECT_EQ(rig.trace,
            (Trace{"before bar_closed", "append bar_closed #2", "observe bar_closed", "commit"}));
  EXPECT_EQ(rig.engine->ledger().positions[0].mark, "100"_px);
  EXPECT_EQ(rig.engine->counters().bars, 1U);
}

// --------------------------------------------------------------------------------------------------
// records

TEST(Record, HoldsAllThatTheDecisionRestsOn) {
  Rig rig;
  rig.hold(2.0);
  rig.strategies[0]->wants({3.5});
  rig.close(0, 1, "110"_px, 2s);

  const DecisionRecord r = rig.last_decision();
  EXPECT_EQ(r.sequence, rig.engine->sequence());
  EXPECT_EQ(r.time, rig.close_of(1) + 2s);
  EXPECT_EQ(r.bar_open, rig.bar(0, 1).open_time);
  EXPECT_EQ(r.close, "110"_px);
  EXPECT_EQ(r.outcome, Outcome::Ordered);
  EXPECT_EQ(r.reason.view(), "as the script says");
  ASSERT_EQ(r.observation.size(), 2U);
  EXPECT_EQ(r.observation[1], -2.5);
  EXPECT_TRUE(r.has_target);
  EXPECT_EQ(r.target.weight, 3.5);
  ASSERT_EQ(r.sizing.size(), 1U);
  EXPECT_EQ(r.position, "2"_qty);
  EXPECT_EQ(r.wanted, "3.5"_qty);
  EXPECT_EQ(r.equity, "10020"_usdt);
  ASSERT_EQ(r.controls.size(), 1U);
  EXPECT_EQ(r.controls[0].control, Control::OrderValue);
  ASSERT_EQ(r.orders.size(), 1U);
  EXPECT_EQ(r.orders[0].id, rig.last_order().id);
  EXPECT_EQ(r.orders[0].quantity, "1.5"_qty);
  EXPECT_TRUE(r.orders[0].approved);
  EXPECT_EQ(json::to_json(rig.engine->last_decision({})), json::to_json(r));
}

TEST(Record, OfNoTargetKeepsTheReasonOfTheStrategy) {
  Rig rig;
  rig.strategies[0]->silent("the averages are equal");
  rig.close(0, 0);
  EXPECT_EQ(rig.last_decision().outcome, Outcome::NoTarget);
  EXPECT_EQ(rig.last_decision().reason.view(), "the averages are equal");
  EXPECT_FALSE(rig.last_decision().has_target);
}

TEST(Record, OfTheBandKeepsTheReasonOfSizing) {
  Rig rig;
  rig.gate.band = true;
  rig.strategies[0]->wants({1.0});
  rig.close(0, 0);
  EXPECT_EQ(rig.last_decision().outcome, Outcome::Unchanged);
  EXPECT_EQ(rig.last_decision().reason.view(), "within the band");
  EXPECT_EQ(rig.last_decision().wanted, Quantity{});
}

TEST(Record, OfAWishThatIsHeldAlreadyIsUnchanged) {
  Rig rig;
  rig.hold(2.0);
  rig.strategies[0]->wants({2.0});
  rig.close(0, 1);
  EXPECT_EQ(rig.last_decision().outcome, Outcome::Unchanged);
}

TEST(Record, OfAWishBelowTheLotIsUnchanged) {
  Rig rig;
  rig.strategies[0]->wants({0.09});
  rig.close(0, 0);
  EXPECT_EQ(rig.last_decision().outcome, Outcome::Unchanged);
  EXPECT_TRUE(rig.gate.reviewed.empty());
}

TEST(Record, OfARefusalNamesTheControl) {
  Rig rig;
  rig.gate.on_review = [](const OrderRequest&) { return refuse(Control::PositionLimit); };
  rig.strategies[0]->wants({1.0});
  rig.close(0, 0);
  const DecisionRecord r = rig.last_decision();
  EXPECT_EQ(r.outcome, Outcome::Refused);
  ASSERT_EQ(r.orders.size(), 1U);
  EXPECT_FALSE(r.orders[0].approved);
  EXPECT_EQ(r.orders[0].refused_by, Control::PositionLimit);
  ASSERT_EQ(r.controls.size(), 1U);
  EXPECT_FALSE(r.controls[0].passed);
}

TEST(Record, KeepsTheControlThatChangedTheWish) {
  Rig rig;
  rig.gate.sizing_control = {Control::ModelOutput, false, {}, {}};
  rig.strategies[0]->wants({1.0});
  rig.close(0, 0);
  EXPECT_EQ(rig.last_decision().controls[0].control, Control::ModelOutput);
}

TEST(Record, StandsForEveryClosedBarOnce) {
  Rig rig{2, with_barrier(3s)};
  rig.gate.absurd_if = [](const Bar& bar) -> const char* {
    return bar.close == "900"_px ? "absurd" : nullptr;
  };
  rig.strategies[0]->wants({1.0, 1.0, 2.0});
  rig.close(0, 0, "100"_px, 2min, BarSource::Warmup);
  rig.close(0, 1, "100"_px, 1min);                // late
  rig.close(1, 1, "900"_px, 1min);                // absurd
  rig.close(0, 2, "100"_px);                      // with 1: a set
  rig.close(1, 2, "100"_px);                      //
  rig.close(0, 4, "100"_px);                      // after a hole
  rig.close(0, 4, "101"_px);                      // a repeat, while the other waits
  rig.input(OperatorCommand{}, rig.close_of(4));  // Stop

  std::vector<std::pair<std::uint32_t, Timestamp>> bars;
  for (const BarClosed& b : rig.journal.bodies<BarClosed>())
    bars.emplace_back(b.bar.instrument.index, b.bar.open_time);
  std::vector<std::pair<std::uint32_t, Timestamp>> records;
  for (const DecisionRecord& d : rig.decisions())
    records.emplace_back(d.instrument.index, d.bar_open);
  std::ranges::sort(bars);
  std::ranges::sort(records);
  EXPECT_EQ(records, bars);
  EXPECT_EQ(rig.engine->counters().decisions, 7U);
}

}  // namespace
}  // namespace proteus::runtime_test
