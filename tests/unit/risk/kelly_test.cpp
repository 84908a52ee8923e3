#include "risk/kelly.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace proteus::risk {
namespace {

/// Mean and variance by their definition: sums over all samples, a sample of age k weighing
/// decay^k.
struct ByDefinition {
  double mean = 0.0;
  double variance = 0.0;
  double effective = 0.0;
  ByDefinition(const std::vector<double>& x, double decay) {
    double w = 0.0;
    double w2 = 0.0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double weight = std::pow(decay, static_cast<double>(x.size() - 1 - i));
      w += weight;
      w2 += weight * weight;
      mean += weight * x[i];
    }
    mean /= w;
    for (std::size_t i = 0; i < x.size(); ++i)
      variance +=
          std::pow(decay, static_cast<double>(x.size() - 1 - i)) * (x[i] - mean) * (x[i] - mean);
    variance /= w - w2 / w;
    effective = w * w / w2;
  }
};

std::vector<double> wave(std::size_t n) {
  std::vector<double> x;
  for (std::size_t i = 0; i < n; ++i)
    x.push_back(0.001 + 0.01 * std::sin(1.7 * static_cast<double>(i * i)));
  return x;
}

TEST(DecayedMoments, EqualTheDefinitionWithAndWithoutDecay) {
  for (const double decay : {1.0, 1.0 - 2.0 / 61.0, 0.5}) {
    DecayedMoments moments{decay};
    const std::vector<double> x = wave(150);
    for (const double v : x) moments.add(v);
    const ByDefinition wanted{x, decay};
    EXPECT_NEAR(moments.mean(), wanted.mean, 1e-15) << decay;
    EXPECT_NEAR(moments.variance(), wanted.variance, 1e-15) << decay;
    EXPECT_NEAR(moments.effective_count(), wanted.effective, 1e-9) << decay;
  }
}

TEST(DecayedMoments, HaveNoVarianceBelowTwoSamples) {
  DecayedMoments moments{1.0};
  EXPECT_EQ(moments.variance(), 0.0);
  moments.add(3.0);
  EXPECT_EQ(moments.variance(), 0.0);
  moments.add(5.0);
  EXPECT_DOUBLE_EQ(moments.variance(), 2.0);
}

TEST(ContinuousKelly, IsMeanOverVariance) {
  // A tenth a year at a deviation of a fifth: 0.1 / 0.04.
  EXPECT_NEAR(continuous_kelly(0.1, 0.04, 1e12).fraction(), 2.5, 1e-9);
}

TEST(ContinuousKelly, IsShrunkByTheErrorOfTheMean) {
  // SR^2 = 0.001^2 / 0.0004 = 0.0025 = 1/400: half of mean/variance = 2.5 is left at 400 periods.
  const KellyEstimate half = continuous_kelly(0.001, 0.0004, 400.0);
  EXPECT_NEAR(half.raw, 2.5, 1e-12);
  EXPECT_NEAR(half.shrinkage, 0.5, 1e-12);
  EXPECT_EQ(half.samples, 400.0);
  // Nine times the periods: SR^2 / (SR^2 + 1/3600) = 0.9.
  EXPECT_NEAR(continuous_kelly(0.001, 0.0004, 3600.0).fraction(), 2.25, 1e-12);
}

TEST(ContinuousKelly, StakesNothingWhereNothingIsEarnedOrKnown) {
  EXPECT_EQ(continuous_kelly(-0.001, 0.0004, 400.0).fraction(), 0.0);
  EXPECT_EQ(continuous_kelly(-0.001, 0.0004, 400.0).raw, -2.5);  // The record tells the loss.
  EXPECT_EQ(continuous_kelly(0.0, 0.0004, 400.0).fraction(), 0.0);
  EXPECT_EQ(continuous_kelly(0.001, 0.0, 400.0).fraction(), 0.0);
  EXPECT_EQ(continuous_kelly(0.001, 0.0004, 0.0).fraction(), 0.0);
  EXPECT_EQ(continuous_kelly(std::nan(""), 0.0004, 400.0).fraction(), 0.0);
}

TEST(KellyEstimate, StakesNothingOnWhatIsNoNumber) {
  // A variance so small that the squared Sharpe ratio overflows: inf / inf.
  const KellyEstimate lost = continuous_kelly(0.1, 1e-320, 400.0);
  ASSERT_TRUE(std::isnan(lost.raw * lost.shrinkage));
  EXPECT_EQ(lost.fraction(), 0.0);
}

TEST(ShadowLedger, EarnsOnlyWithWhatWasHeldWhenTheBarBegan) {
  ShadowLedger shadow{0.0, {}};
  shadow.on_close(100.0);
  shadow.hold(1);
  shadow.on_close(110.0);  // +10 %
  shadow.hold(-1);         // decided at 110: does not touch the bar before
  EXPECT_DOUBLE_EQ(shadow.returns().mean(), 110.0 / 100.0 - 1.0);
  shadow.on_close(99.0);  // short: +10 %
  EXPECT_NEAR(shadow.returns().mean(), 0.1, 1e-15);
  EXPECT_EQ(shadow.bars_held(), 2);
}

TEST(ShadowLedger, PaysForEachUnitOfChangeOnTheBarThatFollows) {
  ShadowLedger shadow{0.001, {}};
  shadow.on_close(100.0);
  shadow.hold(1);
  shadow.on_close(100.0);  // enters: -0.001
  EXPECT_DOUBLE_EQ(shadow.returns().mean(), -0.001);
  shadow.hold(-1);
  shadow.on_close(100.0);  // turns: -0.002
  EXPECT_NEAR(shadow.returns().mean(), -0.0015, 1e-18);
  shadow.hold(0);
  shadow.on_close(100.0);  // leaves: -0.001, and holds nothing
  EXPECT_NEAR(shadow.returns().mean(), -0.004 / 3.0, 1e-18);
  EXPECT_EQ(shadow.bars_held(), 2);
  EXPECT_EQ(shadow.returns().count(), 3);
}

/// Long for three bars in six over a market that rises by 0.2 % and falls by 0.1 % in turn.
struct Trader {
  ShadowLedger shadow;
  double close = 100.0;
  int i = 0;
  explicit Trader(const KellyRule& rule) : shadow(0.0, rule) {}
  void trade(int bars) {
    for (int end = i + bars; i < end; ++i) {
      shadow.on_close(close);
      shadow.hold(i % 6 < 3 ? 1 : 0);
      close *= i % 2 == 0 ? 1.002 : 0.999;
    }
  }
};

TEST(ShadowLedger, SolvesTheDrawdownFormEach128thBar) {
  KellyRule rule;
  rule.form = KellyForm::Drawdown;
  Trader trader{rule};
  trader.trade(128);  // 127 returns
  EXPECT_EQ(trader.shadow.estimate().raw, 0.0);
  EXPECT_EQ(trader.shadow.estimate().samples, 0.0);
  trader.trade(1);
  EXPECT_GT(trader.shadow.estimate().raw, 0.0);
  // Of six bars three earn and one pays for leaving; idle ones tell nothing.
  EXPECT_NEAR(trader.shadow.estimate().samples, 128.0 * 4.0 / 6.0, 2.0);
  const DecayedMoments& returns = trader.shadow.returns();
  EXPECT_EQ(trader.shadow.estimate().shrinkage,
            continuous_kelly(returns.mean(), returns.variance(), 128.0).shrinkage);
}

TEST(ShadowLedger, IsSeasonedInTheDiscreteFormOnlyAfterEnoughTrips) {
  KellyRule rule;
  rule.bars_min = 10;
  rule.trips_min = 4;
  Trader by_bars{rule};
  rule.form = KellyForm::Discrete;
  Trader by_trips{rule};
  by_bars.trade(22);
  by_trips.trade(22);
  EXPECT_TRUE(by_bars.shadow.seasoned());
  EXPECT_FALSE(by_trips.shadow.seasoned());
  EXPECT_EQ(by_trips.shadow.trips().closed(), 3);
  by_trips.trade(1);
  EXPECT_TRUE(by_trips.shadow.seasoned());
}

}  // namespace
}  // namespace proteus::risk
