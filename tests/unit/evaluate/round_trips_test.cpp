#include "tools/evaluate/round_trips.hpp"

#include <gtest/gtest.h>

namespace proteus::app::evaluate {
namespace {

using namespace literals;

Fill fill(Side side, Quantity quantity, Price price, Money fee, int hour) {
  Fill out;
  out.side = side;
  out.quantity = quantity;
  out.price = price;
  out.fee = fee;
  out.time = from_unix_ms(hour * 3'600'000LL);
  return out;
}

TEST(RoundTrips, EndWhereNothingIsHeldAnyMore) {
  RoundTrips trips(1);
  trips.add(fill(Side::Buy, "2"_qty, "100"_px, "1"_usdt, 1));
  trips.add(fill(Side::Sell, "0.5"_qty, "110"_px, "0.5"_usdt, 2));
  EXPECT_TRUE(trips.closed().empty());
  trips.add(fill(Side::Sell, "1.5"_qty, "90"_px, "0.5"_usdt, 3));
  ASSERT_EQ(trips.closed().size(), 1U);
  // 55 + 135 received, 200 paid, 2 of fees.
  EXPECT_NEAR(trips.closed()[0].profit, -12.0, 1e-9);
  EXPECT_NEAR(trips.closed()[0].size, 200.0, 1e-9);
  EXPECT_EQ(trips.closed()[0].opened, from_unix_ms(3'600'000));
  EXPECT_EQ(trips.closed()[0].closed, from_unix_ms(3 * 3'600'000));
  EXPECT_FALSE(trips.closed()[0].cut);
}

TEST(RoundTrips, EndAndBeginAnewWhereAFillTurnsThePosition) {
  RoundTrips trips(1);
  trips.add(fill(Side::Sell, "1"_qty, "100"_px, "1"_usdt, 1));
  trips.add(fill(Side::Buy, "4"_qty, "90"_px, "2"_usdt, 2));
  ASSERT_EQ(trips.closed().size(), 1U);
  EXPECT_NEAR(trips.closed()[0].profit, 10.0 - 1.0 - 0.5, 1e-9);  // a quarter of the second fee
  trips.cut(InstrumentId{0}, 95.0, from_unix_ms(9 * 3'600'000));
  ASSERT_EQ(trips.closed().size(), 2U);
  EXPECT_NEAR(trips.closed()[1].profit, 3.0 * 5.0 - 1.5, 1e-9);
  EXPECT_TRUE(trips.closed()[1].cut);
}

TEST(RoundTrips, PayTheFundingOfWhatIsHeld) {
  RoundTrips trips(1);
  FundingSettled funding;
  funding.amount = "3"_usdt;
  trips.add(funding);  // Nothing is held: nobody's trip.
  trips.add(fill(Side::Buy, "1"_qty, "100"_px, "0"_usdt, 1));
  trips.add(funding);
  trips.add(fill(Side::Sell, "1"_qty, "101"_px, "0"_usdt, 2));
  EXPECT_NEAR(trips.closed().at(0).profit, -2.0, 1e-9);
}

TEST(RoundTrips, OfSpotCountTheFeeInBaseOnce) {
  RoundTrips trips(1);
  Fill buy = fill(Side::Buy, "1"_qty, "100"_px, "0.1"_usdt, 1);
  buy.fee_base = "0.001"_qty;
  trips.add(buy);
  trips.add(fill(Side::Sell, "0.999"_qty, "100"_px, "0"_usdt, 2));
  ASSERT_EQ(trips.closed().size(), 1U);
  EXPECT_NEAR(trips.closed()[0].profit, -0.1, 1e-9);
}

}  // namespace
}  // namespace proteus::app::evaluate
