// The auditor itself: each of its checks fails on a story that breaks what it watches, and on
// nothing else.
#include "tests/simulation/audit.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "engine/market/instruments.hpp"
#include "tests/support/no_journal.hpp"

namespace proteus::simulation {
namespace {

using namespace proteus::literals;
using namespace std::chrono_literals;

constexpr Timestamp kStart{std::chrono::sys_days{std::chrono::June / 2 / 2025}};
constexpr InstrumentId kBtc{0};

/// A story that keeps all contracts, told step by step; a test breaks one step.
class Story : public testing::Test {
 protected:
  Story() { event(InstrumentChanged{bitcoin()}); }

  static Instrument bitcoin() {
    Instrument instrument = market::known_instrument({Category::Linear, "BTCUSDT"})->description;
    instrument.id = kBtc;
    return instrument;
  }
  void event(EventBody body, Timestamp happened = {}) {
    audit.append(Event{++sequence, Origin::Input, happened, now, std::move(body)});
  }
  Bar bar(int minute, Price price = "100"_px) const {
    Bar b;
    b.instrument = kBtc;
    b.open_time = kStart + minute * 1min;
    b.close_time = b.open_time + 1min;
    b.open = b.high = b.low = b.close = price;
    b.volume = 5.0;
    return b;
  }
  void close_bar(int minute) {
    now = kStart + (minute + 1) * 1min;
    event(BarClosed{bar(minute)});
  }
  DecisionRecord record(int minute, Outcome outcome = Outcome::NoTarget) const {
    DecisionRecord d;
    d.sequence = sequence;
    d.time = now;
    d.instrument = kBtc;
    d.bar_open = kStart + minute * 1min;
    d.outcome = outcome;
    d.position = held;
    return d;
  }
  void minute(int number) {
    close_bar(number);
    audit.append(record(number));
  }
  OrderRequest order(const char* id, Side side, Quantity quantity, bool reduce_only = false) const {
    OrderRequest o;
    o.id = ClientOrderId{std::string_view{id}};
    o.instrument = kBtc;
    o.side = side;
    o.reduce_only = reduce_only;
    o.quantity = quantity;
    o.reference = "100"_px;
    o.decided_at = now;
    return o;
  }
  void intend(const OrderRequest& o) { audit.append(OrderIntent{sequence, o}); }
  void say(const OrderRequest& o, OrderState state, Quantity filled = {}) {
    event(OrderUpdate{.id = o.id, .instrument = kBtc, .state = state, .filled = filled});
  }
  void fill(const OrderRequest& o, Quantity quantity, Timestamp time, const char* execution) {
    Fill f;
    f.id = o.id;
    f.execution = std::string_view{execution};
    f.instrument = kBtc;
    f.side = o.side;
    f.quantity = quantity;
    f.price = "100"_px;
    f.time = time;
    event(f, time);
    held += signed_quantity(o.side, quantity);
  }
  /// An order for 1 on the bar of `number`, acknowledged, whose record says so.
  OrderRequest buy_on(int number, const char* id) {
    close_bar(number);
    const OrderRequest o = order(id, Side::Buy, "1"_qty);
    intend(o);
    DecisionRecord d = record(number, Outcome::Ordered);
    d.orders.push_back({o.id, Side::Buy, false, "1"_qty, true, Control::None});
    audit.append(d);
    EXPECT_TRUE(audit.commit());
    say(o, OrderState::Acknowledged);
    return o;
  }
  void expect(const char* words) const {
    EXPECT_EQ(audit.complaint().substr(0, std::string_view(words).size()), words);
    EXPECT_NE(audit.complaint(), "");
  }

  test::NoJournal log;
  bool disk_full = false;
  Audit audit{log, "10000"_usdt, {}, [this] { return disk_full; }};
  std::uint64_t sequence = 0;
  Timestamp now = kStart;
  Quantity held;
};

TEST_F(Story, ThatKeepsAllContractsHasNoComplaint) {
  minute(0);
  const OrderRequest o = buy_on(1, "a");
  now = kStart + 3min;
  fill(o, "1"_qty, kStart + 2min, "x1");
  say(o, OrderState::Filled, "1"_qty);
  event(BarClosed{bar(2)});
  const OrderRequest sell = order("b", Side::Sell, "1"_qty, true);
  intend(sell);
  DecisionRecord d = record(2, Outcome::Ordered);
  d.orders.push_back({sell.id, Side::Sell, true, "1"_qty, true, Control::None});
  audit.append(d);
  audit.after_input();
  EXPECT_EQ(audit.complaint(), "");
  EXPECT_EQ(audit.seen().increases, 1U);
  EXPECT_EQ(audit.seen().reductions, 1U);
}

TEST_F(Story, WithAHoleInItsNumbersIsSeen) {
  ++sequence;
  event(ClockTick{});
  expect("sequence numbers have a hole");
}

TEST_F(Story, WhoseTimeGoesBackIsSeen) {
  now -= 1ns;
  event(ClockTick{});
  expect("time went back");
}

TEST_F(Story, OfABarTwiceIsSeen) {
  minute(0);
  close_bar(0);
  expect("a bar came twice");
}

TEST_F(Story, OfABarBeforeItsEndIsSeen) {
  now = kStart + 30s;
  event(BarClosed{bar(0)});
  expect("a bar was handed on before it closed");
}

TEST_F(Story, WithAnUntoldHoleIsSeen) {
  minute(0);
  minute(2);
  expect("a hole in the bars was not told");
}

TEST_F(Story, WithAToldHoleIsFine) {
  minute(0);
  event(FeedAnomaly{.kind = AnomalyKind::MissingBar, .has_instrument = true, .instrument = kBtc});
  minute(2);
  EXPECT_EQ(audit.complaint(), "");
  EXPECT_EQ(audit.seen().gaps, 1U);
}

TEST_F(Story, OfABarWithoutADecisionIsSeen) {
  close_bar(0);
  audit.after_input();
  expect("a closed bar without a decision");
}

TEST_F(Story, OfTwoDecisionsOnOneBarIsSeen) {
  minute(0);
  audit.append(record(0));
  expect("a decision without its bar");
}

TEST_F(Story, WithANaNInADecisionIsSeen) {
  close_bar(0);
  DecisionRecord d = record(0);
  d.observation.push_back(std::numeric_limits<double>::quiet_NaN());
  audit.append(d);
  expect("an observation that is no number");
}

TEST_F(Story, WithAnInfiniteSizingStepIsSeen) {
  close_bar(0);
  DecisionRecord d = record(0);
  d.sizing.push_back({SizingStepId::KellyCap, std::numeric_limits<double>::infinity(), 1.0});
  audit.append(d);
  expect("a sizing step that is no number");
}

TEST_F(Story, WithATargetThatIsNoNumberIsSeen) {
  close_bar(0);
  DecisionRecord d = record(0);
  d.target.weight = std::numeric_limits<double>::quiet_NaN();
  audit.append(d);
  expect("a target that is no number");
}

TEST_F(Story, WithABarWithoutAVolumeIsSeen) {
  now = kStart + 1min;
  Bar b = bar(0);
  b.volume = std::numeric_limits<double>::quiet_NaN();
  event(BarClosed{b});
  expect("a bar carries no number");
}

TEST_F(Story, OfADecisionOnAnotherPositionIsSeen) {
  close_bar(0);
  held = "1"_qty;
  audit.append(record(0));
  expect("a decision on a position that is not held");
}

TEST_F(Story, OfAnOrderIdTwiceIsSeen) {
  minute(0);
  intend(order("a", Side::Buy, "1"_qty));
  intend(order("a", Side::Buy, "1"_qty));
  expect("an order id twice");
}

TEST_F(Story, OfTheIdOfAnEndedOrderIsSeen) {
  const OrderRequest o = buy_on(0, "a");
  say(o, OrderState::Cancelled);
  intend(o);
  expect("an order id twice");
}

TEST_F(Story, OfAnOrderThatLeftBeforeItsIntentWasWrittenIsSeen) {
  minute(0);
  const OrderRequest o = order("a", Side::Buy, "1"_qty);
  intend(o);
  say(o, OrderState::Acknowledged);
  expect("an order left before its intent was written");
}

TEST_F(Story, OfAnOrderThatLeftWhileTheDiskWasFullIsSeen) {
  minute(0);
  const OrderRequest o = order("a", Side::Buy, "1"_qty);
  intend(o);
  disk_full = true;
  EXPECT_FALSE(audit.commit());
  say(o, OrderState::Acknowledged);
  expect("an order left before its intent was written");
}

TEST_F(Story, OfAnOrderThatNobodyMeantIsSeen) {
  say(order("a", Side::Buy, "1"_qty), OrderState::Acknowledged);
  expect("the venue speaks of an order that nobody meant to send");
}

TEST_F(Story, OfAnApprovalWithoutIntentIsSeen) {
  close_bar(0);
  DecisionRecord d = record(0, Outcome::Ordered);
  d.orders.push_back({order("a", Side::Buy, "1"_qty).id, Side::Buy, false, "1"_qty, true, {}});
  audit.append(d);
  expect("an approved order without its intent");
}

TEST_F(Story, OfAFillBeforeTheNextOpenIsSeen) {
  const OrderRequest o = buy_on(0, "a");
  fill(o, "1"_qty, kStart + 1min - 1ns, "x");
  expect("a fill earlier than the next bar's open");
}

TEST_F(Story, OfAFillFromTheFutureIsSeen) {
  const OrderRequest o = buy_on(0, "a");
  fill(o, "1"_qty, now + 1ns, "x");
  expect("a fill from the future");
}

TEST_F(Story, OfAFillBeyondTheQuantityIsSeen) {
  const OrderRequest o = buy_on(0, "a");
  fill(o, "1.5"_qty, now, "x");
  expect("filled beyond its quantity");
}

TEST_F(Story, OfAFillOfAnEndedOrderIsSeen) {
  const OrderRequest o = buy_on(0, "a");
  say(o, OrderState::Cancelled);
  fill(o, "1"_qty, now, "x");
  expect("a fill of an order that is not open");
}

TEST_F(Story, OfOneExecutionTwiceIsSeen) {
  const OrderRequest o = buy_on(0, "a");
  fill(o, "0.25"_qty, now, "x");
  fill(o, "0.25"_qty, now, "x");
  expect("one execution twice");
}

TEST_F(Story, WhoseFillsDoNotAddUpIsSeen) {
  const OrderRequest o = buy_on(0, "a");
  fill(o, "0.5"_qty, now, "x");
  say(o, OrderState::Filled, "1"_qty);
  expect("fills and their sum differ");
}

TEST_F(Story, OfAnIncreaseUnderAHoldIsSeen) {
  minute(0);
  event(HoldChanged{Hold::StaleData, true, true, kBtc, {}});
  intend(order("a", Side::Buy, "1"_qty));
  expect("an increase although a hold stands");
}

TEST_F(Story, OfAnIncreaseAfterAHoldIsFine) {
  minute(0);
  event(HoldChanged{Hold::StaleData, true, true, kBtc, {}});
  event(HoldChanged{Hold::StaleData, false, true, kBtc, {}});
  intend(order("a", Side::Buy, "1"_qty));
  EXPECT_EQ(audit.complaint(), "");
}

TEST_F(Story, OfAnIncreaseWhileReducingIsSeen) {
  minute(0);
  event(TradingStateChanged{TradingState::Active, TradingState::Reducing, {}});
  intend(order("a", Side::Buy, "1"_qty));
  expect("an increase although trading is not active");
}

TEST_F(Story, OfAReductionWhileHaltedIsSeen) {
  const OrderRequest o = buy_on(0, "a");
  fill(o, "1"_qty, now, "x");
  event(TradingStateChanged{TradingState::Active, TradingState::Halted, {}});
  intend(order("b", Side::Sell, "1"_qty, true));
  expect("an order although trading is halted");
}

TEST_F(Story, OfAReductionThatAddsIsSeen) {
  minute(0);
  intend(order("a", Side::Buy, "1"_qty, true));
  expect("a reducing order that would add");
}

TEST_F(Story, OfAReductionBeyondThePositionIsSeen) {
  const OrderRequest o = buy_on(0, "a");
  fill(o, "1"_qty, now, "x");
  intend(order("b", Side::Sell, "2"_qty, true));
  expect("a reducing order larger than the position");
}

TEST_F(Story, OfAPositionBeyondTheLimitIsSeen) {
  minute(0);
  intend(order("a", Side::Buy, "50.01"_qty));  // 5 001 of 10 000: more than half
  expect("an increase beyond the position limit");
}

TEST_F(Story, OfAnOrderBeyondTheLimitIsSeen) {
  minute(0);
  intend(order("a", Side::Buy, "25.01"_qty));
  expect("an increase beyond the largest order");
}

TEST_F(Story, OfEquityThatIsNotThatOfItsFillsIsSeen) {
  const OrderRequest o = buy_on(0, "a");
  fill(o, "1"_qty, now, "x");
  audit.append(EquityPoint{sequence, now, "10000.000000001"_usdt, {}, "100"_usdt, 0});
  expect("the equity told is not that of fills");
}

TEST_F(Story, OfGrossThatIsNotThatOfItsPositionsIsSeen) {
  const OrderRequest o = buy_on(0, "a");
  fill(o, "1"_qty, now, "x");
  audit.append(EquityPoint{sequence, now, "10000"_usdt, {}, "99"_usdt, 0});
  expect("the gross exposure told");
}

TEST_F(Story, OfFundingOnNothingIsSeen) {
  event(FundingSettled{.instrument = kBtc, .position = "1"_qty, .amount = "1"_usdt});
  expect("funding on a position that is not held");
}

}  // namespace
}  // namespace proteus::simulation
