// What venues say, on time and out of turn; the instrument table as the venue changes it; the end
// of a run.
#include "tests/unit/engine/runtime_support.hpp"

namespace proteus::runtime_test {
namespace {

TEST(Reports, OnAnUnknownOrderAreLoggedAndChangeNothing) {
  Rig rig;
  rig.strategies[0]->wants({1.0});
  rig.close(0, 0);
  rig.update("somebody-elses", OrderState::Filled, "3"_qty);
  EXPECT_EQ(rig.engine->open_orders().size(), 1U);
  EXPECT_EQ(rig.engine->open_orders()[0].state(), OrderState::Submitted);
  EXPECT_EQ(rig.held(), Quantity{});
  EXPECT_EQ(rig.journal.bodies<OrderUpdate>().size(), 1U);
}

TEST(Reports, MoveAnOrderThroughItsLife) {
  Rig rig;
  rig.strategies[0]->wants({2.0});
  rig.close(0, 0);
  const OrderRequest order = rig.last_order();
  const auto state = [&] { return rig.engine->open_orders().at(0).state(); };
  EXPECT_EQ(state(), OrderState::Submitted);
  rig.update(order.id, OrderState::Acknowledged);
  EXPECT_EQ(state(), OrderState::Acknowledged);
  rig.fill(order, "0.5"_qty);
  rig.update(order.id, OrderState::PartiallyFilled, "0.5"_qty);
  EXPECT_EQ(state(), OrderState::PartiallyFilled);
  EXPECT_EQ(rig.engine->open_orders()[0].remaining(), "1.5"_qty);
  rig.fill(order, "1.5"_qty);
  rig.update(order.id, OrderState::Filled, "2"_qty);
  EXPECT_TRUE(rig.engine->open_orders().empty());
  EXPECT_EQ(rig.held(), "2"_qty);
}

TEST(Reports, ThatRepeatChangeNothing) {
  Rig rig{1, with_limits()};
  rig.strategies[0]->wants({2.0, 3.0});
  rig.close(0, 0);
  const OrderRequest first = rig.last_order();
  rig.close(0, 1);
  rig.update(first.id, OrderState::Cancelled);
  rig.update(first.id, OrderState::Cancelled);
  EXPECT_EQ(rig.venue.submitted.size(), 2U);
  EXPECT_EQ(rig.engine->open_orders().size(), 1U);
}

TEST(Reports, OfAFillAfterTheOrdersEndMoveTheBooks) {
  Rig rig;
  rig.strategies[0]->wants({2.0});
  rig.close(0, 0);
  const OrderRequest order = rig.last_order();
  rig.update(order.id, OrderState::Cancelled);
  rig.fill(order, "0.5"_qty);
  EXPECT_EQ(rig.held(), "0.5"_qty);
  EXPECT_EQ(rig.engine->counters().fills, 1U);
}

TEST(Reports, OfARejectionFreeTheWay) {
  Rig rig;
  rig.strategies[0]->wants({2.0, 2.0});
  rig.close(0, 0);
  rig.update(rig.last_order().id, OrderState::Rejected, {}, OrderEnd::InsufficientMargin);
  EXPECT_TRUE(rig.engine->open_orders().empty());
  rig.close(0, 1);
  EXPECT_EQ(rig.last_decision().outcome, Outcome::Ordered);
  EXPECT_TRUE(rig.venue.cancelled.empty());
}

TEST(Reports, MadeInsideSubmitAreHandledAfterTheWholeOutboxHasLeft) {
  Rig rig;
  rig.hold(2.0);
  rig.venue.on_submit = [&](const OrderRequest& order, ReportSink& reports) {
    reports.report(Rig::fill_of(order, order.quantity, "100"_px), kStart);
    reports.report(
        OrderUpdate{.id = order.id, .state = OrderState::Filled, .filled = order.quantity}, kStart);
  };
  rig.trace.clear();
  rig.strategies[0]->wants({-1.0});
  rig.close(0, 1);
  EXPECT_EQ(only(rig.trace, {"submit", "append fill", "append order"}),
            (Trace{"submit 0 sell 2", "submit 0 sell 1", "append fill #5", "append order_update #6",
                   "append fill #7", "append order_update #8"}));
  EXPECT_EQ(rig.held(), "-1"_qty);
  EXPECT_TRUE(rig.engine->open_orders().empty());
}

TEST(Reports, OfALiquidationMoveTheBooksAndNoOrder) {
  Rig rig;
  rig.hold(2.0);
  rig.input(Fill{.id = "liquidation-1",
                 .execution = "x",
                 .side = Side::Sell,
                 .liquidation = true,
                 .quantity = "2"_qty,
                 .price = "50"_px},
            rig.engine->now());
  EXPECT_EQ(rig.held(), Quantity{});
  EXPECT_EQ(rig.engine->ledger().equity, "9900"_usdt);
}

// --------------------------------------------------------------------------------------------------
// instruments

TEST(InstrumentChange, OfTheTickHoldsForTheNextOrder) {
  Rig rig{1, with_limits(10.0)};
  rig.strategies[0]->wants({1.0});
  rig.close(0, 0, "100"_px);
  EXPECT_EQ(rig.last_order().price, "99.5"_px);
  rig.update(rig.last_order().id, OrderState::Cancelled);

  Instrument changed = rig.table[{}];
  changed.tick_size = "0.1"_px;
  changed.lot_step = "1"_qty;
  rig.input(InstrumentChanged{changed}, rig.engine->now());
  rig.strategies[0]->wants({2.7});
  rig.close(0, 1, "100"_px);

  EXPECT_EQ(rig.last_order().price, "99.9"_px);
  EXPECT_EQ(rig.last_order().quantity, "2"_qty);
  EXPECT_EQ(rig.engine->instruments()[{}].tick_size, "0.1"_px);
}

// --------------------------------------------------------------------------------------------------
// the end of a run

void stop(Rig& rig) {
  rig.input(OperatorCommand{.action = OperatorAction::Stop, .cause = "by hand"}, rig.engine->now());
}

TEST(Stop, CancelsWhatIsOpen) {
  Rig rig{2, with_limits()};
  for (std::uint32_t i : {0U, 1U}) {
    rig.strategies[i]->wants({1.0});
    rig.close(i, 0);
  }
  stop(rig);
  EXPECT_EQ(rig.venue.cancelled.size(), 2U);
  EXPECT_EQ(rig.journal.all<CancelIntent>().size(), 2U);
  EXPECT_EQ(rig.journal.committed, rig.journal.entries.size());
}

TEST(Stop, RecordsTheWaitingBarsAndSendsNothingForThem) {
  Rig rig{3, with_barrier(5s)};
  rig.strategies[0]->wants({1.0});
  rig.close(0, 0);
  rig.close(2, 0);
  stop(rig);
  EXPECT_EQ(only(rig.trace, {"append decision"}),
            (Trace{"append decision 0 stopping", "append decision 2 stopping"}));
  EXPECT_EQ(rig.strategies[0]->heard.size(), 1U);
  EXPECT_EQ(rig.gate.sized, (std::vector{false, false}));
  EXPECT_TRUE(rig.venue.submitted.empty());
}

TEST(Stop, DecidesASetWhoseBarrierIsOverAsEver) {
  Rig rig{2, with_barrier(5s)};
  rig.strategies[0]->wants({1.0});
  rig.close(0, 0);
  rig.input(OperatorCommand{.action = OperatorAction::Stop}, rig.close_of(0) + 5s);
  EXPECT_EQ(only(rig.trace, {"append decision", "append operator", "submit", "cancel"}),
            (Trace{"append decision 0 ordered", "submit 0 buy 1", "append operator_command #3",
                   "cancel"}));
}

TEST(Stop, DropsTheWishThatWaitsForACancel) {
  Rig rig{1, with_limits()};
  rig.strategies[0]->wants({1.0, 2.0});
  rig.close(0, 0);
  rig.close(0, 1);
  stop(rig);
  rig.update(rig.venue.submitted[0].id, OrderState::Cancelled);
  EXPECT_EQ(rig.venue.submitted.size(), 1U);
}

TEST(Stop, IsTheLastOfTheOrders) {
  Rig rig;
  stop(rig);
  rig.strategies[0]->wants({1.0});
  rig.close(0, 0);
  EXPECT_EQ(rig.last_decision().outcome, Outcome::Stopping);
  EXPECT_TRUE(rig.last_decision().has_target);
  EXPECT_TRUE(rig.venue.submitted.empty());
}

TEST(Stop, GoesOnToTakeTheVenuesWord) {
  Rig rig{1, with_limits()};
  rig.strategies[0]->wants({1.0});
  rig.close(0, 0);
  stop(rig);
  rig.fill_whole(rig.venue.submitted[0]);
  EXPECT_EQ(rig.held(), "1"_qty);
  EXPECT_TRUE(rig.engine->open_orders().empty());
}

TEST(Stop, OtherCommandsDoNotEndTheRun) {
  for (const OperatorAction action :
       {OperatorAction::Halt, OperatorAction::Reduce, OperatorAction::Resume}) {
    Rig rig;
    rig.input(OperatorCommand{.action = action}, kStart);
    rig.strategies[0]->wants({1.0});
    rig.close(0, 0);
    EXPECT_EQ(rig.venue.submitted.size(), 1U) << to_string(action);
  }
}

}  // namespace
}  // namespace proteus::runtime_test
