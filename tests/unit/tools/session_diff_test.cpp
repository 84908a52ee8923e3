// The difference in profit of two runs, split; every number by hand.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>

#include "tools/app/told/course.hpp"

namespace proteus::app::told {
namespace {

using namespace std::chrono_literals;

/// Feeds a course the records of a run that trades one instrument.
struct ToldRun {
  Course course;
  std::uint64_t orders = 0;

  ToldRun() {
    InstrumentChanged named;
    named.instrument.symbol = "BTCUSDT";
    event(named);
  }
  void event(EventBody body) { course.add(Event{0, Origin::Input, {}, {}, std::move(body)}); }
  void balance(double equity) {
    EquityPoint point;
    point.equity = Money::from_raw(std::llround(equity * 1e9));
    course.add(point);
  }
  /// A decision at a close; `buys` != 0: an order of it fills at `price`.
  void bar(int k, double close, double buys = 0, double price = 0, double fee = 0,
           double slippage = 0) {
    DecisionRecord d;
    d.bar_open = Timestamp{} + k * 1h;
    d.close = Price::from_raw(std::llround(close * 1e9));
    d.outcome = Outcome::Unchanged;
    if (buys != 0) {
      DecisionOrder order;
      order.id = ClientOrderId{fmt::format("o{}", ++orders)};
      d.orders.push_back(order);
    }
    course.add(d);
    if (buys == 0) return;
    Fill fill;
    fill.id = d.orders[0].id;
    fill.side = buys > 0 ? Side::Buy : Side::Sell;
    fill.quantity = Quantity::from_raw(std::llround(std::abs(buys) * 1e9));
    fill.price = Price::from_raw(std::llround(price * 1e9));
    fill.fee = Money::from_raw(std::llround(fee * 1e9));
    fill.slippage = Money::from_raw(std::llround(slippage * 1e9));
    event(fill);
  }
};

TEST(ProfitSplit, AddsUpExactlyByHand) {
  // A buys 2 at the close of 100: fills at 101, of which 0.5 a unit is slippage, the rest is the
  // market's way until the order met it. Fee 1, funding 3. Closes: 100, 110, 105.
  ToldRun a;
  a.balance(1000);
  a.bar(0, 100, 2, 101, 1, 1);
  a.bar(1, 110);
  FundingSettled paid;
  paid.amount = Money::from_raw(3 * kFixedScale);
  a.event(paid);
  a.bar(2, 105);
  a.balance(1000 + 2 * (105 - 101) - 1 - 3);  // 1004
  // B buys 3 at 100.2 with slippage 0.3 and fee 2, turns to short 1 at the close of 110 (sells 4 at
  // 109.5, slippage 1, fee 2.5).
  ToldRun b;
  b.balance(1000);
  b.bar(0, 100, 3, 100.2, 2, 0.3);
  b.bar(1, 110, -4, 109.5, 2.5, 1);
  b.bar(2, 105);
  b.balance(1000 - 3 * 100.2 + 4 * 109.5 - 1 * 105 - 2 - 2.5);  // 1027.9
  const ProfitSplit split = split_profit(a.course, b.course);
  EXPECT_EQ(split.whole.to_string(), "23.9");
  EXPECT_EQ(split.sizing.to_string(), "10") << "bar 0: both long, 3 against 2, over 10";
  EXPECT_EQ(split.signal.to_string(), "15") << "bar 1: short 1 against long 2, over -5";
  EXPECT_EQ(split.fill.to_string(), "-0.3") << "1 - (0.3 + 1)";
  EXPECT_EQ(split.fee.to_string(), "-3.5") << "1 - 4.5";
  EXPECT_EQ(split.funding.to_string(), "3");
  // A: 2 * 1 - 1 = 1; B: 3 * 0.2 + 4 * 0.5 - 1.3 = 1.3.
  EXPECT_EQ(split.latency.to_string(), "-0.3");
  EXPECT_EQ(split.other.to_string(), "0");
}

TEST(ProfitSplit, OfARunAndItselfIsNothing) {
  ToldRun a;
  a.balance(1000);
  a.bar(0, 100, 2, 101, 1, 1);
  a.bar(1, 110);
  a.balance(1017);
  ProfitSplit split = split_profit(a.course, a.course);
  for_each_field(split,
                 [](const char* name, const Money& part) { EXPECT_EQ(part, Money{}) << name; });
}

}  // namespace
}  // namespace proteus::app::told
