// The controls that remember what was traded, each fired through the gate, with limits and actuals
// computed by hand from 10 000 USDT, BTC at 100 and the page's formulas.
#include <gtest/gtest.h>

#include "engine/matching/margin.hpp"
#include "risk/limits/controls.hpp"
#include "tests/unit/risk/builders.hpp"

namespace proteus::risk {
namespace {

using namespace std::chrono_literals;

/// An increase that is approved and filled at `price`; the position stays the test's.
OrderRequest traded(World& w, Side side, Quantity quantity, Price price = "100"_px) {
  const OrderRequest order = w.order(side, quantity);
  EXPECT_EQ(spell(w.refusal(order)), "approved");
  w.fill(order, price);
  return order;
}

/// A round trip of one BTC on `side` that ends with `net` more or less.
void round_trip(World& w, Side side, Money net) {
  PositionView& p = w.books.positions[kBtc.index];
  const OrderRequest order = w.order(side, "1"_qty);
  p.quantity = side == Side::Buy ? "1"_qty : "-1"_qty;
  w.fill(order, "100"_px);
  p.quantity = Quantity{};
  p.realised += net;
  w.fill(w.order(opposite(side), "1"_qty, "100"_px, Purpose::Close), "100"_px);
}

OrderRequest closing(World& w) {
  w.books.hold(kBtc, "2"_qty, "100"_px);
  return w.order(Side::Sell, "2"_qty, "100"_px, Purpose::Close);
}

// ------------------------------------------------------------------------------------- 3

TEST(PriceDrift, RefusesWhenFillsWereWorseThanTheirReferencesOnTheMean) {
  World w;
  traded(w, Side::Buy, "1"_qty, "100.4"_px);
  traded(w, Side::Buy, "2"_qty, "100.7"_px);
  EXPECT_EQ(spell(w.refusal(w.order(Side::Buy, "3"_qty))), "approved");  // Two tell nothing yet.
  traded(w, Side::Sell, "5"_qty, "99.5"_px);
  // (0.4 + 2 x 0.7 + 5 x 0.5) / 800 = 4.3 / 800
  EXPECT_EQ(spell(w.refusal(w.order(Side::Buy, "4"_qty))),
            "price_drift refused, limit 0.005 ratio, actual 0.005375 ratio");
  EXPECT_EQ(spell(w.refusal(closing(w))), "approved");
}

TEST(PriceDrift, ForgetsFillsOlderThanItsWindow) {
  LimitSettings l;
  l.price_drift_window = 30s;
  World w{l};
  for (const Quantity q : {"1"_qty, "2"_qty, "3"_qty}) traded(w, Side::Buy, q, "101"_px);
  EXPECT_EQ(w.refusal(w.order(Side::Buy, "4"_qty)).control, Control::PriceDrift);
  w.now += 30s;
  EXPECT_EQ(w.refusal(w.order(Side::Buy, "4"_qty)).control, Control::PriceDrift);
  w.now += 1ns;
  EXPECT_EQ(spell(w.refusal(w.order(Side::Buy, "4"_qty))), "approved");
}

TEST(PriceDrift, LeavesOutFillsThatAreNotOfAnOrderOfOurs) {
  World w;
  for (int i = 0; i < 3; ++i) w.fill(w.order(Side::Buy, "1"_qty), "150"_px);  // Never approved.
  EXPECT_EQ(spell(w.refusal(w.order(Side::Buy, "4"_qty))), "approved");
}

// ------------------------------------------------------------------------------------- 6

TEST(MessageRate, RefusesWhatDoesNotFitTheBucketAndKeepsRoomForReductions) {
  LimitSettings l;
  l.message_rate = 1.0;
  l.message_burst = 4;
  l.message_room = 0.5;
  World w{l};
  EXPECT_EQ(spell(w.refusal(w.order(Side::Buy, "1"_qty))), "approved");
  w.gate.on_cancel(w.now);
  EXPECT_EQ(spell(w.refusal(w.order(Side::Buy, "2"_qty))),
            "message_rate refused, limit 2 count, actual 3 count");
  EXPECT_EQ(spell(w.refusal(closing(w))), "approved");
  EXPECT_EQ(spell(w.word_of(Control::MessageRate)),
            "message_rate passed, limit 4 count, actual 3 count");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(spell(w.refusal(closing(w))), "approved");
  EXPECT_EQ(spell(w.word_of(Control::MessageRate)),
            "message_rate passed, limit 4 count, actual 6 count");
}

TEST(MessageRate, DrainsWithTheTimeOfEvents) {
  LimitSettings l;
  l.message_rate = 1.0;
  l.message_burst = 2;
  World w{l};
  EXPECT_EQ(spell(w.refusal(w.order(Side::Buy, "1"_qty))), "approved");
  w.now += 999'999'999ns;
  EXPECT_EQ(w.refusal(w.order(Side::Buy, "2"_qty)).actual.raw, 2);  // Of 1: a part counts whole.
  w.now += 1ns;
  EXPECT_EQ(spell(w.refusal(w.order(Side::Buy, "2"_qty))), "approved");
}

// ------------------------------------------------------------------------------------- 7

TEST(RepeatedExecution, StopsTheInstrumentUntilAPersonResumes) {
  LimitSettings l;
  l.executions_max = 3;
  World w{l};
  for (const Quantity q : {"1"_qty, "2"_qty}) traded(w, Side::Buy, q);
  EXPECT_EQ(spell(w.refusal(w.order(Side::Buy, "5"_qty))), "approved");
  EXPECT_EQ(spell(w.word_of(Control::RepeatedExecution)),
            "repeated_execution passed, limit 3 count, actual 2 count");
  w.moves.all.clear();
  traded(w, Side::Buy, "3"_qty);
  ASSERT_EQ(w.moves.of<HoldChanged>().size(), 1U);
  EXPECT_EQ(w.moves.of<HoldChanged>()[0].cause.view(),
            "3 buy executions in 3600 s: stopped until a person resumes");
  w.now += 10s;
  EXPECT_EQ(spell(w.refusal(w.order(Side::Sell, "4"_qty))),
            "repeated_execution refused, limit 3 count, actual 3 count");
  EXPECT_EQ(spell(w.refusal(closing(w))), "approved");
  w.operate(OperatorAction::Resume);  // Though the state is active all along.
  EXPECT_EQ(spell(w.refusal(w.order(Side::Sell, "4"_qty))), "approved");
  EXPECT_FALSE(w.moves.of<HoldChanged>().back().active);
}

TEST(RepeatedExecution, CountsOrdersAndNotTheirPartsAndForgetsOldOnes) {
  LimitSettings l;
  l.executions_max = 2;
  l.executions_window = 40s;
  World w{l};
  const OrderRequest order = traded(w, Side::Buy, "1"_qty);
  w.fill(order, "100"_px);  // A second part.
  w.now += 41s;
  traded(w, Side::Buy, "2"_qty);
  EXPECT_EQ(spell(w.refusal(w.order(Side::Buy, "3"_qty))), "approved");
  EXPECT_EQ(w.word_of(Control::RepeatedExecution).actual.raw, 1);
}

// ------------------------------------------------------------------------------------- 8

TEST(DuplicateOrder, RefusesTheSameOrderWithinTheWindow) {
  World w;
  EXPECT_EQ(spell(w.refusal(w.order(Side::Buy, "1"_qty))), "approved");
  EXPECT_EQ(spell(w.refusal(w.order(Side::Buy, "1"_qty))),
            "duplicate_order refused, limit 0 count, actual 1 count");
  EXPECT_EQ(spell(w.refusal(w.order(Side::Sell, "1"_qty))), "approved");
  EXPECT_EQ(spell(w.refusal(w.order(Side::Buy, "1.001"_qty))), "approved");
  EXPECT_EQ(spell(w.refusal(w.order(Side::Buy, "1"_qty, "100.1"_px))), "approved");
  w.now += 10s;
  EXPECT_EQ(spell(w.refusal(w.order(Side::Buy, "1"_qty))), "approved");
}

TEST(DuplicateOrder, RefusesAnIdThatIsKnown) {
  World w;
  OrderRequest first = w.order(Side::Buy, "1"_qty);
  EXPECT_EQ(spell(w.refusal(first)), "approved");
  w.now += 30s;
  OrderRequest second = w.order(Side::Sell, "2"_qty);
  second.id = first.id;
  EXPECT_EQ(spell(w.refusal(second)), "duplicate_order refused, limit 0 count, actual 1 count");
  OrderRequest third = w.order(Side::Sell, "3"_qty);
  EXPECT_EQ(w.refusal(third, {third}).control, Control::DuplicateOrder);
}

TEST(DuplicateOrder, IsNotTheOpeningHalfOfATurn) {
  World w;
  w.books.hold(kBtc, "2"_qty, "100"_px);
  const OrderRequest close = w.order(Side::Sell, "2"_qty, "100"_px, Purpose::Close);
  EXPECT_EQ(spell(w.refusal(close)), "approved");
  EXPECT_EQ(spell(w.refusal(w.order(Side::Sell, "2"_qty), {close})), "approved");
}

TEST(DuplicateOrder, DoesNotCountWhatWasRefused) {
  World w;
  const OrderRequest order = w.order(Side::Buy, "30"_qty);
  EXPECT_EQ(w.refusal(order).control, Control::OrderValue);
  EXPECT_EQ(w.refusal(order).control, Control::OrderValue);
}

// ------------------------------------------------------------------------------------- 10

TEST(OpenOrderValue, RefusesMoreUnexecutedValueThanTheShareOfEquity) {
  LimitSettings l;
  l.open_order_value_max = 0.3;
  World w{l};
  OrderRequest resting = w.order(Side::Sell, "20"_qty);
  resting.type = OrderType::Limit;
  resting.price = "101"_px;                                                    // 2020
  OrderRequest stop = w.order(Side::Sell, "50"_qty, "100"_px, Purpose::Stop);  // reduce-only
  EXPECT_EQ(spell(w.refusal(w.order(Side::Buy, "9.8"_qty), {resting, stop})), "approved");
  EXPECT_EQ(spell(w.refusal(w.order(Side::Buy, "9.801"_qty), {resting, stop})),
            "open_order_value refused, limit 3000 quote, actual 3000.1 quote");
}

// ------------------------------------------------------------------------------------- 11

TEST(DailyLoss, LatchesReducingAndThenClosesEverything) {
  World w{LimitSettings{}};
  w.equity("9500"_usdt);  // 5 %: not beyond
  EXPECT_TRUE(w.moves.of<TradingStateChanged>().empty());
  w.equity("9499"_usdt);
  EXPECT_EQ(spell(w.refusal(w.order(Side::Buy, "1"_qty))),
            "daily_loss refused, limit 500 quote, actual 501 quote");
  EXPECT_EQ(spell(w.refusal(closing(w))), "approved");
  EXPECT_TRUE(w.moves.of<OperatorCommand>().empty());
  w.equity("9199"_usdt);
  const auto commands = w.moves.of<OperatorCommand>();
  ASSERT_EQ(commands.size(), 1U);
  EXPECT_EQ(commands[0].action, OperatorAction::Flatten);
  EXPECT_EQ(commands[0].cause.view(),
            "801.00 lost of 10000.00 since 00:00 UTC, beyond the limit 800.00");
  EXPECT_EQ(spell(w.refusal(w.order(Side::Buy, "1"_qty))),
            "daily_loss refused, limit 800 quote, actual 801 quote");
  EXPECT_EQ(spell(w.refusal(w.order(Side::Sell, "2"_qty, "100"_px, Purpose::Flatten))), "approved");
}

TEST(DailyLoss, OnlyHaltsWhereItMayNotFlatten) {
  LimitSettings l;
  l.daily_loss_flatten = false;
  World w{l};
  w.equity("9000"_usdt);
  EXPECT_TRUE(w.moves.of<OperatorCommand>().empty());
  EXPECT_EQ(w.gate.status(w.books.view()).state, TradingState::Halted);
}

TEST(DailyLoss, GivesTheCloseOfMidnightToTheDayItEnds) {
  World w{LimitSettings{}};
  w.equity("9600"_usdt);
  w.now = from_unix_ms(1'750'032'000'000);  // 16 June 2025 00:00 UTC
  w.equity("9550"_usdt);                    // 450 lost on the 15th; the 16th begins with 9550
  w.now += 1min;
  w.equity("9073"_usdt);  // 477 of 477.5
  EXPECT_EQ(w.gate.status(w.books.view()).state, TradingState::Active);
  w.equity("9072"_usdt);
  EXPECT_EQ(w.gate.status(w.books.view()).state, TradingState::Reducing);
}

TEST(DailyLoss, IsStillBeyondTheLimitAtTheRollWhereOneBarIsADay) {
  World w{LimitSettings{}};
  w.equity("10000"_usdt);
  w.now = from_unix_ms(1'750'032'000'000);
  w.equity("9400"_usdt);
  EXPECT_EQ(w.gate.status(w.books.view()).state, TradingState::Reducing);
}

TEST(DailyLoss, IsAcceptedByAResumeAndArmedAgainBelow) {
  World w{LimitSettings{}};
  w.equity("9400"_usdt);
  w.operate(OperatorAction::Resume);  // At 9400; the next 5 % are 470.
  w.equity("8930"_usdt);
  EXPECT_EQ(w.gate.status(w.books.view()).state, TradingState::Active);
  w.equity("8929"_usdt);
  EXPECT_EQ(w.gate.status(w.books.view()).state, TradingState::Reducing);
}

TEST(DailyLoss, ClosesEverythingOnceWhateverHadHaltedBefore) {
  LimitSettings l;
  l.drawdown_max = 0.05;
  l.drawdown_halt = 0.06;
  World w{l};
  w.equity("9300"_usdt);  // 7 %: halted by drawdown, the day's loss is not beyond 8 %
  ASSERT_EQ(w.gate.status(w.books.view()).state, TradingState::Halted);
  EXPECT_TRUE(w.moves.of<OperatorCommand>().empty());
  w.equity("9199"_usdt);
  w.equity("9100"_usdt);
  const auto commands = w.moves.of<OperatorCommand>();
  ASSERT_EQ(commands.size(), 1U);
  EXPECT_EQ(commands[0].action, OperatorAction::Flatten);
  EXPECT_EQ(w.moves.of<TradingStateChanged>().size(), 1U);
}

TEST(DailyLoss, ClosesEverythingAgainAfterAResumeThatAcceptedNoLoss) {
  World w{LimitSettings{}};
  w.equity("9199"_usdt);
  w.equity("9600"_usdt);  // Within the limit again: the day goes on from 10000.
  w.operate(OperatorAction::Resume);
  w.operate(OperatorAction::Halt);
  w.equity("9199"_usdt);
  EXPECT_EQ(w.moves.of<OperatorCommand>().size(), 2U);
}

TEST(DailyLoss, BeginsNoDayTwiceWhereTimeStepsBack) {
  World w{LimitSettings{}};
  w.equity("10000"_usdt);
  const Timestamp midnight = from_unix_ms(1'750'032'000'000);  // 16 June 2025 00:00 UTC
  w.now = midnight;
  w.equity("10000"_usdt);
  w.now = midnight - 1min;
  w.equity("9700"_usdt);
  w.now = midnight + 1min;
  w.equity("9499"_usdt);  // 501 of the day's 10000
  EXPECT_EQ(w.gate.status(w.books.view()).state, TradingState::Reducing);
}

// ------------------------------------------------------------------------------------- 13

TEST(LossStreak, RestsTheSideThatLostAndOnlyThatSide) {
  LimitSettings l;
  l.loss_streak_max = 3;
  l.cooldown = 45s;
  World w{l};
  round_trip(w, Side::Buy, "-1"_usdt);
  round_trip(w, Side::Sell, "-1"_usdt);
  round_trip(w, Side::Buy, "-1"_usdt);
  EXPECT_EQ(spell(w.refusal(w.order(Side::Buy, "1"_qty))), "approved");
  round_trip(w, Side::Buy, "-1"_usdt);
  EXPECT_EQ(w.moves.of<HoldChanged>().back().cause.view(),
            "3 losing long positions in a row: no more of them for 45 s");
  EXPECT_EQ(spell(w.refusal(w.order(Side::Buy, "2"_qty))),
            "loss_streak refused, limit 3 count, actual 3 count");
  EXPECT_EQ(spell(w.refusal(w.order(Side::Sell, "2"_qty))), "approved");
  w.books.hold(kBtc, "-2"_qty, "100"_px);
  EXPECT_EQ(spell(w.refusal(w.order(Side::Buy, "2"_qty, "100"_px, Purpose::Close))), "approved");
  w.books.hold(kBtc, "0"_qty, "100"_px);
  w.tick(45s);
  EXPECT_FALSE(w.moves.of<HoldChanged>().back().active);
  EXPECT_EQ(spell(w.refusal(w.order(Side::Buy, "3"_qty))), "approved");
  EXPECT_EQ(w.word_of(Control::LossStreak).actual.raw, 0);
}

TEST(LossStreak, IsBrokenByAPositionThatEarned) {
  LimitSettings l;
  l.loss_streak_max = 2;
  World w{l};
  for (const Money net : {"-1"_usdt, "0"_usdt, "-1"_usdt, "5"_usdt, "-1"_usdt})
    round_trip(w, Side::Buy, net);
  EXPECT_EQ(spell(w.refusal(w.order(Side::Buy, "1"_qty))), "approved");
  EXPECT_EQ(w.word_of(Control::LossStreak).actual.raw, 1);
}

TEST(LossStreak, CountsFeesAndFundingToTheResult) {
  LossStreak streak{1, 60s};
  PositionView p;
  p.quantity = "1"_qty;
  p.fees = "0.5"_usdt;
  EXPECT_FALSE(streak.on_fill(p, "0.001"_qty, kStart));
  p.funding = "0.6"_usdt;
  streak.on_funding(p);
  p.quantity = Quantity{};
  p.realised = "1.5"_usdt;
  p.fees = "1"_usdt;
  EXPECT_EQ(streak.on_fill(p, "0.001"_qty, kStart), Side::Buy);  // 1.5 - 1 - 0.6
}

TEST(LossStreak, EndsAPositionThatOneFillTurns) {
  LossStreak streak{1, 60s};
  PositionView p;
  p.quantity = "-1"_qty;
  EXPECT_FALSE(streak.on_fill(p, "0.001"_qty, kStart));
  p.quantity = "1"_qty;
  p.realised = "-2"_usdt;
  EXPECT_EQ(streak.on_fill(p, "0.001"_qty, kStart), Side::Sell);
}

/// A round trip on spot as the venue settles it: the fee of the purchase is paid in ETH, so that
/// the sale is cut to the lot of 0.00001 and leaves `dust`.
void spot_round_trip(World& w, Quantity dust, Money net) {
  PositionView& p = w.books.positions[kEth.index];
  OrderRequest buy = w.order(Side::Buy, "1"_qty, "50"_px);
  buy.instrument = kEth;
  p.quantity = "0.999"_qty + dust;
  w.fill(buy, "50"_px);
  OrderRequest sell = w.order(Side::Sell, "0.999"_qty, "50"_px, Purpose::Close);
  sell.instrument = kEth;
  p.quantity = dust;
  p.realised += net;
  w.fill(sell, "50"_px);
}

TEST(LossStreak, SeesASpotPositionEndThatLeavesLessThanALot) {
  LimitSettings l;
  l.loss_streak_max = 2;
  World w{l};
  spot_round_trip(w, "0.000004"_qty, "-1"_usdt);
  spot_round_trip(w, "0.000009"_qty, "-1"_usdt);
  OrderRequest buy = w.order(Side::Buy, "1"_qty, "50"_px);
  buy.instrument = kEth;
  EXPECT_EQ(spell(w.refusal(buy)), "loss_streak refused, limit 2 count, actual 2 count");
}

TEST(LossStreak, FollowsTheLotOfTheVenue) {
  LimitSettings l;
  l.loss_streak_max = 2;
  World w{l};
  Instrument eth = w.instruments[kEth];
  eth.lot_step = "0.0001"_qty;
  w.see(InstrumentChanged{eth}, w.now);
  spot_round_trip(w, "0.00009"_qty, "-1"_usdt);
  spot_round_trip(w, "0.00008"_qty, "-1"_usdt);
  OrderRequest buy = w.order(Side::Buy, "1"_qty, "50"_px);
  buy.instrument = kEth;
  EXPECT_EQ(w.refusal(buy).control, Control::LossStreak);
}

// ------------------------------------------------------------------------------------- 14

TEST(Leverage, RefusesMorePerpetualsThanTheMultipleOfEquity) {
  LimitSettings l;
  l.leverage_max = 0.4;
  World w{l};
  w.books.hold(kEth, "100"_qty, "50"_px);  // Spot: no leverage.
  EXPECT_EQ(spell(w.refusal(w.order(Side::Buy, "20"_qty), {w.order(Side::Buy, "20"_qty)})),
            "approved");
  EXPECT_EQ(spell(w.refusal(w.order(Side::Buy, "21"_qty), {w.order(Side::Buy, "20"_qty)})),
            "leverage refused, limit 0.4 ratio, actual 0.41 ratio");
}

TEST(LiquidationDistance, IsWhereEquityMeetsMaintenance) {
  const Money equity = "1000"_usdt;
  const Money gross = "3000"_usdt;  // 30 at 100
  const std::int64_t m = to_fixed_raw(0.005);
  // Long: 1000 - 30 d = 0.005 (3000 - 30 d), d = 985 / 29.85; short: d = 985 / 30.15.
  EXPECT_EQ(matching::liquidation_distance({equity, gross}, "30"_qty, m).to_string(),
            "32.998324958");
  EXPECT_EQ(matching::liquidation_distance({equity, gross}, "-30"_qty, m).to_string(),
            "32.669983416");
  EXPECT_EQ(matching::liquidation_distance({"14"_usdt, gross}, "30"_qty, m), Price{});
  EXPECT_EQ(matching::liquidation_distance({equity, gross}, Quantity{}, m).raw(), INT64_MAX);
}

TEST(Leverage, RefusesAPositionThatAFewBarsCouldLiquidate) {
  LimitSettings l = any_day();
  l.leverage_max = 100.0;
  l.gross_max = l.position_max = l.capital_at_risk_max = l.order_value_max = 20.0;
  l.open_order_value_max = 20.0;
  World w{l};
  Bar wild = bar_at(kBtc, w.now, "100"_px);
  wild.high = "102"_px;
  wild.low = "98"_px;
  w.see(BarClosed{wild}, w.now + 1min);
  w.close(kEth, "50"_px);
  // Ranges 0 and 4, the first decayed once: 4 / (1 + 59/61) = 2.0333; ten of them.
  const OrderRequest order = w.order(Side::Buy, "90"_qty, "100"_px);
  w.books.equity = "1800"_usdt;  // (1800 - 45) / (90 x 0.995)
  EXPECT_EQ(spell(w.refusal(order)),
            "leverage refused, limit 20.333333333 price, actual 19.597989949 price");
  w.books.equity = "1900"_usdt;
  EXPECT_EQ(spell(w.refusal(order)), "approved");
}

// ------------------------------------------------------------------------------------- 20

TEST(ClockSkew, HoldsWhileOurClockMayBeTooFastOrTooSlow) {
  World w;
  const OrderRequest buy = w.order(Side::Buy, "1"_qty);
  w.see(ClockMeasured{-800ms, 20ms}, w.now);
  w.see(ClockMeasured{2500ms, 20ms}, w.now);
  EXPECT_TRUE(w.moves.of<HoldChanged>().empty());
  w.see(ClockMeasured{-801ms, 20ms}, w.now);
  EXPECT_EQ(spell(w.refusal(buy)), "clock_skew refused, limit 800000000 ns, actual 801000000 ns");
  EXPECT_EQ(w.refusal(closing(w)).control, Control::ClockSkew);  // Automatic ones wait.
  EXPECT_EQ(spell(w.refusal(w.order(Side::Sell, "2"_qty, "100"_px, Purpose::Flatten))), "approved");
  w.see(ClockMeasured{2501ms, 20ms}, w.now);
  EXPECT_EQ(spell(w.refusal(buy)), "clock_skew refused, limit 2500000000 ns, actual 2501000000 ns");
  w.see(ClockMeasured{0ms, 900ms}, w.now);
  EXPECT_EQ(spell(w.refusal(buy)), "clock_skew refused, limit 800000000 ns, actual 900000000 ns");
  w.books.hold(kBtc, "0"_qty, "100"_px);
  w.see(ClockMeasured{1ms, 20ms}, w.now);
  EXPECT_EQ(spell(w.refusal(buy)), "approved");
}

TEST(ClockSkew, RefusesToStartWithoutTheVenuesTime) {
  EXPECT_FALSE(check_start_clock(false, 0s, 1s).has_value());
  EXPECT_TRUE(check_start_clock(true, 1s, 1s).has_value());
  const auto refused = check_start_clock(true, 1001ms, 1s);
  ASSERT_TRUE(refused.has_error());
  EXPECT_NE(refused.error().context.find("1.001 s"), std::string::npos);
}

// ------------------------------------------------------------------------------------- 26

TEST(Stage, CapsOneOrderAndTheSumInQuoteCurrency) {
  LimitSettings l;
  l.stage = Stage::MicroLive;
  World w{l};
  EXPECT_EQ(spell(w.refusal(w.order(Side::Buy, "0.251"_qty))),
            "stage refused, limit 25 quote, actual 25.1 quote");
  w.books.hold(kEth, "1.6"_qty, "50"_px);
  EXPECT_EQ(spell(w.refusal(w.order(Side::Buy, "0.2"_qty))), "approved");
  EXPECT_EQ(spell(w.refusal(w.order(Side::Buy, "0.201"_qty))),
            "stage refused, limit 100 quote, actual 100.1 quote");
  EXPECT_EQ(spell(w.refusal(closing(w))), "approved");
}

TEST(Stage, HasRisingCapsAndAFiniteOneInPaper) {
  LimitSettings l;
  l.stage = Stage::MicroLive;
  const StageCaps micro = stage_caps(l);
  l.stage = Stage::Live;
  const StageCaps live = stage_caps(l);
  EXPECT_LT(micro.order, live.order);
  EXPECT_LT(micro.gross, live.gross);
  EXPECT_EQ(stage_caps(LimitSettings{}).gross, "1000000"_usdt);
}

// ------------------------------------------------------------------------------------- 29

/// Two positions of two bars each, long over +1 % and -0.5 %: together (1.01 * 0.995 - 1 is not
/// compounded) +0.5 % each.
void teach(World& w, int positions) {
  SizingSteps steps;
  Price price = "100"_px;
  const auto bar = [&](double target) {
    w.now += 1min;
    w.close(kBtc, price);
    w.close(kEth, "50"_px);
    steps.clear();
    const Bar closed = bar_at(kBtc, w.now - 1min, price);
    (void)w.gate.size({closed, w.instruments[kBtc], Target{target, 1.0}, true, w.books.view()},
                      steps);
  };
  bar(0.0);
  for (int i = 0; i < positions; ++i) {
    price = "100"_px;
    bar(1.0);
    price = "101"_px;
    bar(1.0);
    price = "100"_px;
    bar(0.0);
  }
}

TEST(ExpectedEdge, RefusesAnIncreaseThatEarnedLessThanItCosts) {
  SizingSettings s;
  s.kelly_bars_min = 4;
  World w{any_day(), s};
  teach(w, 1);  // Two bars are too few to know.
  EXPECT_EQ(spell(w.refusal(w.order(Side::Buy, "5"_qty))), "approved");
  EXPECT_EQ(w.word_of(Control::ExpectedEdge).actual.raw, kMissing);
  teach(w, 1);
  // gross = 2 x (0.01 + 100/101 - 1), bars 4, entries 2: edge = 0.00009901 a position of 2 bars.
  // cost = 2 x 0.00065 + 0.0001 x 120 / 28800.
  EXPECT_EQ(spell(w.refusal(w.order(Side::Buy, "6"_qty))),
            "expected_edge refused, limit 0.001300417 ratio, actual 0.00009901 ratio");
  EXPECT_EQ(spell(w.refusal(closing(w))), "approved");
}

TEST(ExpectedEdge, LetsPaperHoldItsLearningFloor) {
  SizingSettings s;
  s.kelly_bars_min = 4;
  World w{any_day(), s};
  teach(w, 2);
  // kelly_floor 0.05 x allotment 0.25 x 10 000 = 125.
  EXPECT_EQ(spell(w.refusal(w.order(Side::Buy, "1.25"_qty))), "approved");
  EXPECT_EQ(w.refusal(w.order(Side::Buy, "1.251"_qty)).control, Control::ExpectedEdge);
  EXPECT_EQ(w.refusal(w.order(Side::Buy, "1"_qty), {w.order(Side::Buy, "0.3"_qty)}).control,
            Control::ExpectedEdge);
  s.kelly_floor = 0.0;
  World live{any_day(), s};
  teach(live, 2);
  EXPECT_EQ(live.refusal(live.order(Side::Buy, "0.1"_qty)).control, Control::ExpectedEdge);
}

TEST(ExpectedEdge, TakesTheWordOfAStrategyThatStatesOne) {
  World w;
  SizingSteps steps;
  const auto state = [&](double edge, int minute) {
    Bar next = bar_at(kBtc, w.now + minute * 1min, "100"_px);
    steps.clear();
    (void)w.gate.size({next, w.instruments[kBtc], Target{1.0, 1.0}, true, w.books.view(), edge},
                      steps);
  };
  state(0.001, 0);
  EXPECT_EQ(w.refusal(w.order(Side::Buy, "5"_qty)).control, Control::ExpectedEdge);
  state(0.002, 1);
  EXPECT_EQ(spell(w.refusal(w.order(Side::Buy, "5"_qty))), "approved");
}

TEST(ExpectedCost, CountsFundingOnlyWhereItIsPaid) {
  Instrument btc = table()[kBtc];
  btc.funding_interval = 8h;
  const Costs costs;
  const auto cost = [&](Side side, const FundingRate& funding) {
    return expected_cost(btc, side, costs, funding, 480.0, 1min);
  };
  EXPECT_DOUBLE_EQ(cost(Side::Buy, {true, 200'000}), 0.0013 + 0.0002);  // 480 minutes are 8 h.
  EXPECT_DOUBLE_EQ(cost(Side::Sell, {true, 200'000}), 0.0013);
  EXPECT_DOUBLE_EQ(cost(Side::Sell, {true, -200'000}), 0.0013 + 0.0002);
  EXPECT_DOUBLE_EQ(cost(Side::Sell, {}), 0.0013 + 0.0001);
  EXPECT_DOUBLE_EQ(expected_cost(table()[kEth], Side::Buy, costs, {true, 200'000}, 480.0, 1min),
                   0.0022);
}

}  // namespace
}  // namespace proteus::risk
