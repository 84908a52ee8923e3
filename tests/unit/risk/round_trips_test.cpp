// The discrete form of Kelly's rule against bets whose answer is known.
#include "risk/round_trips.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace proteus::risk {
namespace {

/// One trip of one bar that wins or loses `size`, with an idle bar after it.
void bet(RoundTrips& trips, double size) {
  trips.on_bar(1, 0, size);
  trips.on_bar(0, 1, 0.0);
}

TEST(RoundTrips, GiveAFifthForACoinThatWinsSixOfTenAtEvenStakes) {
  RoundTrips trips{0.0, 1.0};
  for (int i = 0; i < 100; ++i) bet(trips, i % 10 < 6 ? 0.01 : -0.01);
  EXPECT_NEAR(trips.estimate(1.0).raw, 0.2, 1e-12);
  EXPECT_EQ(trips.estimate(1.0).samples, 100.0);
  EXPECT_EQ(trips.closed(), 100);
}

TEST(RoundTrips, GiveAQuarterForEvenOddsAtTwoToOne) {
  // p - (1 - p) / b = 0.5 - 0.5 / 2.
  RoundTrips trips{0.0, 1.0};
  for (int i = 0; i < 40; ++i) bet(trips, i % 2 == 0 ? 0.02 : -0.01);
  EXPECT_NEAR(trips.estimate(1.0).raw, 0.25, 1e-12);
}

TEST(RoundTrips, TakeTheChanceOfWinningAtTheLowerEndOfWilsonsInterval) {
  // 10 of 20 at z = 1.96: 0.299 to 0.701 (Wilson's interval as it is tabled).
  RoundTrips trips{0.0, 1.0};
  for (int i = 0; i < 20; ++i) bet(trips, i % 2 == 0 ? 0.04 : -0.01);
  const double low = 0.2993;
  EXPECT_NEAR(trips.estimate(1.96).fraction(), low - (1.0 - low) / 4.0, 1e-4);
  // More of the same is believed more, and nothing is left of odds that could be chance.
  for (int i = 0; i < 2000; ++i) bet(trips, i % 2 == 0 ? 0.04 : -0.01);
  EXPECT_GT(trips.estimate(1.96).fraction(), 0.34);
  RoundTrips doubtful{0.0, 1.0};
  for (int i = 0; i < 20; ++i) bet(doubtful, i % 20 < 11 ? 0.01 : -0.01);
  EXPECT_NEAR(doubtful.estimate(1.0).raw, 0.1, 1e-12);
  EXPECT_EQ(doubtful.estimate(1.0).fraction(), 0.0);
}

TEST(RoundTrips, AreWonNetOfWhatEnteringAndLeavingCost) {
  RoundTrips trips{0.004, 1.0};
  bet(trips, 0.0079);  // less twice 0.004: lost
  bet(trips, 0.0081);
  const KellyEstimate told = trips.estimate(1.0);
  EXPECT_NEAR(told.raw, 0.5 - 0.5 * (0.0001 / 0.0001), 1e-9);
}

TEST(RoundTrips, SumTheBarsOfATripAndEndWhenTheSideTurns) {
  RoundTrips trips{0.001, 1.0};
  trips.on_bar(1, 0, 0.01);
  trips.on_bar(1, 1, -0.004);
  EXPECT_EQ(trips.closed(), 0);
  trips.on_bar(-1, 1, 0.002);  // 0.01 - 0.004 - 0.002 closed; the short loses 0.002 + 0.001
  EXPECT_EQ(trips.closed(), 1);
  trips.on_bar(0, -1, 0.5);  // closed at -0.004; what the price does then is nothing to it
  EXPECT_EQ(trips.closed(), 2);
  EXPECT_NEAR(trips.estimate(1.0).raw, 0.5 - 0.5 * (0.004 / 0.004), 1e-12);
}

TEST(RoundTrips, CountAnOpenLossAsLost) {
  RoundTrips trips{0.0, 1.0};
  for (int i = 0; i < 9; ++i) bet(trips, 0.01);
  EXPECT_EQ(trips.estimate(1.0).raw, 1.0);  // Never lost.
  trips.on_bar(1, 0, -0.02);
  // p = 0.9, b = 0.01 / 0.02.
  EXPECT_NEAR(trips.estimate(1.0).raw, 0.9 - 0.1 * 2.0, 1e-12);
  trips.on_bar(1, 1, 0.05);
  EXPECT_EQ(trips.estimate(1.0).raw, 1.0);  // No win before it is closed.
  EXPECT_EQ(trips.estimate(1.0).samples, 9.0);
}

TEST(RoundTrips, SayNothingWithoutAWin) {
  RoundTrips trips{0.0, 1.0};
  EXPECT_EQ(trips.estimate(1.0).fraction(), 0.0);
  bet(trips, -0.01);
  bet(trips, 0.0);
  EXPECT_EQ(trips.estimate(1.0).fraction(), 0.0);
  EXPECT_EQ(trips.estimate(1.0).samples, 2.0);
}

TEST(RoundTrips, ForgetByTheBar) {
  RoundTrips trips{0.0, 0.5};
  bet(trips, 0.01);  // closed two bars before the next one closes: weighs a quarter
  bet(trips, -0.01);
  EXPECT_NEAR(trips.estimate(1.0).raw, 0.2 - 0.8, 1e-12);  // p = 0.25 / 1.25
  EXPECT_NEAR(trips.estimate(1.0).samples, 1.25 * 1.25 / (1.0 + 0.0625), 1e-12);
}

}  // namespace
}  // namespace proteus::risk
