// Bars of one close gather and are decided together.
#include "tests/unit/engine/runtime_support.hpp"

namespace proteus::runtime_test {
namespace {

Trace decided(const Rig& rig) { return only(rig.trace, {"append decision"}); }

TEST(Batch, IsDecidedWhenTheLastBarOfTheCloseIsThere) {
  Rig rig{3, with_barrier(5s)};
  rig.close(0, 0);
  rig.close(1, 0);
  EXPECT_TRUE(decided(rig).empty());
  rig.close(2, 0);
  EXPECT_EQ(decided(rig).size(), 3U);
}

TEST(Batch, IsDecidedInInstrumentOrderWhateverTheOrderOfArrival) {
  for (const std::array<std::uint32_t, 3> arrival :
       {std::array{0U, 1U, 2U}, std::array{2U, 1U, 0U}, std::array{1U, 2U, 0U}}) {
    Rig rig{3, with_barrier(5s)};
    for (const std::uint32_t i : arrival) rig.close(i, 0);
    EXPECT_EQ(decided(rig), (Trace{"append decision 0 no_target", "append decision 1 no_target",
                                   "append decision 2 no_target"}));
    EXPECT_EQ(only(rig.trace, {"on_bar"}), (Trace{"on_bar 0", "on_bar 1", "on_bar 2"}));
  }
}

TEST(Batch, LeavesOneEquityPoint) {
  Rig rig{2, with_barrier(5s)};
  rig.close(0, 0);
  rig.close(1, 0, "50"_px, 1s);
  const auto points = rig.journal.all<EquityPoint>();
  ASSERT_EQ(points.size(), 1U);
  EXPECT_EQ(points[0].time, rig.close_of(0) + 1s);
  EXPECT_EQ(points[0].equity, "10000"_usdt);
  EXPECT_EQ(points[0].ledger_hash, rig.engine->ledger_hash());
}

TEST(Batch, IsSeenByStrategyAndGateOnBooksThatCarryAllItsMarks) {
  Rig rig{2, with_barrier(5s)};
  rig.close(0, 0, "100"_px);
  rig.close(1, 0, "50"_px);

  rig.close(0, 1, "101"_px);
  rig.strategies[0]->wants({1.0});
  rig.gate.on_review = [&](const OrderRequest& order) {
    EXPECT_EQ(rig.engine->ledger().positions[1].mark, "51"_px);
    return Verdict{Approved{order}};
  };
  rig.strategies[0]->trace.clear();
  rig.close(1, 1, "51"_px);

  EXPECT_EQ(rig.gate.ledger_marks, (std::vector{"101"_px, "51"_px}));
  EXPECT_EQ(rig.gate.reviewed.size(), 1U);
}

TEST(Batch, RestsOnOneEquity) {
  Rig rig{2, with_barrier(5s)};
  rig.strategies[0]->wants({10.0, 10.0});
  rig.strategies[1]->wants({10.0, 10.0});
  rig.close(0, 0);
  rig.close(1, 0);
  for (const OrderRequest& order : std::vector(rig.venue.submitted)) rig.fill_whole(order);

  rig.close(1, 1, "102"_px);
  rig.close(0, 1, "101"_px);

  // 10 000 + 10 x 1 + 10 x 2, for both, and the same for the gate's own measure.
  EXPECT_EQ(rig.strategies[0]->heard.back().equity, "10030"_usdt);
  EXPECT_EQ(rig.strategies[1]->heard.back().equity, "10030"_usdt);
  EXPECT_EQ(rig.gate.equities.back(), "10030"_usdt);
  for (std::uint32_t i : {0U, 1U})
    EXPECT_EQ(rig.engine->last_decision(InstrumentId{i}).equity, "10030"_usdt);
}

TEST(Batch, WithNoBarrierEachBarIsDecidedAtOnce) {
  Rig rig{2};
  rig.close(1, 0);
  EXPECT_EQ(decided(rig), (Trace{"append decision 1 no_target"}));
  rig.close(0, 0);
  EXPECT_EQ(decided(rig).size(), 2U);
}

TEST(Batch, WaitsUntilTheBarrierAndNotANanosecondLonger) {
  Rig rig{2, with_barrier(5s)};
  rig.close(0, 0);
  rig.tick(rig.close_of(0) + 5s - 1ns);
  EXPECT_TRUE(decided(rig).empty());
  rig.tick(rig.close_of(0) + 5s);
  EXPECT_EQ(decided(rig), (Trace{"append decision 0 no_target"}));
  EXPECT_EQ(rig.last_decision().time, rig.close_of(0) + 5s);
}

TEST(Batch, ABarThatComesAfterItsBarrierIsDecidedAtOnce) {
  Rig rig{2, with_barrier(5s)};
  rig.close(0, 0);
  rig.tick(rig.close_of(0) + 5s);
  rig.close(1, 0, "100"_px, 6s);
  EXPECT_EQ(decided(rig), (Trace{"append decision 0 no_target", "append decision 1 no_target"}));
}

TEST(Batch, IsFlushedByEveryKindOfEvent) {
  const Timestamp over = kStart + 1min + 5s;
  const std::vector<EventBody> bodies = {ClockTick{},
                                         TickerUpdated{.mark = "100"_px},
                                         BookUpdated{},
                                         FeedChanged{},
                                         FeedAnomaly{},
                                         OperatorCommand{.action = OperatorAction::Resume},
                                         OrderUpdate{.id = "unknown"},
                                         FundingSettled{}};
  for (const EventBody& body : bodies) {
    Rig rig{2, with_barrier(5s)};
    rig.close(0, 0);
    rig.input(body, over);
    EXPECT_EQ(decided(rig).size(), 1U) << event_name(body);
  }
}

TEST(Batch, IsDecidedBeforeTheEventThatFlushesItMovesTheBooks) {
  Rig rig{2, with_barrier(5s)};
  rig.close(0, 0);
  rig.input(FundingSettled{.amount = "25"_usdt}, rig.close_of(0) + 5s);
  EXPECT_EQ(rig.strategies[0]->heard.back().equity, "10000"_usdt);
  EXPECT_EQ(rig.engine->ledger().equity, "9975"_usdt);
}

TEST(Batch, OrdersOfAFlushedSetLeaveOnlyWhenTheLogHoldsTheInputThatMovedTime) {
  Rig rig{2, with_barrier(5s)};
  rig.strategies[0]->wants({1.0});
  rig.close(0, 0);
  std::vector<Event> logged;
  rig.venue.on_submit = [&](const OrderRequest&, ReportSink&) {
    for (std::size_t i = 0; i < rig.journal.committed; ++i)
      if (const auto* event = std::get_if<Event>(&rig.journal.entries[i])) logged.push_back(*event);
  };

  rig.input(FundingSettled{.amount = "25"_usdt}, rig.close_of(0) + 5s);

  ASSERT_EQ(rig.venue.submitted.size(), 1U);
  ASSERT_FALSE(logged.empty());
  EXPECT_EQ(logged.back().origin, Origin::Input);
  EXPECT_EQ(logged.back().ts_recv, rig.close_of(0) + 5s);
}

TEST(Batch, PlayedAgainFromItsInputsComesOutTheSame) {
  Rig first{2, with_barrier(5s)};
  first.strategies[0]->wants({1.0, 2.0});
  first.close(0, 0);
  first.input(TickerUpdated{.mark = "101"_px}, first.close_of(0) + 6s);
  first.close(1, 1);
  first.input(OperatorCommand{.action = OperatorAction::Stop}, first.close_of(1) + 1s);

  Rig again{2, with_barrier(5s)};
  again.strategies[0]->wants({1.0, 2.0});
  for (const Event& event : first.journal.all<Event>())
    if (event.origin == Origin::Input)
      again.engine->on_input(event.body, event.ts_event, event.ts_recv);

  EXPECT_EQ(again.journal.bytes, first.journal.bytes);
}

TEST(Batch, ABarOfAnotherCloseEndsIt) {
  Rig rig{2, with_barrier(10s)};
  rig.close(0, 1);
  rig.close(1, 0, "100"_px, 61s);  // From a backfill: older, but the next one of its instrument.
  EXPECT_EQ(decided(rig), (Trace{"append decision 0 no_target", "append decision 1 late"}));
}

TEST(Batch, IsDecidedOnBooksThatABarOfAnotherCloseHasNotMoved) {
  Rig rig{2, with_barrier(60s)};
  rig.close(0, 0);
  // The next close's bar, in the barrier by a clock that lags.
  const Bar next = rig.bar(1, 1, "70"_px);
  rig.engine->on_input(BarClosed{next}, next.close_time, rig.close_of(0) + 1s);
  ASSERT_EQ(decided(rig).size(), 1U);
  EXPECT_EQ(rig.gate.ledger_marks, (std::vector{"100"_px, Price{}}));
}

TEST(Batch, ANewSetWaitsAgainAfterOneWasFlushed) {
  Rig rig{2, with_barrier(5s)};
  rig.close(0, 0);
  rig.close(0, 1);
  EXPECT_EQ(decided(rig).size(), 1U);
  rig.close(1, 1);
  EXPECT_EQ(decided(rig).size(), 3U);
}

TEST(Batch, AnInstrumentWhoseFeedIsLostHoldsTheOthersNoLongerThanTheBarrier) {
  Rig rig{2, with_barrier(2s)};
  rig.strategies[0]->wants({1.0, 2.0, 3.0});
  rig.input(FeedChanged{.stream = "public:linear#1", .state = FeedState::Lost}, kStart);
  for (int k = 0; k < 3; ++k) {
    rig.close(0, k);
    for (int s = 1; s <= 3; ++s) rig.tick(rig.close_of(k) + s * 1s);
    ASSERT_EQ(rig.venue.submitted.size(), static_cast<std::size_t>(k + 1));
    EXPECT_EQ(rig.venue.submitted_at.back(), rig.close_of(k) + 2s);
    rig.fill_whole(rig.last_order());
  }
  EXPECT_TRUE(rig.strategies[1]->heard.empty());
}

TEST(Batch, AQuietMarketIsDecidedByAClockTick) {
  Rig rig{2, with_barrier(1s)};
  rig.strategies[0]->wants({1.0});
  rig.close(0, 0);
  rig.tick(rig.close_of(0) + 1s);
  EXPECT_EQ(rig.venue.submitted.size(), 1U);
  EXPECT_EQ(rig.journal.bodies<ClockTick>().size(), 1U);
}

}  // namespace
}  // namespace proteus::runtime_test
