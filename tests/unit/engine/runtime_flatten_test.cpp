// A person's flatten: everything open goes, every position is closed, however long that takes.
#include "tests/unit/engine/runtime_support.hpp"

namespace proteus::runtime_test {
namespace {

void flatten(Rig& rig) {
  rig.input(OperatorCommand{OperatorAction::Flatten, "by hand"}, rig.engine->now());
}

TEST(Flatten, ClosesThePositionWithOneReduceOnlyMarketOrder) {
  for (const EngineSettings& settings : {EngineSettings{}, with_limits(5.0)}) {
    Rig rig{1, settings};
    rig.hold(-2.0);
    rig.venue.submitted.clear();
    flatten(rig);
    ASSERT_EQ(rig.venue.submitted.size(), 1U);
    const OrderRequest& order = rig.last_order();
    EXPECT_EQ(order.side, Side::Buy);
    EXPECT_EQ(order.quantity, "2"_qty);
    EXPECT_EQ(order.type, OrderType::Market);
    EXPECT_TRUE(order.reduce_only);
    EXPECT_EQ(order.id.view()[order.id.view().size() - 4], 'f');
    EXPECT_EQ(rig.engine->flattening(), 1U);
    rig.fill_whole(order);
    EXPECT_EQ(rig.engine->flattening(), 0U);
  }
}

TEST(Flatten, CancelsWhatIsOpenBeforeItSendsItsOwn) {
  Rig rig;
  rig.hold(2.0);
  rig.strategies[0]->wants({3.0});
  rig.close(0, 1);
  const OrderRequest open = rig.last_order();
  rig.venue.submitted.clear();
  flatten(rig);
  EXPECT_EQ(rig.venue.cancelled, (std::vector{open.id}));
  EXPECT_TRUE(rig.venue.submitted.empty());
  rig.update(open.id, OrderState::Cancelled, {}, OrderEnd::ByUser);
  ASSERT_EQ(rig.venue.submitted.size(), 1U);
  EXPECT_EQ(rig.last_order().quantity, "2"_qty);
}

TEST(Flatten, IsNotCancelledByTheHaltThatComesWithIt) {
  Rig rig;
  rig.hold(2.0);
  rig.gate.on_observe = [](const Event& event, ReportSink& moves) {
    if (std::holds_alternative<OperatorCommand>(event.body))
      moves.report(TradingStateChanged{TradingState::Active, TradingState::Halted, "by hand"},
                   event.ts_recv);
  };
  flatten(rig);
  EXPECT_TRUE(rig.venue.cancelled.empty());
  EXPECT_EQ(rig.engine->open_orders().size(), 1U);
}

TEST(Flatten, IsTriedAgainAtEveryBarUntilThePositionIsGone) {
  Rig rig;
  rig.hold(2.0);
  flatten(rig);
  const OrderRequest first = rig.last_order();
  rig.update(first.id, OrderState::Rejected, {}, OrderEnd::NoLiquidity);
  EXPECT_EQ(rig.engine->flattening(), 1U);
  rig.strategies[0]->wants({5.0});
  rig.close(0, 1);
  EXPECT_NE(rig.last_order().id, first.id);
  EXPECT_TRUE(rig.last_order().reduce_only);
  EXPECT_EQ(rig.last_order().quantity, "2"_qty);
  EXPECT_EQ(rig.last_decision().reason.view(), "flatten: closes the whole position");
  rig.fill_whole(rig.last_order());
  rig.close(0, 2);
  EXPECT_EQ(rig.engine->flattening(), 0U);
}

TEST(Flatten, EndsWhenThePersonResumes) {
  Rig rig;
  rig.hold(2.0);
  flatten(rig);
  rig.update(rig.last_order().id, OrderState::Rejected, {}, OrderEnd::NoLiquidity);
  rig.input(OperatorCommand{OperatorAction::Resume, "by hand"}, rig.engine->now());
  rig.venue.submitted.clear();
  rig.strategies[0]->wants({2.0});
  rig.close(0, 1);
  EXPECT_TRUE(rig.venue.submitted.empty());
}

TEST(Flatten, GivesUpWhatTheVenueCallsTooSmall) {
  Rig rig;
  rig.hold(2.0);
  flatten(rig);
  rig.update(rig.last_order().id, OrderState::Rejected, {}, OrderEnd::BelowMinimum);
  rig.venue.submitted.clear();
  rig.close(0, 1);
  EXPECT_TRUE(rig.venue.submitted.empty());
  EXPECT_EQ(rig.engine->flattening(), 0U);
}

TEST(Flatten, LeavesInstrumentsWithoutAPositionAlone) {
  Rig rig{2};
  rig.hold(2.0);
  rig.venue.submitted.clear();
  flatten(rig);
  ASSERT_EQ(rig.venue.submitted.size(), 1U);
  EXPECT_EQ(rig.last_order().instrument.index, 0U);
}

TEST(Resumed, ASessionThatWasStoppedTradesAgain) {
  Rig rig;
  rig.hold(2.0);
  rig.input(OperatorCommand{OperatorAction::Stop, "over"}, rig.engine->now());
  rig.input(SessionResumed{"1.2.3"}, rig.engine->now());
  rig.venue.submitted.clear();
  rig.strategies[0]->wants({3.0});
  rig.close(0, 1);
  EXPECT_EQ(rig.venue.submitted.size(), 1U);
}

TEST(BarsSeen, CountWarmUpAndBarsThatWereSetAside) {
  Rig rig;
  EXPECT_EQ(rig.engine->bars_seen(InstrumentId{0}).next_open, Timestamp{});
  rig.close(0, 0, "100"_px, 0s, BarSource::Warmup);
  EXPECT_EQ(rig.engine->bars_seen(InstrumentId{0}).next_open, rig.bar(0, 1).open_time);
  EXPECT_TRUE(rig.engine->bars_seen(InstrumentId{0}).warming_up);
  rig.gate.absurd_if = [](const Bar&) { return "absurd"; };
  rig.close(0, 1);
  rig.close(0, 2);
  EXPECT_EQ(rig.engine->bars_seen(InstrumentId{0}).next_open, rig.bar(0, 3).open_time);
  EXPECT_FALSE(rig.engine->bars_seen(InstrumentId{0}).warming_up);
}

}  // namespace
}  // namespace proteus::runtime_test
