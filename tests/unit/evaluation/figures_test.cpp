#include "models/evaluation/figures.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "engine/market/random.hpp"
#include "models/evaluation/performance.hpp"

namespace proteus::evaluation {
namespace {

Track track_of(std::vector<double> net, double cost = 0.0) {
  Track track;
  track.bars_a_year = 100.0;
  track.names = {"linear:AAA"};
  for (std::size_t i = 0; i < net.size(); ++i) {
    track.closes.push_back(from_unix_ms(static_cast<std::int64_t>(i + 1) * 3'600'000));
    track.fees.push_back(cost);
    track.slippage.push_back(2.0 * cost);
    track.funding.push_back(0.0);
    track.traded.push_back(0.5);
    track.exposure.push_back(i % 2 == 0 ? 0.4 : 0.0);
    track.fills.push_back(1);
    track.contributions.push_back({net[i]});
  }
  track.net = std::move(net);
  track.blocks = {{0, track.bars()}};
  return track;
}

TEST(Figures, OfFourBarsAreThoseWorkedOutByHand) {
  // Net 2 %, -1 %, 3 %, 0: equity 1, 1.02, 1.0098, 1.040094, 1.040094.
  const Figures f = figures_of(track_of({0.02, -0.01, 0.03, 0.0}, 0.001));
  EXPECT_EQ(f.bars, 4U);
  EXPECT_EQ(f.fills, 4);
  EXPECT_NEAR(f.total_return, 0.040094, 1e-12);
  EXPECT_NEAR(f.yearly_return, std::pow(1.040094, 25.0) - 1.0, 1e-9);
  EXPECT_NEAR(f.drawdown, 0.01, 1e-12);
  EXPECT_NEAR(f.turnover, 50.0, 1e-12);
  EXPECT_NEAR(f.exposure, 0.2, 1e-12);
  EXPECT_NEAR(f.in_market, 0.5, 1e-12);
  // Mean 0.01, deviation sqrt((1 + 4 + 4 + 1) / 3) %.
  EXPECT_NEAR(f.sharpe->ratio, 0.01 / (std::sqrt(10.0 / 3.0) * 0.01), 1e-12);
  EXPECT_NEAR(f.volatility, std::sqrt(10.0 / 3.0) * 0.01 * 10.0, 1e-12);
  EXPECT_NEAR(*f.sortino, 0.01 / std::sqrt(0.0001 / 4.0) * 10.0, 1e-9);
  // Gross is 0.3 % a bar more: 1.3 % for trading half of the equity.
  EXPECT_NEAR(*f.break_even_cost, 0.013 / 0.5, 1e-12);
  EXPECT_NEAR(f.fees, 0.004, 1e-12);
  EXPECT_NEAR(f.slippage, 0.008, 1e-12);
}

TEST(Figures, OfFundingLeaveItOutOfWhatTradingMayCost) {
  Track track = track_of({0.01, -0.002});
  track.funding = {0.003, 0.003};
  // Gross mean 0.7 %, of which 0.3 % went for holding.
  EXPECT_NEAR(*figures_of(track).break_even_cost, 0.004 / 0.5, 1e-12);
}

TEST(Figures, OfAnAccountThatHoldsNothingHaveNoRatio) {
  Track track = track_of({0.0, 0.0, 0.0});
  track.traded = {0.0, 0.0, 0.0};
  const Figures f = figures_of(track);
  EXPECT_FALSE(f.sharpe || f.net_sharpe || f.sortino || f.calmar || f.win_rate ||
               f.break_even_cost);
  EXPECT_EQ(f.total_return, 0.0);
}

TEST(Figures, OfAYearTakeAutocorrelationIntoAccount) {
  // Returns that go on as they went make a year less certain than independent ones.
  market::Random random{7, "test"};
  std::vector<double> net{0.0};
  while (net.size() < 400) net.push_back(0.3 * net.back() + 0.001 + 0.01 * random.normal());
  double mean = 0.0;
  for (const double r : net) mean += r / 400.0;
  double squares = 0.0;
  for (const double r : net) squares += (r - mean) * (r - mean);
  double variance = 100.0;
  for (std::size_t k = 1; k <= 5; ++k) {  // floor(4 x 4^(2/9)) = 5
    double products = 0.0;
    for (std::size_t i = k; i < net.size(); ++i) products += (net[i] - mean) * (net[i - k] - mean);
    variance += 2.0 * (100.0 - static_cast<double>(k)) * products / squares;
  }
  const Figures f = figures_of(track_of(net));
  EXPECT_NEAR(f.annual_factor.value(), 100.0 / std::sqrt(variance), 1e-9);
  EXPECT_LT(f.annual_factor.value(), 10.0);
}

TEST(Figures, OfAYearFallBackToTheSquareRootWhereCorrelationsLeaveNoVariance) {
  std::vector<double> net;
  for (int i = 0; i < 400; ++i) net.push_back((i / 4) % 2 == 0 ? 0.011 : -0.009);
  EXPECT_EQ(figures_of(track_of(net)).annual_factor, 10.0);
}

TEST(Track, ThatIsPutBehindAnotherKeepsInstrumentsApart) {
  Track track = track_of({0.01, 0.02});
  Track next = track_of({0.03});
  next.closes = {track.closes.back() + std::chrono::hours{1}};
  next.names = {"linear:BBB"};
  next.trips.push_back({.instrument = 0, .profit = 5.0});
  append(track, next);
  EXPECT_EQ(track.names, (std::vector<std::string>{"linear:AAA", "linear:BBB"}));
  EXPECT_EQ(track.contributions,
            (std::vector<std::vector<double>>{{0.01, 0.0}, {0.02, 0.0}, {0.0, 0.03}}));
  EXPECT_EQ(track.trips[0].instrument, 1U);
  EXPECT_EQ(track.blocks, (std::vector<Stretch>{{0, 2}, {2, 3}}));
  EXPECT_EQ(track.net, (std::vector<double>{0.01, 0.02, 0.03}));
}

TEST(Track, AtEqualVolatilityHasTheSameRatioAndTheOtherDeviation) {
  const std::vector<double> own{0.01, -0.02, 0.04, 0.01};
  const std::vector<double> other{0.001, 0.003, -0.001, 0.0};
  const auto scaled = at_equal_volatility(own, other);
  const auto a = moments_of(scaled).value();
  EXPECT_NEAR(a.deviation, moments_of(other).value().deviation, 1e-15);
  EXPECT_NEAR(a.mean / a.deviation,
              moments_of(own).value().mean / moments_of(own).value().deviation, 1e-12);
  EXPECT_EQ(at_equal_volatility(std::vector<double>(4, 0.0), other), std::vector<double>(4, 0.0));
}

}  // namespace
}  // namespace proteus::evaluation
