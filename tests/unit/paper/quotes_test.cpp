// Quote mode: latency, walking the book, resting on the touch, stops, funding and liquidation.
#include "tests/unit/paper/venue_fixture.hpp"

namespace proteus::paper {
namespace {

using enum OrderState;

matching::VenueSettings from_quotes() {
  matching::VenueSettings settings;
  settings.fill_mode = matching::FillMode::Quote;
  settings.latency = 100ms;
  return settings;
}

class Quotes : public VenueTest {
 protected:
  Quotes() : VenueTest(from_quotes()) {
    book(0ms);
    now_ = kStart;
  }
  /// Asks 100.1 x 1, 100.2 x 2, 100.5 x 5 over bids 99.9 x 1, 99.8 x 2.
  void book(Duration after,
            std::vector<BookLevel> asks = {{"100.1"_px, "1"_qty},
                                           {"100.2"_px, "2"_qty},
                                           {"100.5"_px, "5"_qty}},
            std::vector<BookLevel> bids = {{"99.9"_px, "1"_qty}, {"99.8"_px, "2"_qty}}) {
    feed(BookUpdated{kLinear, std::move(bids), std::move(asks)}, kStart + after);
  }
  void mark(const char* price, Duration after) {
    const Price p = Price::parse(price).value();
    feed(TickerUpdated{.instrument = kLinear, .last = p, .mark = p}, kStart + after);
    engine_books_.mark(kLinear, p);
  }
};

TEST_F(Quotes, AMarketOrderWaitsForTheFirstBookAfterTheLatency) {
  (void)send(market(kLinear, Side::Buy, "1"_qty));
  book(99'999'999ns);
  EXPECT_TRUE(sink_.bodies.empty());
  book(100ms);
  ASSERT_EQ(fills().size(), 1U);
  EXPECT_EQ(fills()[0].time, kStart + 100ms);
  EXPECT_EQ(fills()[0].price, "100.1"_px);
  EXPECT_EQ(fills()[0].slippage, "0.1"_usdt);  // against the middle, 100
}

TEST_F(Quotes, AMarketOrderWalksTheLevelsAndWhatTheBookLacksIsCancelled) {
  const OrderRequest order = market(kLinear, Side::Sell, "4"_qty);
  (void)send(order);
  book(1s);
  ASSERT_EQ(fills().size(), 2U);
  EXPECT_EQ(fills()[0].price, "99.9"_px);
  EXPECT_EQ(fills()[0].quantity, "1"_qty);
  EXPECT_EQ(fills()[1].price, "99.8"_px);
  EXPECT_EQ(fills()[1].quantity, "2"_qty);
  EXPECT_NE(fills()[0].execution, fills()[1].execution);
  EXPECT_EQ(word_on(order).state, Cancelled);
  EXPECT_EQ(word_on(order).end, OrderEnd::NoLiquidity);
  EXPECT_EQ(word_on(order).filled, "3"_qty);
}

TEST_F(Quotes, TwoOrdersDoNotTakeTheSameSize) {
  (void)send(market(kLinear, Side::Buy, "1.5"_qty));
  (void)send(market(kLinear, Side::Buy, "1"_qty));
  book(1s);
  ASSERT_EQ(fills().size(), 3U);
  EXPECT_EQ(fills()[1].price, "100.2"_px);
  EXPECT_EQ(fills()[1].quantity, "0.5"_qty);
  EXPECT_EQ(fills()[2].price, "100.2"_px);
  EXPECT_EQ(fills()[2].quantity, "1"_qty);
}

TEST_F(Quotes, ACrossingLimitTakesUpToItsPriceAndRestsWithTheRest) {
  const OrderRequest order = limit(kLinear, Side::Buy, "4"_qty, "100.2"_px);
  (void)send(order);
  book(1s);
  ASSERT_EQ(fills().size(), 2U);
  EXPECT_EQ(word_on(order).state, PartiallyFilled);
  EXPECT_EQ(word_on(order).filled, "3"_qty);
  // The same touch again has nothing left for us; a new one below the limit fills as maker.
  book(2s);
  EXPECT_TRUE(fills().empty());
  book(3s, {{"100"_px, "0.4"_qty}});
  ASSERT_EQ(fills().size(), 1U);
  EXPECT_EQ(fills()[0].price, "100.2"_px);
  EXPECT_EQ(fills()[0].quantity, "0.4"_qty);
  EXPECT_EQ(fills()[0].liquidity, Liquidity::Maker);
  EXPECT_EQ(word_on(order).filled, "3.4"_qty);
}

TEST_F(Quotes, ARestingLimitIsNotFilledByATouchAtItsPrice) {
  const OrderRequest order = limit(kLinear, Side::Buy, "1"_qty, "100"_px, TimeInForce::PostOnly);
  (void)send(order);
  book(1s);
  EXPECT_EQ(word_on(order).state, Resting);
  book(2s, {{"100"_px, "9"_qty}});
  EXPECT_TRUE(fills().empty());
  book(3s, {{"99.9"_px, "9"_qty}}, {{"99.8"_px, "1"_qty}});
  EXPECT_EQ(fills().size(), 1U);
}

TEST_F(Quotes, ImmediateFillOrKillAndPostOnlyEndAsTheySay) {
  const OrderRequest ioc = limit(kLinear, Side::Buy, "4"_qty, "100.2"_px, TimeInForce::Ioc);
  const OrderRequest fok = limit(kLinear, Side::Buy, "4"_qty, "100.2"_px, TimeInForce::Fok);
  const OrderRequest post = limit(kLinear, Side::Sell, "1"_qty, "99.9"_px, TimeInForce::PostOnly);
  for (const OrderRequest& order : {fok, post, ioc}) (void)send(order);
  book(1s);
  EXPECT_EQ(word_on(ioc).end, OrderEnd::ImmediateUnfilled);
  EXPECT_EQ(word_on(ioc).filled, "3"_qty);
  EXPECT_EQ(word_on(fok).end, OrderEnd::FillOrKillUnfilled);
  EXPECT_EQ(word_on(fok).filled, Quantity{});
  EXPECT_EQ(word_on(post).end, OrderEnd::PostOnlyWouldTake);
  const OrderRequest whole = limit(kLinear, Side::Buy, "3"_qty, "100.2"_px, TimeInForce::Fok);
  (void)send(whole);
  book(2s, {{"100.15"_px, "1"_qty}, {"100.2"_px, "2"_qty}});
  EXPECT_EQ(word_on(whole).state, Filled);
}

TEST_F(Quotes, AStopTriggersOnTheTouch) {
  (void)send(market(kLinear, Side::Buy, "1"_qty));
  book(1s);
  now_ = kStart + 1s;
  const OrderRequest order = reducing(stop(kLinear, Side::Sell, "1"_qty, "99.5"_px));
  (void)send(order);
  book(2s);
  EXPECT_TRUE(sink_.bodies.empty());
  book(3s, {{"99.6"_px, "5"_qty}}, {{"99.4"_px, "5"_qty}});
  EXPECT_EQ(fills().at(0).price, "99.4"_px);
  EXPECT_EQ(word_on(order).state, Filled);
}

TEST_F(Quotes, AStopTriggersOnTheMarkAndFillsFromTheNextBook) {
  (void)send(market(kLinear, Side::Buy, "1"_qty));
  const OrderRequest order = reducing(stop(kLinear, Side::Sell, "1"_qty, "99.5"_px));
  (void)send(order);
  book(1s);
  mark("99.5", 2s);
  EXPECT_TRUE(fills().empty());
  book(3s);
  EXPECT_EQ(fills().at(0).price, "99.9"_px);
}

TEST_F(Quotes, FundingSettlesAtTheFirstEventOfItsTimeAtTheTickersMark) {
  (void)send(market(kLinear, Side::Buy, "1"_qty));
  book(1s);
  feed(TickerUpdated{.instrument = kLinear,
                     .last = "101"_px,
                     .mark = "101"_px,
                     .funding_known = true,
                     .funding_rate_e9 = 100'000,
                     .next_funding = kStart + 7h},
       kStart + 2s);
  feed(ClockTick{}, kStart + 7h - 1ns);
  EXPECT_TRUE(sink_.bodies.empty());
  feed(ClockTick{}, kStart + 7h);
  ASSERT_EQ(funding().size(), 1U);
  EXPECT_EQ(funding()[0].mark, "101"_px);
  EXPECT_EQ(funding()[0].amount, "0.0101"_usdt);
  EXPECT_FALSE(funding()[0].rate_assumed);
  feed(ClockTick{}, kStart + 15h);
  EXPECT_TRUE(funding().at(0).rate_assumed);
}

TEST_F(Quotes, AMarkThatBreaksMaintenanceLiquidatesWithTheWholeImpact) {
  (void)send(market(kLinear, Side::Buy, "100"_qty));
  book(1s, {{"1000"_px, "100"_qty}}, {{"999.9"_px, "1"_qty}});
  ASSERT_EQ(position(kLinear).quantity, "100"_qty);
  // 100000 - 55 in fees; at 5 the loss is 99500 and maintenance 2.5.
  mark("10", 2s);
  EXPECT_TRUE(fills().empty());
  mark("0.5", 3s);
  ASSERT_EQ(fills().size(), 1U);
  EXPECT_TRUE(fills()[0].liquidation);
  EXPECT_EQ(fills()[0].price, "0.4"_px);  // 0.5 x 0.9989, down to the tick
}

TEST_F(Quotes, BarsFillNothing) {
  (void)send(market(kLinear, Side::Buy, "1"_qty));
  flat(kLinear, "100");
  EXPECT_TRUE(sink_.bodies.empty());
}

TEST_F(Quotes, APositionGoesWholeAlsoWhereTheLotHasGrownSince) {
  (void)send(market(kLinear, Side::Buy, "1.005"_qty));
  book(1s);
  Instrument changed = instruments_[kLinear];
  changed.lot_step = "0.1"_qty;
  feed(InstrumentChanged{changed}, now_);
  const OrderRequest order = reducing(market(kLinear, Side::Sell, "1.005"_qty));
  (void)send(order);
  book(2s);
  EXPECT_EQ(word_on(order).state, Filled);
  EXPECT_TRUE(position(kLinear).quantity.is_zero());
}

}  // namespace
}  // namespace proteus::paper
