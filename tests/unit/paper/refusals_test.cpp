// What the venue refuses at the door, and what it refuses when the money is gone by the fill.
#include "tests/unit/paper/venue_fixture.hpp"

namespace proteus::paper {
namespace {

class Refusals : public VenueTest {
 protected:
  Refusals() : VenueTest({}, "1000"_usdt) {
    flat(kLinear, "100");
    flat(kSpot, "100");
  }
  /// Refused with `end`, and nothing moved.
  void expect_refused(const OrderRequest& order, OrderEnd end) {
    const std::uint64_t hash = venue_.books().hash();
    const std::size_t open = venue_.open_orders();
    const OrderUpdate word = send(order);
    EXPECT_EQ(word.state, OrderState::Rejected) << to_string(end);
    EXPECT_EQ(word.end, end) << to_string(word.end);
    EXPECT_EQ(venue_.books().hash(), hash);
    EXPECT_EQ(venue_.open_orders(), open);
  }
};

TEST_F(Refusals, OffTheTickOrTheLot) {
  expect_refused(market(kLinear, Side::Buy, "1.0001"_qty), OrderEnd::OffStep);
  expect_refused(limit(kLinear, Side::Buy, "1"_qty, "99.95"_px), OrderEnd::OffStep);
  expect_refused(stop(kLinear, Side::Buy, "1"_qty, "101.01"_px), OrderEnd::OffStep);
  expect_refused(limit(kLinear, Side::Buy, "1"_qty, Price{}), OrderEnd::OffStep);
}

TEST_F(Refusals, QuantityOutsideItsLimits) {
  expect_refused(market(kLinear, Side::Buy, Quantity{}), OrderEnd::BelowMinimum);
  expect_refused(market(kLinear, Side::Buy, "-1"_qty), OrderEnd::BelowMinimum);
  expect_refused(market(kLinear, Side::Buy, "100.001"_qty), OrderEnd::AboveMaximum);
  expect_refused(limit(kLinear, Side::Buy, "1000.001"_qty, "0.1"_px), OrderEnd::AboveMaximum);
}

TEST_F(Refusals, NotionalBelowTheMinimumUnlessItReduces) {
  expect_refused(market(kLinear, Side::Buy, "0.049"_qty), OrderEnd::BelowMinimum);
  EXPECT_EQ(send(market(kLinear, Side::Buy, "0.05"_qty)).state, OrderState::Acknowledged);
  flat(kLinear, "100");
  EXPECT_EQ(send(reducing(market(kLinear, Side::Sell, "0.001"_qty))).state,
            OrderState::Acknowledged);
}

TEST_F(Refusals, ASpotSaleBelowTheMinimumAlsoWhereItReduces) {
  (void)send(market(kSpot, Side::Buy, "1"_qty));
  flat(kSpot, "100");
  expect_refused(reducing(market(kSpot, Side::Sell, "0.0499"_qty)), OrderEnd::BelowMinimum);
  EXPECT_EQ(send(reducing(market(kSpot, Side::Sell, "0.05"_qty))).state, OrderState::Acknowledged);
}

TEST_F(Refusals, AnIdThatWasUsed) {
  OrderRequest order = limit(kLinear, Side::Buy, "1"_qty, "90"_px);
  EXPECT_EQ(send(order).state, OrderState::Acknowledged);
  expect_refused(order, OrderEnd::DuplicateId);
  venue_.cancel(order.id, now_, sink_);
  expect_refused(order, OrderEnd::DuplicateId);
}

TEST_F(Refusals, ReduceOnlyWithNothingToReduce) {
  expect_refused(reducing(market(kLinear, Side::Sell, "1"_qty)),
                 OrderEnd::ReduceOnlyNothingToReduce);
  (void)send(market(kLinear, Side::Buy, "1"_qty));
  flat(kLinear, "100");
  expect_refused(reducing(market(kLinear, Side::Buy, "1"_qty)),
                 OrderEnd::ReduceOnlyNothingToReduce);
}

TEST_F(Refusals, InitialMarginBeyondFreeEquity) {
  // Leverage 3 on 1000: 30 at 100 needs exactly 1000.
  expect_refused(market(kLinear, Side::Buy, "30.001"_qty), OrderEnd::InsufficientMargin);
  EXPECT_EQ(send(limit(kLinear, Side::Buy, "20"_qty, "90"_px)).state, OrderState::Acknowledged);
  // The resting order reserves 600.
  expect_refused(market(kLinear, Side::Buy, "12.001"_qty), OrderEnd::InsufficientMargin);
  EXPECT_EQ(send(market(kLinear, Side::Buy, "12"_qty)).state, OrderState::Acknowledged);
}

TEST_F(Refusals, MarginThatIsGoneByTheFill) {
  const OrderRequest order = market(kLinear, Side::Buy, "30"_qty);
  EXPECT_EQ(send(order).state, OrderState::Acknowledged);
  flat(kLinear, "100.1");
  EXPECT_TRUE(fills().empty());
  EXPECT_EQ(word_on(order).state, OrderState::Cancelled);
  EXPECT_EQ(word_on(order).end, OrderEnd::InsufficientMargin);
  EXPECT_EQ(venue_.books().view().equity, "1000"_usdt);
}

TEST_F(Refusals, AFlipNeedsMarginOnlyForWhatItAdds) {
  (void)send(market(kLinear, Side::Buy, "20"_qty));
  flat(kLinear, "100", 1e9);
  EXPECT_EQ(send(market(kLinear, Side::Sell, "40"_qty)).state, OrderState::Acknowledged);
  flat(kLinear, "100", 1e9);
  EXPECT_EQ(position(kLinear).quantity, "-20"_qty);
}

TEST_F(Refusals, SpotBuysBeyondCashWithFee) {
  // 9.99 x 100 + 0.999 = 999.999 is in; 9.9901 x 100 + 0.99901 = 1000.00901 is not.
  expect_refused(market(kSpot, Side::Buy, "9.9901"_qty), OrderEnd::InsufficientBalance);
  EXPECT_EQ(send(limit(kSpot, Side::Buy, "9.99"_qty, "100"_px)).state, OrderState::Acknowledged);
  expect_refused(market(kSpot, Side::Buy, "0.1"_qty), OrderEnd::InsufficientBalance);
}

TEST_F(Refusals, MarginInUseCannotBuySpot) {
  (void)send(market(kLinear, Side::Buy, "24"_qty));
  flat(kLinear, "100", 1e12);
  // 24 bought at 100.1 (one tick): unrealised -2.4, fee 1.32132, margin 800: free 196.27868.
  expect_refused(market(kSpot, Side::Buy, "1.97"_qty), OrderEnd::InsufficientBalance);
  EXPECT_EQ(send(market(kSpot, Side::Buy, "1.96"_qty)).state, OrderState::Acknowledged);
}

TEST_F(Refusals, SpotSellsBeyondTheFreeBase) {
  expect_refused(market(kSpot, Side::Sell, "1"_qty), OrderEnd::InsufficientBalance);
  (void)send(market(kSpot, Side::Buy, "5"_qty));
  flat(kSpot, "100");
  ASSERT_EQ(position(kSpot).quantity, "4.995"_qty);
  expect_refused(market(kSpot, Side::Sell, "4.9951"_qty), OrderEnd::InsufficientBalance);
  EXPECT_EQ(send(limit(kSpot, Side::Sell, "3"_qty, "110"_px)).state, OrderState::Acknowledged);
  expect_refused(market(kSpot, Side::Sell, "1.9951"_qty), OrderEnd::InsufficientBalance);
  EXPECT_EQ(send(market(kSpot, Side::Sell, "1.995"_qty)).state, OrderState::Acknowledged);
}

TEST_F(Refusals, AnOrderWithoutAnyPriceYet) {
  expect_refused(market(kOther, Side::Buy, "1"_qty), OrderEnd::NoLiquidity);
}

}  // namespace
}  // namespace proteus::paper
