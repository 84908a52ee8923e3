// Every control, fired through the gate, with limits and actuals computed by hand from 10 000 USDT
// of capital and equity, BTC at 100.
#include "risk/limits/controls.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/unit/risk/builders.hpp"

namespace proteus::risk {
namespace {

using namespace std::chrono_literals;

LimitSettings wide() {
  LimitSettings l = any_day();
  l.open_order_value_max = 20.0;
  l.leverage_max = 100.0;
  l.order_value_max = 20.0;
  l.position_max = 20.0;
  l.gross_max = 20.0;
  l.capital_at_risk_max = 20.0;
  return l;
}

TEST(CapitalThreshold, RefusesWhatWouldPutMoreThanTheCapitalAtRisk) {
  LimitSettings l = wide();
  l.capital_at_risk_max = 1.0;
  World w{l};
  w.books.equity = "20000"_usdt;  // Profit does not raise it.
  w.books.hold(kBtc, "60"_qty, "100"_px);
  EXPECT_EQ(spell(w.refusal(w.order(Side::Buy, "40"_qty))), "approved");
  EXPECT_EQ(spell(w.refusal(w.order(Side::Buy, "40.001"_qty))),
            "capital_threshold refused, limit 10000 quote, actual 10000.1 quote");
  EXPECT_EQ(spell(w.refusal(w.order(Side::Buy, "30"_qty), {w.order(Side::Buy, "11"_qty)})),
            "capital_threshold refused, limit 10000 quote, actual 10100 quote");
}

TEST(PriceCollar, RefusesAPriceTooFarFromTheLastClose) {
  World w;
  EXPECT_EQ(spell(w.refusal(w.order(Side::Buy, "1"_qty, "102"_px))), "approved");
  EXPECT_EQ(spell(w.refusal(w.order(Side::Buy, "1"_qty, "102.1"_px))),
            "price_collar refused, limit 0.02 ratio, actual 0.021 ratio");
  EXPECT_EQ(spell(w.refusal(w.order(Side::Sell, "1"_qty, "97.9"_px))),
            "price_collar refused, limit 0.02 ratio, actual 0.021 ratio");
}

TEST(PriceCollar, HoldsALimitOrderAtItsLimit) {
  World w;
  OrderRequest o = w.order(Side::Buy, "1"_qty);
  o.type = OrderType::Limit;
  o.price = "103"_px;
  EXPECT_EQ(spell(w.refusal(o)), "price_collar refused, limit 0.02 ratio, actual 0.03 ratio");
}

TEST(PriceCollar, TakesAFreshMarkBeforeTheCloseAndTheMidAsWell) {
  World w;
  w.see(TickerUpdated{.instrument = kBtc, .last = "104"_px, .mark = "105"_px}, w.now);
  EXPECT_EQ(spell(w.refusal(w.order(Side::Buy, "1"_qty, "105"_px))), "approved");
  EXPECT_EQ(spell(w.refusal(w.order(Side::Buy, "1"_qty, "100"_px))),
            "price_collar refused, limit 0.02 ratio, actual 0.047619048 ratio");
  // Mid 108: 105 lies 3/108 away from it.
  w.see(BookUpdated{kBtc, {{"107"_px, "1"_qty}}, {{"109"_px, "1"_qty}}}, w.now);
  EXPECT_EQ(spell(w.refusal(w.order(Side::Buy, "1"_qty, "105"_px))),
            "price_collar refused, limit 0.02 ratio, actual 0.027777778 ratio");
}

TEST(PriceCollar, HoldsSpotAgainstTheMidOfItsBook) {
  World w;
  w.see(BookUpdated{kEth, {{"59"_px, "1"_qty}}, {{"61"_px, "1"_qty}}}, w.now);
  OrderRequest o = w.order(Side::Buy, "1"_qty, "50"_px);
  o.instrument = kEth;
  EXPECT_EQ(spell(w.refusal(o)),
            "price_collar refused, limit 0.02 ratio, actual 0.166666667 ratio");
  o.reference = "60"_px;
  EXPECT_EQ(spell(w.refusal(o)), "approved");
}

TEST(PriceCollar, RefusesAnOrderWithoutAPrice) {
  World w;
  EXPECT_EQ(w.refusal(w.order(Side::Buy, "1"_qty, Price{})).control, Control::PriceCollar);
  EXPECT_EQ(price_collar("100"_px, Price{}, 1).actual.raw, kMissing);
}

TEST(OrderValue, RefusesMoreThanAQuarterOfEquity) {
  World w;
  EXPECT_EQ(spell(w.refusal(w.order(Side::Buy, "25"_qty))), "approved");
  EXPECT_EQ(spell(w.refusal(w.order(Side::Sell, "25.001"_qty))),
            "order_value refused, limit 2500 quote, actual 2500.1 quote");
}

TEST(OrderQuantity, RefusesWhatTheVenueWouldNotTake) {
  World w{wide()};
  EXPECT_EQ(spell(w.refusal(w.order(Side::Buy, "100.001"_qty))),
            "order_quantity refused, limit 100 base, actual 100.001 base");
  EXPECT_EQ(spell(w.refusal(w.order(Side::Buy, "0.0005"_qty))),
            "order_quantity refused, limit 0.001 base, actual 0.0005 base");
  EXPECT_EQ(spell(w.refusal(w.order(Side::Buy, "1.0005"_qty))),
            "order_quantity refused, limit 0.001 base, actual 1.0005 base");
  OrderRequest o = w.order(Side::Buy, "101"_qty);
  o.type = OrderType::Limit;
  o.price = "100"_px;
  EXPECT_EQ(spell(w.refusal(o)), "approved");  // Limit orders may be larger: 1000.
}

TEST(OrderQuantity, RefusesMoreThanAShareOfTheMeanVolume) {
  World w;
  w.now += 1min;
  w.close(kBtc, "100"_px, 40.0);  // Far below the million of the bar before.
  // Span 60: the mean is (decay * 1e6 + 40) / (decay + 1), decay = 59/61.
  const double mean = (59.0 / 61.0 * 1e6 + 40.0) / (59.0 / 61.0 + 1.0);
  MarketWatch watch{Category::Linear, Interval::M1, w.limits};
  watch.on_bar(bar_at(kBtc, kStart, "100"_px, 1e6));
  watch.on_bar(bar_at(kBtc, kStart + 1min, "100"_px, 40.0));
  EXPECT_NEAR(watch.quantity_max().to_double(), 0.1 * mean, 1e-3);

  InstrumentTable all = table();
  EXPECT_EQ(spell(order_quantity(w.order(Side::Buy, "3"_qty), all[kBtc], "2.5"_qty, false).result),
            "order_quantity refused, limit 2.5 base, actual 3 base");
  EXPECT_TRUE(
      order_quantity(w.order(Side::Buy, "3"_qty), all[kBtc], "2.5"_qty, true).result.passed);
}

TEST(OrderQuantity, CutsAReductionToTheVenuesLargest) {
  World w{wide()};
  w.books.hold(kBtc, "150"_qty, "100"_px);
  const Verdict verdict = w.review(w.order(Side::Sell, "150"_qty, "100"_px, Purpose::Close));
  const auto* approved = std::get_if<Approved>(&verdict);
  ASSERT_NE(approved, nullptr);
  EXPECT_EQ(approved->order.quantity, "100"_qty);
}

TEST(PositionLimit, CountsOpenOrdersOfAnInstrumentAsFilled) {
  World w;
  w.books.hold(kBtc, "30"_qty, "100"_px);
  EXPECT_EQ(spell(w.refusal(w.order(Side::Buy, "20"_qty))), "approved");
  EXPECT_EQ(spell(w.refusal(w.order(Side::Buy, "15"_qty), {w.order(Side::Buy, "6"_qty)})),
            "position_limit refused, limit 5000 quote, actual 5100 quote");
}

TEST(PositionLimit, BoundsTheSumOverInstruments) {
  LimitSettings l;
  l.position_max = 0.9;
  World w{l};
  w.books.hold(kBtc, "-20"_qty, "100"_px);
  w.books.hold(kEth, "150"_qty, "50"_px);
  EXPECT_EQ(spell(w.refusal(w.order(Side::Sell, "5"_qty))), "approved");
  EXPECT_EQ(spell(w.refusal(w.order(Side::Sell, "6"_qty))),
            "position_limit refused, limit 10000 quote, actual 10100 quote");
}

TEST(Drawdown, LatchesReducingAndThenHaltedWithBothNumbersInTheCause) {
  World w;
  w.equity("12500"_usdt);  // the mark
  w.equity("10000"_usdt);  // 20 %: not beyond
  EXPECT_TRUE(w.moves.of<TradingStateChanged>().empty());
  w.equity("9900"_usdt);  // 20.8 %
  const OrderRequest buy = w.order(Side::Buy, "1"_qty);
  EXPECT_EQ(spell(w.refusal(buy)), "drawdown refused, limit 0.2 ratio, actual 0.208 ratio");
  w.equity("8700"_usdt);  // 30.4 %
  EXPECT_EQ(spell(w.refusal(buy)), "drawdown refused, limit 0.3 ratio, actual 0.304 ratio");
  const auto moves = w.moves.of<TradingStateChanged>();
  ASSERT_EQ(moves.size(), 2U);
  EXPECT_EQ(moves[0].to, TradingState::Reducing);
  EXPECT_EQ(moves[0].cause.view(),
            "drawdown 0.208000 from the high-water mark 12500 is beyond the limit 0.200000");
  EXPECT_EQ(moves[1].from, TradingState::Reducing);
  EXPECT_EQ(moves[1].to, TradingState::Halted);
}

TEST(StaleData, RefusesOnceTheBarIsOneAndAHalfIntervalsOld) {
  World w;
  w.now += 90s;
  EXPECT_EQ(spell(w.refusal(w.order(Side::Buy, "1"_qty))), "approved");
  w.now += 1ns;
  EXPECT_EQ(spell(w.refusal(w.order(Side::Buy, "1"_qty))),
            "stale_data refused, limit 90000000000 ns, actual 90000000001 ns");
}

TEST(StaleData, RefusesOnAnOldTickerOnceTickersWereSeen) {
  World w;
  w.see(TickerUpdated{.instrument = kBtc, .last = "100"_px, .mark = "100"_px}, w.now);
  w.now += 31s;
  EXPECT_EQ(spell(w.refusal(w.order(Side::Buy, "1"_qty))),
            "stale_data refused, limit 30000000000 ns, actual 31000000000 ns");
}

TEST(StaleData, DoesNotTakeWordOnFundingAloneForAPriceThatAges) {
  World w;
  w.see(TickerUpdated{.instrument = kBtc, .funding_known = true}, w.now);
  w.now += 31s;
  EXPECT_EQ(spell(w.refusal(w.order(Side::Buy, "1"_qty))), "approved");
}

TEST(AbsurdData, MakesOrdersWaitWhileAJumpIsUnconfirmed) {
  World w;
  w.now += 1min;
  w.close(kBtc, "150"_px);
  const ControlResult word = w.refusal(w.order(Side::Buy, "1"_qty));
  EXPECT_EQ(spell(word), "absurd_data refused, limit 0.25 ratio, actual 0.405465108 ratio");
  EXPECT_EQ(w.gate.status(w.books.view()).bars_set_aside, 1U);
}

TEST(ModelOutput, NamesTheNumberThatIsAtFault) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double inf = std::numeric_limits<double>::infinity();
  EXPECT_TRUE(model_output({1.0, 1.0}).passed);
  EXPECT_TRUE(model_output({-1.0, 0.0}).passed);
  EXPECT_EQ(spell(model_output({1.5, 1.0})),
            "model_output refused, limit 1 ratio, actual 1.5 ratio");
  EXPECT_EQ(spell(model_output({0.5, -0.25})),
            "model_output refused, limit 1 ratio, actual -0.25 ratio");
  EXPECT_EQ(model_output({nan, 1.0}).actual.raw, kMissing);
  EXPECT_FALSE(model_output({nan, 1.0}).passed);
  EXPECT_FALSE(model_output({inf, 1.0}).passed);
  EXPECT_FALSE(model_output({-inf, 1.0}).passed);
  EXPECT_FALSE(model_output({0.5, nan}).passed);
}

TEST(DustAndMinimum, RefusesAnIncreaseBelowTheLeastValueAndPassesAReduction) {
  World w;
  EXPECT_EQ(spell(w.refusal(w.order(Side::Buy, "0.049"_qty))),
            "dust_and_minimum refused, limit 5 quote, actual 4.9 quote");
  w.books.hold(kBtc, "0.049"_qty, "100"_px);
  EXPECT_EQ(spell(w.refusal(w.order(Side::Sell, "0.049"_qty, "100"_px, Purpose::Close))),
            "approved");
}

TEST(Review, WritesEachWordUpToTheFirstRefusal) {
  World w;
  (void)w.review(w.order(Side::Buy, "1"_qty));
  std::vector<Control> said;
  for (const ControlResult& word : w.words) {
    said.push_back(word.control);
    EXPECT_TRUE(word.passed);
  }
  EXPECT_EQ(said, (std::vector<Control>{Control::Kill,           Control::Drawdown,
                                        Control::DailyLoss,      Control::RepeatedExecution,
                                        Control::LossStreak,     Control::StaleData,
                                        Control::AbsurdData,     Control::PriceCollar,
                                        Control::PriceDrift,     Control::DuplicateOrder,
                                        Control::OrderQuantity,  Control::OrderValue,
                                        Control::OpenOrderValue, Control::PositionLimit,
                                        Control::PositionLimit,  Control::Stage,
                                        Control::Stage,          Control::CapitalThreshold,
                                        Control::Leverage,       Control::Leverage,
                                        Control::ExpectedEdge,   Control::DustAndMinimum,
                                        Control::MessageRate}));
  (void)w.review(w.order(Side::Buy, "26"_qty));
  EXPECT_EQ(w.words.size(), 12U);
  EXPECT_EQ(w.words[11].control, Control::OrderValue);
  EXPECT_FALSE(w.words[11].passed);
}

TEST(Review, SurvivesNumbersThatOverflow) {
  World w{wide()};
  w.books.hold(kBtc, "90000000"_qty, "100"_px);
  OrderRequest o = w.order(Side::Buy, Quantity::from_raw(INT64_MAX), "100"_px);
  EXPECT_NE(w.refusal(o).control, Control::None);
  o.side = Side::Sell;
  EXPECT_NE(w.refusal(o).control, Control::None);
}

}  // namespace
}  // namespace proteus::risk
