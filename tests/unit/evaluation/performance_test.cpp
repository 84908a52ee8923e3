// The plain figures, worked by hand.
#include "models/evaluation/performance.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace proteus::evaluation {
namespace {

using Values = std::vector<double>;

TEST(Sortino, DividesByTheDownsideOverAllPeriods) {
  // Mean 0.01; losses 0.02 and 0.01 among 4: sqrt(0.0005 / 4).
  EXPECT_DOUBLE_EQ(sortino_ratio(Values{0.04, -0.02, 0.03, -0.01}).value(),
                   0.01 / std::sqrt(0.0005 / 4.0));
  // Against a target of 0.01 the first is 0.03 above, and so on.
  EXPECT_NEAR(sortino_ratio(Values{0.04, -0.02, 0.03, -0.01}, 0.01).value(), 0.0, 1e-12);
  EXPECT_TRUE(sortino_ratio(Values{0.01, 0.02}).has_error());
  EXPECT_TRUE(sortino_ratio(Values{}).has_error());
}

TEST(MaxDrawdown, IsTheDeepestFallBelowAnEarlierPeak) {
  EXPECT_DOUBLE_EQ(max_drawdown(Values{100, 120, 90, 110, 200, 160, 190}).value(), 0.25);
  EXPECT_DOUBLE_EQ(max_drawdown(Values{100, 120, 90, 110, 200, 140}).value(), 0.3);
  EXPECT_EQ(max_drawdown(Values{1, 2, 3}).value(), 0.0);
  EXPECT_TRUE(max_drawdown(Values{1, 0, 3}).has_error());
  EXPECT_TRUE(max_drawdown(Values{1, INFINITY}).has_error());
}

TEST(Calmar, IsYearlyGrowthOverTheDeepestFall) {
  // Four periods are two years at two a year: growth sqrt(1.44) - 1 = 0.2 a year, fall 0.1.
  EXPECT_NEAR(calmar_ratio(Values{100, 120, 108, 130, 144}, 2.0).value(), 2.0, 1e-12);
  EXPECT_TRUE(calmar_ratio(Values{100, 110}, 2.0).has_error());
  EXPECT_TRUE(calmar_ratio(Values{100, 90}, 0.0).has_error());
}

TEST(WinRate, CountsGainsAmongAllResults) {
  EXPECT_DOUBLE_EQ(win_rate(Values{1, -1, 0, 2, -3}).value(), 0.4);
  EXPECT_TRUE(win_rate(Values{}).has_error());
  EXPECT_TRUE(win_rate(Values{std::nan("")}).has_error());
}

TEST(ProfitFactor, IsGainsOverLosses) {
  EXPECT_DOUBLE_EQ(profit_factor(Values{3, -1, 0, 2, -3}).value(), 1.25);
  EXPECT_EQ(profit_factor(Values{-3}).value(), 0.0);
  EXPECT_TRUE(profit_factor(Values{3, 1}).has_error());
}

TEST(Turnover, CountsTheEntryAndEveryChange) {
  EXPECT_DOUBLE_EQ(turnover(Values{1, 1, -0.5, 0}).value(), (1.0 + 0.0 + 1.5 + 0.5) / 4.0);
}

TEST(BreakEvenCost, IsTheCostAtWhichNothingIsLeft) {
  const Values gross{0.01, -0.002, 0.004, 0.0};
  const Values weights{1, -1, 0, 1};
  const double cost = break_even_cost(gross, weights).value();
  double net = 0.0;
  double held = 0.0;
  for (std::size_t i = 0; i < 4; ++i) {
    net += gross[i] - cost * std::abs(weights[i] - held);
    held = weights[i];
  }
  EXPECT_NEAR(net, 0.0, 1e-15);
  EXPECT_GT(cost, 0.0);
  EXPECT_TRUE(break_even_cost(gross, Values{0, 0, 0, 0}).has_error());
  EXPECT_TRUE(break_even_cost(gross, Values{1}).has_error());
}

}  // namespace
}  // namespace proteus::evaluation
