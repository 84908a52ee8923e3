#include "models/training/rewards.hpp"

#include "tests/unit/training/support.hpp"

namespace proteus::training {
namespace {

TEST(DifferentialSharpe, IsTheDerivativeOfTheRunningSharpeRatio) {
  // Given moments that have seen three returns,
  const RewardSettings settings{.kind = RewardKind::DifferentialSharpe, .sharpe_rate = 0.05};
  RewardMeter meter;
  meter.begin(1000.0, 4e-4);
  double a = 0.0;
  double b = 4e-4;
  double equity = 1000.0;
  for (const double r : {0.01, -0.02, 0.015}) {
    // when the next one comes, then its worth is d/d(eta) of A/sqrt(B - A²) at eta = 0, here by
    // central differences.
    const auto sharpe = [&](double eta) {
      const double mean = a + eta * (r - a);
      return mean / std::sqrt(b + eta * (r * r - b) - mean * mean);
    };
    constexpr double kStep = 1e-6;
    const double slope = (sharpe(kStep) - sharpe(-kStep)) / (2.0 * kStep);
    const double after = equity * (1.0 + r);
    EXPECT_NEAR(meter.step(settings, equity, after), slope, 1e-6);
    a += 0.05 * (r - a);
    b += 0.05 * (r * r - b);
    equity = after;
  }
}

TEST(DifferentialSharpe, OfBeingFlatAtTheStartIsNothing) {
  const RewardSettings settings{.kind = RewardKind::DifferentialSharpe};
  RewardMeter meter;
  meter.begin(1000.0, 1e-4);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(meter.step(settings, 1000.0, 1000.0), 0.0);
}

TEST(DrawdownPenalised, TakesEachRiseOfTheDrawdownOnce) {
  const RewardSettings settings{.kind = RewardKind::DrawdownPenalised, .drawdown_penalty = 2.0};
  RewardMeter meter;
  meter.begin(100.0, 1e-4);
  const auto gain = [&](double before, double after) {
    return meter.step(settings, before, after) - std::log(after / before);
  };
  EXPECT_NEAR(gain(100, 110), 0.0, 1e-12);
  EXPECT_NEAR(gain(110, 99), -2.0 * 0.1, 1e-12);  // 10 % below the peak
  EXPECT_NEAR(gain(99, 104.5), 0.0, 1e-12);       // back to 5 %
  EXPECT_NEAR(gain(104.5, 99), -2.0 * 0.05, 1e-12);
  EXPECT_NEAR(gain(99, 88), -2.0 * 0.1, 1e-12);
}

TEST(Reward, ScalesEveryKind) {
  RewardMeter one;
  RewardMeter ten;
  for (const RewardKind kind : {RewardKind::Profit, RewardKind::StepReturn, RewardKind::LogEquity,
                                RewardKind::DifferentialSharpe, RewardKind::DrawdownPenalised}) {
    one.begin(100.0, 1e-4);
    ten.begin(100.0, 1e-4);
    const double plain = one.step({.kind = kind}, 100.0, 97.0);
    EXPECT_DOUBLE_EQ(ten.step({.kind = kind, .scale = 10.0}, 100.0, 97.0), 10.0 * plain);
  }
}

TEST(Reward, OfEquityBelowNothingIsFinite) {
  for (const RewardKind kind : {RewardKind::LogEquity, RewardKind::DrawdownPenalised}) {
    RewardMeter meter;
    meter.begin(100.0, 1e-4);
    EXPECT_TRUE(std::isfinite(meter.step({.kind = kind}, 100.0, -5.0)));
  }
}

TEST(MarketSquare, LooksAtNoBarAfterTheStart) {
  const auto series = random_series(200, 8);
  std::vector<Bar> bars(series->bars().begin(), series->bars().end());
  const double before = market_square(bars, 150);
  for (std::size_t i = 151; i < bars.size(); ++i) bars[i].close = bars[i].close * 3;
  EXPECT_EQ(market_square(bars, 150), before);
  EXPECT_NEAR(std::sqrt(before), 0.0102, 0.003);  // The walk's 1 %, with 0.2 % more at each open.
}

}  // namespace
}  // namespace proteus::training
