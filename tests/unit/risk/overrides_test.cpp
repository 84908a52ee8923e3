// Control 25: what a person may lift, what nobody may, and how it is told.
#include <gtest/gtest.h>

#include "risk/limits/overrides.hpp"
#include "tests/unit/risk/builders.hpp"

namespace proteus::risk {
namespace {

using namespace std::chrono_literals;

OverrideChanged lift(const World& w, Control control, Duration length = 50s) {
  return {control, true, false, {}, w.now + length, "a person knows better"};
}

TEST(Override, LiftsExactlyItsControlAndSaysSo) {
  World w;
  w.see(lift(w, Control::PriceCollar), w.now);
  EXPECT_EQ(spell(w.refusal(w.order(Side::Buy, "1"_qty, "103"_px))), "approved");
  EXPECT_EQ(spell(w.word_of(Control::PriceCollar)),
            "price_collar passed, limit 0.02 ratio, actual 0.03 ratio");
  EXPECT_EQ(spell(w.word_of(Control::Override)),
            "override passed, limit 2 count, actual 50000000000 ns");
  EXPECT_EQ(w.refusal(w.order(Side::Buy, "26"_qty, "103"_px)).control, Control::OrderValue);
  EXPECT_EQ(spell(w.refusal(w.order(Side::Buy, "2"_qty, "100"_px))), "approved");
  EXPECT_EQ(w.word_of(Control::Override).control, Control::None);  // Nothing was lifted.
}

TEST(Override, EndsByItselfAndByAPerson) {
  World w;
  const OrderRequest far = w.order(Side::Buy, "1"_qty, "103"_px);
  w.see(lift(w, Control::PriceCollar), w.now);
  w.now += 50s;
  EXPECT_EQ(w.refusal(far).control, Control::PriceCollar);
  OverrideChanged change = lift(w, Control::PriceCollar);
  w.see(change, w.now);
  change.active = false;
  w.see(change, w.now);
  EXPECT_EQ(w.refusal(far).control, Control::PriceCollar);
}

TEST(Override, MayBeOfOneInstrument) {
  World w;
  OverrideChanged change = lift(w, Control::PriceCollar);
  change.has_instrument = true;
  change.instrument = kEth;
  w.see(change, w.now);
  EXPECT_EQ(w.refusal(w.order(Side::Buy, "1"_qty, "103"_px)).control, Control::PriceCollar);
  OrderRequest eth = w.order(Side::Buy, "1"_qty, "52"_px);
  eth.instrument = kEth;
  EXPECT_EQ(spell(w.refusal(eth)), "approved");
}

TEST(Override, OfAReducingDrawdownLiftsItAndOfAHaltDoesNot) {
  World w;
  w.see(lift(w, Control::Drawdown), w.now);
  w.equity("7500"_usdt);
  EXPECT_EQ(spell(w.refusal(w.order(Side::Buy, "1"_qty))), "approved");
  w.equity("6900"_usdt);
  EXPECT_EQ(w.refusal(w.order(Side::Buy, "2"_qty)).control, Control::Drawdown);
}

TEST(Override, OfOneLatchLeavesTheOtherInForce) {
  LimitSettings l;
  l.drawdown_max = 0.04;
  World w{l};
  w.see(lift(w, Control::Drawdown), w.now);
  w.equity("9550"_usdt);  // 4.5 %: drawdown alone
  EXPECT_EQ(spell(w.refusal(w.order(Side::Buy, "1"_qty))), "approved");
  w.equity("9490"_usdt);  // 5.1 % of the day as well
  EXPECT_EQ(spell(w.refusal(w.order(Side::Buy, "2"_qty))),
            "daily_loss refused, limit 500 quote, actual 510 quote");
  EXPECT_EQ(w.moves.of<TradingStateChanged>().size(), 1U);  // It was reducing already.
}

TEST(Override, OfALatchLeavesAPersonsReduceInForce) {
  World w;
  w.see(lift(w, Control::Drawdown), w.now);
  w.equity("7500"_usdt);
  w.operate(OperatorAction::Reduce);
  EXPECT_EQ(spell(w.refusal(w.order(Side::Buy, "1"_qty))),
            "kill refused, limit 0 count, actual 1 count");
}

TEST(Override, NeverReachesAPersonsStopOrAMissingNumber) {
  World w;
  for (const Control control :
       {Control::Kill, Control::ModelOutput, Control::DustAndMinimum, Control::PriceCollar})
    w.see(lift(w, control), w.now);
  EXPECT_EQ(w.refusal(w.order(Side::Buy, "1"_qty, Price{})).control, Control::PriceCollar);
  EXPECT_EQ(w.refusal(w.order(Side::Buy, "0.01"_qty)).control, Control::DustAndMinimum);
  w.operate(OperatorAction::Reduce);
  EXPECT_EQ(w.refusal(w.order(Side::Buy, "1"_qty)).control, Control::Kill);
}

TEST(Override, NeverReachesALogThatCannotBeWritten) {
  World w;
  w.see(lift(w, Control::MessageRate), w.now);
  w.see(HoldChanged{Hold::Backlog, true, false, {}, "the log cannot be written"}, w.now);
  EXPECT_EQ(w.refusal(w.order(Side::Buy, "1"_qty)).control, Control::MessageRate);
}

TEST(Override, OfTheQuantityLiftsOurShareAndNotTheVenuesRule) {
  LimitSettings l = any_day();
  l.order_value_max = l.position_max = l.gross_max = l.capital_at_risk_max = 20.0;
  l.open_order_value_max = 20.0;
  l.quantity_volume_max = 0.0001;
  World w{l};
  w.now += 1min;
  w.close(kBtc, "100"_px, 1.0);
  w.close(kEth, "50"_px);
  const Quantity own = "60"_qty;  // More than 1e-4 of half a million.
  EXPECT_EQ(w.refusal(w.order(Side::Buy, own)).control, Control::OrderQuantity);
  w.see(lift(w, Control::OrderQuantity), w.now);
  EXPECT_EQ(spell(w.refusal(w.order(Side::Buy, own))), "approved");
  EXPECT_EQ(w.word_of(Control::Override).limit.raw, 5);
  EXPECT_EQ(w.refusal(w.order(Side::Buy, "101"_qty)).control, Control::OrderQuantity);
}

TEST(Override, OfAHoldLetsTheIncreasePass) {
  World w;
  w.see(HoldChanged{Hold::Cooldown, true, true, kBtc, "by hand"}, w.now);
  EXPECT_EQ(w.refusal(w.order(Side::Buy, "1"_qty)).control, Control::LossStreak);
  w.see(lift(w, Control::LossStreak), w.now);
  EXPECT_EQ(spell(w.refusal(w.order(Side::Buy, "1"_qty))), "approved");
}

TEST(Override, KnowsControlsByNameAndNumber) {
  EXPECT_EQ(parse_control("price_collar"), Control::PriceCollar);
  EXPECT_EQ(parse_control("2"), Control::PriceCollar);
  EXPECT_EQ(parse_control("none"), std::nullopt);
  EXPECT_EQ(parse_control("0"), std::nullopt);
  EXPECT_EQ(parse_control("32"), std::nullopt);
  EXPECT_EQ(parse_control("2x"), std::nullopt);
  EXPECT_NE(never_lifted(Control::Kill), nullptr);
  EXPECT_NE(never_lifted(Control::SelfTrade), nullptr);
  EXPECT_EQ(never_lifted(Control::Stage), nullptr);
}

TEST(Override, StandsForNoMoreThanEight) {
  Overrides overrides;
  for (std::uint32_t i = 0; i < 12; ++i)
    overrides.on_change({Control::Stage, true, true, InstrumentId{i}, kStart + 1s, "x"}, kStart);
  EXPECT_EQ(overrides.all().size(), Overrides::kMax);
  EXPECT_FALSE(overrides.left(Control::Stage, InstrumentId{8}, kStart));
}

}  // namespace
}  // namespace proteus::risk
