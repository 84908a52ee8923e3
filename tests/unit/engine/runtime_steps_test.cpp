// The order of steps for one input, and the numbers that events get.
#include "tests/unit/engine/runtime_support.hpp"

namespace proteus::runtime_test {
namespace {

TEST(EngineSteps, AnInputIsShownToTheVenueLoggedObservedDecidedCommittedAndThenSent) {
  Rig rig;
  rig.strategies[0]->wants({2.0});

  rig.close(0, 0);

  EXPECT_EQ(rig.trace,
            (Trace{"before bar_closed", "append bar_closed #1", "observe bar_closed", "on_equity",
                   "on_bar 0", "review 0", "append intent", "append decision 0 ordered",
                   "append equity", "commit", "submit 0 buy 2"}));
}

TEST(EngineSteps, TheVenueSeesABarBeforeTheLedgerIsMarked) {
  Rig rig;
  rig.close(0, 0, "100"_px);
  Price mark;
  rig.venue.on_before = [&](const Event&, ReportSink&) {
    mark = rig.engine->ledger().positions[0].mark;
  };

  rig.close(0, 1, "120"_px);

  EXPECT_EQ(mark, "100"_px);
  EXPECT_EQ(rig.engine->ledger().positions[0].mark, "120"_px);
}

TEST(EngineSteps, WhatTheVenueReportsPassesTheDoorBeforeTheInput) {
  Rig rig;
  rig.strategies[0]->wants({2.0});
  rig.close(0, 0);
  rig.venue.on_before = [&](const Event&, ReportSink& reports) {
    const OrderRequest order = rig.last_order();
    reports.report(Rig::fill_of(order, "2"_qty, "100"_px), rig.close_of(0));
    reports.report(FundingSettled{.instrument = {}, .amount = "1"_usdt}, rig.close_of(0));
  };
  rig.trace.clear();

  rig.close(0, 1, "110"_px);

  EXPECT_EQ(only(rig.trace, {"append fill", "append funding", "append bar"}),
            (Trace{"append fill #2", "append funding_settled #3", "append bar_closed #4"}));
  // The strategy already stands on them: 10 000 + 2 x 10 - 1.
  EXPECT_EQ(rig.strategies[0]->heard.back().position, "2"_qty);
  EXPECT_EQ(rig.strategies[0]->heard.back().equity, "10019"_usdt);
  EXPECT_EQ(rig.engine->counters().fills, 1U);
  EXPECT_EQ(rig.engine->counters().funding, 1U);
}

TEST(EngineSteps, InputsAndReportsAreToldApartAndCarryTheirTimes) {
  Rig rig;
  rig.venue.on_before = [&](const Event&, ReportSink& reports) {
    reports.report(FundingSettled{.amount = "1"_usdt}, kStart);
  };

  rig.engine->on_input(ClockTick{}, kStart + 1s, kStart + 2s);

  const auto events = rig.journal.all<Event>();
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0].origin, Origin::Derived);
  EXPECT_EQ(events[0].ts_event, kStart);
  EXPECT_EQ(events[0].ts_recv, kStart + 2s);
  EXPECT_EQ(events[1].origin, Origin::Input);
  EXPECT_EQ(events[1].ts_event, kStart + 1s);
  EXPECT_EQ(events[1].ts_recv, kStart + 2s);
}

TEST(EngineSteps, TheLogIsCommittedBeforeACancelLeaves) {
  Rig rig{1, with_limits()};
  rig.strategies[0]->wants({1.0, 2.0});
  rig.close(0, 0);
  rig.trace.clear();

  rig.close(0, 1);

  EXPECT_EQ(only(rig.trace, {"append cancel", "commit", "cancel"}),
            (Trace{"append cancel", "commit", "cancel"}));
}

TEST(EngineSteps, WhatAVenueSaysAtOnceIsCommittedWithTheNextInput) {
  Rig rig;
  rig.strategies[0]->wants({1.0});
  rig.venue.on_submit = [&](const OrderRequest& order, ReportSink& reports) {
    reports.report(OrderUpdate{.id = order.id, .state = OrderState::Acknowledged}, kStart);
  };

  rig.close(0, 0);

  ASSERT_EQ(rig.journal.bodies<OrderUpdate>().size(), 1U);
  EXPECT_EQ(rig.journal.committed + 1, rig.journal.entries.size());
  rig.tick(rig.close_of(0) + 1s);
  EXPECT_EQ(rig.journal.committed, rig.journal.entries.size());
}

TEST(EngineSteps, EveryInputIsCommittedAlsoWhenNothingLeaves) {
  Rig rig;
  rig.tick(kStart);
  EXPECT_EQ(rig.trace,
            (Trace{"before clock_tick", "append clock_tick #1", "observe clock_tick", "commit"}));
}

TEST(EngineSteps, RiskObservesEveryEventOfEveryOriginInSequence) {
  Rig rig{2};
  rig.strategies[0]->wants({1.0, -1.0});
  rig.venue.on_submit = [&](const OrderRequest& order, ReportSink& reports) {
    reports.report(OrderUpdate{.id = order.id, .state = OrderState::Acknowledged}, kStart);
  };
  rig.gate.on_observe = [&](const Event& event, ReportSink& moves) {
    if (std::holds_alternative<FeedChanged>(event.body))
      moves.report(HoldChanged{.hold = Hold::Reconnecting, .active = true}, event.ts_recv);
  };
  rig.gate.absurd_if = [](const Bar& bar) -> const char* {
    return bar.close == "7"_px ? "absurd" : nullptr;
  };

  rig.close(0, 0);
  rig.input(FeedChanged{.stream = "s", .state = FeedState::Lost}, rig.close_of(0));
  rig.input(FeedAnomaly{}, rig.close_of(0));
  rig.input(OperatorCommand{.action = OperatorAction::Halt}, rig.close_of(0));
  rig.close(1, 0, "7"_px);
  rig.close(0, 0, "100"_px);  // A repeat.
  rig.close(0, 1);

  const auto logged = rig.journal.all<Event>();
  ASSERT_EQ(rig.gate.observed.size(), logged.size());
  for (std::size_t i = 0; i < logged.size(); ++i) {
    EXPECT_EQ(logged[i].sequence, i + 1);
    EXPECT_EQ(rig.gate.observed[i].sequence, i + 1);
    EXPECT_EQ(rig.gate.observed[i].body.index(), logged[i].body.index());
  }
  EXPECT_EQ(rig.engine->sequence(), logged.size());
}

TEST(EngineSteps, RiskObservesAFillOnBooksThatHoldItAlready) {
  Rig rig;
  rig.hold(2.0);
  rig.close(0, 1, "130"_px);
  EXPECT_EQ(rig.gate.equity_at_observe.back(), "10060"_usdt);
}

TEST(EngineSteps, MovesOfTheGateAreEventsThatComeBeforeTheDecision) {
  Rig rig;
  rig.strategies[0]->wants({1.0});
  rig.gate.on_observe = [](const Event& event, ReportSink& moves) {
    if (std::holds_alternative<BarClosed>(event.body))
      moves.report(HoldChanged{.hold = Hold::StaleData, .active = true}, event.ts_recv);
  };

  rig.close(0, 0);

  EXPECT_EQ(only(rig.trace, {"append", "on_bar"}),
            (Trace{"append bar_closed #1", "append hold_changed #2", "on_bar 0", "append intent",
                   "append decision 0 ordered", "append equity"}));
}

TEST(EngineSteps, ClosesMarkTheBooksUntilATickerHasToldItsMark) {
  EngineSettings by_ticker;
  by_ticker.marks = MarkSource::Ticker;
  Rig rig{1, by_ticker};
  rig.hold(1);
  rig.close(0, 1, "103"_px);
  EXPECT_EQ(rig.engine->ledger().positions[0].mark, "103"_px);
  rig.input(TickerUpdated{.last = "105"_px, .mark = "106"_px}, rig.close_of(1));
  rig.close(0, 2, "104"_px);
  EXPECT_EQ(rig.engine->ledger().positions[0].mark, "106"_px);
}

TEST(EngineSteps, TickersMarkTheBooksOnlyWhereTheSettingsSaySo) {
  EngineSettings by_ticker;
  by_ticker.marks = MarkSource::Ticker;
  Rig bars;
  Rig tickers{1, by_ticker};
  for (Rig* rig : {&bars, &tickers}) {
    rig->close(0, 0, "100"_px);
    rig->input(TickerUpdated{.last = "105"_px, .mark = "106"_px}, rig->close_of(0));
    rig->input(TickerUpdated{.last = "107"_px}, rig->close_of(0));  // The mark is not known.
    EXPECT_EQ(rig->strategies[0]->tickers, 2);
  }
  EXPECT_EQ(bars.engine->ledger().positions[0].mark, "100"_px);
  EXPECT_EQ(tickers.engine->ledger().positions[0].mark, "106"_px);
}

TEST(EngineSteps, AnomaliesAreCountedByKind) {
  Rig rig;
  rig.input(FeedAnomaly{.kind = AnomalyKind::CrossedBook}, kStart);
  rig.input(FeedAnomaly{.kind = AnomalyKind::CrossedBook}, kStart);
  EXPECT_EQ(rig.engine->counters().anomalies[static_cast<std::size_t>(AnomalyKind::CrossedBook)],
            2U);
}

TEST(EngineStepsDeathTest, TimeThatGoesBackIsAProgramError) {
  Rig rig;
  rig.tick(kStart);
  EXPECT_DEATH(rig.tick(kStart - 1ns), "assertion failed");
}

TEST(EngineStepsDeathTest, NoPortMayEnterTheDoorFromInside) {
  Rig rig;
  rig.gate.on_observe = [&](const Event&, ReportSink&) { rig.tick(kStart); };
  EXPECT_DEATH(rig.tick(kStart), "assertion failed");
}

}  // namespace
}  // namespace proteus::runtime_test
