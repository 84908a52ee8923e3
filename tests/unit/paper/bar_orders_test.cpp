// Bar mode: prices, fees and lives of orders, with numbers worked out by hand.
// Settings: half spread 1 bp, impact 10 bps, participation 0.1, perpetual fees 5.5 / 2 bps,
// spot 10.
#include "tests/unit/paper/venue_fixture.hpp"

namespace proteus::paper {
namespace {

using enum OrderState;

class BarOrders : public VenueTest {};

TEST_F(BarOrders, AMarketOrderFillsWholeAtTheNextOpenWorsenedByHalfSpreadAndImpact) {
  flat(kLinear, "50000");
  const OrderRequest order = market(kLinear, Side::Buy, "1"_qty);
  EXPECT_EQ(send(order).state, Acknowledged);
  bar(kLinear, {"50100", "50200", "50000", "50150", 100.0});
  // q = 1/100, s = (1 + 10 x 0.1) / 1e4 = 0.0002; 50100 x 1.0002 = 50110.02, up to the tick
  // 50110.1.
  ASSERT_EQ(fills().size(), 1U);
  const Fill fill = fills()[0];
  EXPECT_EQ(fill.price, "50110.1"_px);
  EXPECT_EQ(fill.quantity, "1"_qty);
  EXPECT_EQ(fill.liquidity, Liquidity::Taker);
  EXPECT_EQ(fill.fee, "27.560555"_usdt);  // 50110.1 x 0.00055
  EXPECT_EQ(fill.slippage, "10.1"_usdt);
  EXPECT_EQ(fill.time, kStart + 1min);
  EXPECT_EQ(fill.execution.view(), "x1");
  EXPECT_EQ(word_on(order).state, Filled);
  EXPECT_EQ(word_on(order).filled, "1"_qty);
  // Cash 100000 - 27.560555; unrealised 50150 - 50110.1 = 39.9.
  EXPECT_EQ(venue_.books().view().cash, "99972.439445"_usdt);
  EXPECT_EQ(venue_.books().view().equity, "100012.339445"_usdt);
}

TEST_F(BarOrders, AMarketSellIsRoundedDownToTheTick) {
  flat(kLinear, "50000");
  (void)send(market(kLinear, Side::Sell, "1"_qty));
  flat(kLinear, "50100");
  EXPECT_EQ(fills().at(0).price, "50089.9"_px);  // 50100 x 0.9998 = 50089.98
}

TEST_F(BarOrders, ABarWithoutVolumeCostsTheWholeImpact) {
  flat(kLinear, "50000");
  (void)send(market(kLinear, Side::Buy, "0.001"_qty));
  flat(kLinear, "50000", 0.0);
  EXPECT_EQ(fills().at(0).price, "50055"_px);  // 1 + 10 bps
}

TEST_F(BarOrders, AnOrderNeverFillsOnABarThatWasOverWhenItWasSent) {
  flat(kOther, "2000");
  flat(kLinear, "50000");
  flat(kLinear, "50000");  // It is 17:02, and the other instrument's bar of 17:01 is still missing.
  (void)send(market(kOther, Side::Buy, "1"_qty));
  flat(kOther, "2000");
  EXPECT_TRUE(sink_.bodies.empty());
  flat(kOther, "2000");
  EXPECT_EQ(fills().size(), 1U);
}

TEST_F(BarOrders, ASpotBuyPaysItsFeeInBaseAndKeepsTheDust) {
  flat(kSpot, "50000");
  (void)send(market(kSpot, Side::Buy, "0.5"_qty));
  flat(kSpot, "50000", 50.0);
  // q = 0.01, s = 2 bps: 50010.00. Fee 0.0005 base, worth 25.005.
  ASSERT_EQ(fills().size(), 1U);
  EXPECT_EQ(fills()[0].price, "50010"_px);
  EXPECT_EQ(fills()[0].fee_base, "0.0005"_qty);
  EXPECT_EQ(fills()[0].fee, "25.005"_usdt);
  EXPECT_EQ(position(kSpot).quantity, "0.4995"_qty);
  EXPECT_EQ(position(kSpot).cost, "24979.995"_usdt);
  EXPECT_EQ(venue_.books().view().cash, "74995"_usdt);
  // A fee that is no whole lot leaves dust that no order can sell.
  (void)send(market(kSpot, Side::Buy, "0.0011"_qty));
  flat(kSpot, "50000");
  EXPECT_EQ(position(kSpot).quantity, "0.5005989"_qty);
  const OrderRequest all = reducing(market(kSpot, Side::Sell, "1"_qty));
  (void)send(all);
  flat(kSpot, "50000");
  EXPECT_EQ(fills().at(0).quantity, "0.5005"_qty);
  EXPECT_EQ(word_on(all).end, OrderEnd::ReduceOnlyNothingToReduce);
  EXPECT_EQ(position(kSpot).quantity, "0.0000989"_qty);
}

TEST_F(BarOrders, ALimitThatCanTakeAtTheWorsenedOpenIsATaker) {
  flat(kLinear, "50000");
  for (const TimeInForce tif : {TimeInForce::Gtc, TimeInForce::Ioc, TimeInForce::Fok}) {
    const OrderRequest order = limit(kLinear, Side::Buy, "0.1"_qty, "50100"_px, tif);
    (void)send(order);
    flat(kLinear, "50000", 10.0);  // q = 0.01
    ASSERT_EQ(fills().size(), 1U);
    EXPECT_EQ(fills()[0].price, "50010"_px);
    EXPECT_EQ(fills()[0].liquidity, Liquidity::Taker);
    EXPECT_EQ(word_on(order).state, Filled);
  }
}

TEST_F(BarOrders, TheLimitIsHeldAgainstTheWorsenedOpenAndNotTheOpen) {
  flat(kLinear, "50000");
  const OrderRequest order = limit(kLinear, Side::Buy, "0.1"_qty, "50009.9"_px, TimeInForce::Ioc);
  (void)send(order);
  flat(kLinear, "50000", 10.0);  // would take at 50010
  EXPECT_TRUE(fills().empty());
  EXPECT_EQ(word_on(order).state, Cancelled);
  EXPECT_EQ(word_on(order).end, OrderEnd::ImmediateUnfilled);
}

TEST_F(BarOrders, AFillOrKillThatCannotTakeIsCancelled) {
  flat(kLinear, "50000");
  const OrderRequest order = limit(kLinear, Side::Sell, "0.1"_qty, "50100"_px, TimeInForce::Fok);
  (void)send(order);
  bar(kLinear, {"50000", "50200", "50000", "50000"});
  EXPECT_TRUE(fills().empty());
  EXPECT_EQ(word_on(order).end, OrderEnd::FillOrKillUnfilled);
}

TEST_F(BarOrders, APostOnlyOrderThatWouldTakeIsCancelled) {
  flat(kLinear, "50000");
  const OrderRequest order =
      limit(kLinear, Side::Buy, "0.1"_qty, "50100"_px, TimeInForce::PostOnly);
  (void)send(order);
  flat(kLinear, "50000");
  EXPECT_TRUE(fills().empty());
  EXPECT_EQ(word_on(order).end, OrderEnd::PostOnlyWouldTake);
}

TEST_F(BarOrders, ARestingLimitIsNotFilledByATouch) {
  flat(kLinear, "50000");
  const OrderRequest order =
      limit(kLinear, Side::Buy, "0.1"_qty, "49900"_px, TimeInForce::PostOnly);
  (void)send(order);
  bar(kLinear, {"50000", "50000", "49900", "50000"});
  EXPECT_EQ(word_on(order).state, Resting);
  EXPECT_TRUE(fills().empty());
  bar(kLinear, {"50000", "50000", "49899.9", "50000"});
  ASSERT_EQ(fills().size(), 1U);
  EXPECT_EQ(fills()[0].price, "49900"_px);
  EXPECT_EQ(fills()[0].liquidity, Liquidity::Maker);
  EXPECT_EQ(fills()[0].fee, "0.998"_usdt);  // 4990 x 0.0002
  EXPECT_EQ(fills()[0].slippage, Money{});
}

TEST_F(BarOrders, ARestingBuyThatIsGappedThroughStillFillsAtItsLimit) {
  flat(kLinear, "50000");
  (void)send(limit(kLinear, Side::Buy, "0.1"_qty, "49900"_px));
  flat(kLinear, "50000");
  flat(kLinear, "49000");
  EXPECT_EQ(fills().at(0).price, "49900"_px);
}

TEST_F(BarOrders, RestingOrdersShareTheParticipationOfABar) {
  flat(kLinear, "50000");
  const OrderRequest first = limit(kLinear, Side::Sell, "0.5"_qty, "50100"_px);
  const OrderRequest second = limit(kLinear, Side::Sell, "0.5"_qty, "50050"_px);
  (void)send(first);
  (void)send(second);
  // 10 % of 7.0059 = 0.70059, cut to 0.700: 0.5 for the first sent, 0.2 for the second.
  bar(kLinear, {"50000", "50200", "50000", "50000", 7.0059});
  ASSERT_EQ(fills().size(), 2U);
  EXPECT_EQ(fills()[0].quantity, "0.5"_qty);
  EXPECT_EQ(fills()[1].quantity, "0.2"_qty);
  EXPECT_EQ(word_on(first).state, Filled);
  EXPECT_EQ(word_on(second).state, PartiallyFilled);
  EXPECT_EQ(word_on(second).filled, "0.2"_qty);
  bar(kLinear, {"50000", "50200", "50000", "50000", 7.0059});
  EXPECT_EQ(fills().at(0).quantity, "0.3"_qty);
  EXPECT_EQ(word_on(second).state, Filled);
  EXPECT_EQ(venue_.open_orders(), 0U);
}

TEST_F(BarOrders, AStopFillsAtItsTriggerWorsened) {
  flat(kLinear, "50000");
  (void)send(market(kLinear, Side::Buy, "1"_qty));
  flat(kLinear, "50000");
  const OrderRequest order = reducing(stop(kLinear, Side::Sell, "1"_qty, "49500"_px));
  EXPECT_EQ(send(order).state, Acknowledged);
  bar(kLinear, {"50000", "50100", "49500.1", "50000"});
  EXPECT_TRUE(sink_.bodies.empty());
  bar(kLinear, {"50000", "50100", "49500", "50000"});
  // 49500 x 0.9998 = 49490.1.
  EXPECT_EQ(fills().at(0).price, "49490.1"_px);
  EXPECT_EQ(fills().at(0).slippage, "9.9"_usdt);
  EXPECT_EQ(word_on(order).state, Filled);
}

TEST_F(BarOrders, AStopThatTheOpenJumpsOverFillsAtTheOpenWorsened) {
  flat(kLinear, "50000");
  (void)send(stop(kLinear, Side::Buy, "1"_qty, "50500"_px));
  bar(kLinear, {"51000", "51100", "50900", "51000"});
  EXPECT_EQ(fills().at(0).price, "51010.2"_px);  // 51000 x 1.0002
}

TEST_F(BarOrders, AStopGoesBeforeALimitOfTheSameBar) {
  flat(kLinear, "50000");
  (void)send(market(kLinear, Side::Buy, "1"_qty));
  flat(kLinear, "50000");
  const OrderRequest profit = reducing(limit(kLinear, Side::Sell, "1"_qty, "50500"_px));
  const OrderRequest loss = reducing(stop(kLinear, Side::Sell, "1"_qty, "49500"_px));
  (void)send(profit);
  (void)send(loss);
  bar(kLinear, {"50000", "51000", "49000", "50000", 1000.0});
  ASSERT_EQ(fills().size(), 1U);
  EXPECT_EQ(fills()[0].id, loss.id);
  EXPECT_EQ(word_on(profit).state, Cancelled);
  EXPECT_EQ(word_on(profit).end, OrderEnd::ReduceOnlyNothingToReduce);
}

TEST_F(BarOrders, AReduceOnlyOrderIsCutToThePositionAndNeverFlips) {
  flat(kLinear, "50000");
  (void)send(market(kLinear, Side::Sell, "0.3"_qty));
  flat(kLinear, "50000");
  const OrderRequest order = reducing(market(kLinear, Side::Buy, "1"_qty));
  (void)send(order);
  flat(kLinear, "50000");
  EXPECT_EQ(fills().at(0).quantity, "0.3"_qty);
  EXPECT_EQ(word_on(order).state, Cancelled);
  EXPECT_EQ(word_on(order).end, OrderEnd::ReduceOnlyNothingToReduce);
  EXPECT_EQ(word_on(order).filled, "0.3"_qty);
  EXPECT_TRUE(position(kLinear).quantity.is_zero());
}

TEST_F(BarOrders, AStopMayBeSentWithTheEntryItProtects) {
  flat(kLinear, "50000");
  (void)send(market(kLinear, Side::Buy, "1"_qty));
  const OrderRequest protective = reducing(stop(kLinear, Side::Sell, "1"_qty, "49900"_px));
  EXPECT_EQ(send(protective).state, Acknowledged);
  bar(kLinear, {"50000", "50000", "49800", "49850"});
  ASSERT_EQ(fills().size(), 2U);
  EXPECT_EQ(fills()[1].id, protective.id);
}

TEST_F(BarOrders, ACancelledOrderIsGoneAndASecondCancelSaysNothing) {
  flat(kLinear, "50000");
  const OrderRequest order = limit(kLinear, Side::Buy, "0.1"_qty, "49900"_px);
  (void)send(order);
  sink_.clear();
  venue_.cancel(order.id, now_, sink_);
  EXPECT_EQ(word_on(order).end, OrderEnd::ByEngine);
  sink_.clear();
  venue_.cancel(order.id, now_, sink_);
  EXPECT_TRUE(sink_.bodies.empty());
  flat(kLinear, "40000");
  EXPECT_TRUE(fills().empty());
}

TEST_F(BarOrders, WarmUpBarsOtherIntervalsAndRepeatsFillNothing) {
  bar(kLinear, {"50000", "50000", "50000", "50000"}, BarSource::Warmup);
  (void)send(market(kLinear, Side::Buy, "1"_qty));  // The warm-up bar gave a price.
  bar(kLinear, {"50000", "50000", "50000", "50000"}, BarSource::Warmup);
  EXPECT_TRUE(sink_.bodies.empty());
  Bar hourly = make_bar(kLinear, {"50000", "50000", "50000", "50000"});
  hourly.interval = Interval::H1;
  feed(BarClosed{hourly}, hourly.close_time);
  EXPECT_TRUE(sink_.bodies.empty());
  next_[kLinear.index] -= 1min;
  flat(kLinear, "50000");  // The last minute again.
  EXPECT_TRUE(sink_.bodies.empty());
  bar(kLinear, {"50000", "50000", "50000", "50000"}, BarSource::Backfill);
  EXPECT_EQ(fills().size(), 1U);
}

TEST_F(BarOrders, AChangedTickCancelsWhatIsOffIt) {
  flat(kLinear, "50000");
  const OrderRequest off = limit(kLinear, Side::Buy, "0.1"_qty, "49900.3"_px);
  const OrderRequest on = limit(kLinear, Side::Buy, "0.1"_qty, "49900.5"_px);
  (void)send(off);
  (void)send(on);
  Instrument changed = instruments_[kLinear];
  changed.tick_size = "0.5"_px;
  feed(InstrumentChanged{changed}, now_);
  ASSERT_EQ(updates().size(), 1U);
  EXPECT_EQ(word_on(off).end, OrderEnd::ByVenue);
  EXPECT_EQ(venue_.open_orders(), 1U);
  EXPECT_EQ(send(limit(kLinear, Side::Buy, "0.1"_qty, "49900.3"_px)).end, OrderEnd::OffStep);
}

TEST_F(BarOrders, AnInstrumentThatStopsTradingCancelsItsOrdersAndTakesOnlyReductions) {
  flat(kLinear, "50000");
  (void)send(market(kLinear, Side::Buy, "1"_qty));
  flat(kLinear, "50000");
  const OrderRequest resting = limit(kLinear, Side::Buy, "0.1"_qty, "49900"_px);
  (void)send(resting);
  Instrument changed = instruments_[kLinear];
  changed.status = InstrumentStatus::PreLaunch;
  feed(InstrumentChanged{changed}, now_);
  EXPECT_EQ(word_on(resting).end, OrderEnd::NotTrading);
  EXPECT_EQ(send(market(kLinear, Side::Buy, "0.1"_qty)).end, OrderEnd::NotTrading);
  EXPECT_EQ(send(market(kLinear, Side::Sell, "0.1"_qty)).state, Acknowledged);
}

TEST_F(BarOrders, ADelistedPerpetualIsSettledAtItsMarkWithTheTakersFee) {
  flat(kLinear, "50000");
  (void)send(market(kLinear, Side::Sell, "1"_qty));
  flat(kLinear, "50000");
  flat(kLinear, "40000");
  Instrument changed = instruments_[kLinear];
  changed.status = InstrumentStatus::Closed;
  feed(InstrumentChanged{changed}, now_);
  ASSERT_EQ(fills().size(), 1U);
  EXPECT_EQ(fills()[0].side, Side::Buy);
  EXPECT_EQ(fills()[0].quantity, "1"_qty);
  EXPECT_EQ(fills()[0].price, "40000"_px);
  EXPECT_EQ(fills()[0].fee, "22"_usdt);  // 40000 x 5.5 bps
  EXPECT_FALSE(fills()[0].liquidation);
  feed(InstrumentChanged{changed}, now_);
  EXPECT_TRUE(fills().empty());
}

TEST_F(BarOrders, APositionGoesWholeAlsoWhereTheLotHasGrownSince) {
  flat(kLinear, "100");
  (void)send(market(kLinear, Side::Buy, "1.005"_qty));
  flat(kLinear, "100");
  Instrument changed = instruments_[kLinear];
  changed.lot_step = "0.1"_qty;
  feed(InstrumentChanged{changed}, now_);
  EXPECT_EQ(send(reducing(market(kLinear, Side::Sell, "1.004"_qty))).end, OrderEnd::OffStep);
  EXPECT_EQ(send(market(kLinear, Side::Sell, "1.005"_qty)).end, OrderEnd::OffStep);
  const OrderRequest order = reducing(market(kLinear, Side::Sell, "1.005"_qty));
  EXPECT_EQ(send(order).state, OrderState::Acknowledged);
  flat(kLinear, "100");
  EXPECT_EQ(word_on(order).state, OrderState::Filled);
  EXPECT_TRUE(position(kLinear).quantity.is_zero());
}

}  // namespace
}  // namespace proteus::paper
