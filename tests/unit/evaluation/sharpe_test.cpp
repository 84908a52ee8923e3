// Ratios against published examples and against what happens in simulated records.
#include "models/evaluation/sharpe.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "engine/core/time.hpp"
#include "engine/market/random.hpp"
#include "models/evaluation/bootstrap.hpp"
#include "models/evaluation/normal.hpp"

namespace proteus::evaluation {
namespace {

TEST(Normal, HasTheTabulatedProbabilities) {
  // Abramowitz, Stegun, table 26.1 and 26.2; the tail from their asymptotic series.
  EXPECT_DOUBLE_EQ(normal_cdf(0.0), 0.5);
  EXPECT_NEAR(normal_cdf(1.0), 0.841344746068543, 1e-15);
  EXPECT_NEAR(normal_cdf(-3.0) / 1.349898031630095e-3, 1.0, 1e-14);
  EXPECT_NEAR(normal_cdf(-10.0) / 7.619853024160527e-24, 1.0, 1e-13);
}

TEST(Normal, QuantileUndoesTheProbabilityInBothTails) {
  EXPECT_NEAR(normal_quantile(0.975), 1.959963984540054, 1e-14);
  for (double z = -35.0; z <= 8.0; z += 0.37) {
    // What a half unit in the last place of p moves z by bounds what can come back.
    const double p = normal_cdf(z);
    const double density = std::exp(-0.5 * z * z) / std::sqrt(2.0 * std::numbers::pi);
    EXPECT_NEAR(normal_quantile(p), z, 1e-12 + 2e-16 * p / density) << z;
  }
  EXPECT_EQ(normal_quantile(0.0), -INFINITY);
  EXPECT_EQ(normal_quantile(1.0), INFINITY);
  EXPECT_TRUE(std::isnan(normal_quantile(1.5)));
}

TEST(Moments, AreThoseOfASmallSampleWorkedByHand) {
  // 1 2 3 4 10: mean 4, deviations -3 -2 -1 0 6; squares 50, cubes 180, fourth powers 1394.
  const std::vector<double> x{1, 2, 3, 4, 10};
  const Moments m = moments_of(x).value();
  EXPECT_DOUBLE_EQ(m.mean, 4.0);
  EXPECT_DOUBLE_EQ(m.deviation, std::sqrt(12.5));
  EXPECT_DOUBLE_EQ(m.skewness, 36.0 / std::pow(10.0, 1.5));
  EXPECT_DOUBLE_EQ(m.kurtosis, 278.8 / 100.0);
  // rho_1: (6 + 2 + 0 + 0) / 50; rho_4: (-3 * 6) / 50.
  const auto rho = autocorrelations(x, 4).value();
  EXPECT_DOUBLE_EQ(rho[0], 8.0 / 50.0);
  EXPECT_DOUBLE_EQ(rho[3], -18.0 / 50.0);
}

TEST(Moments, RefuseWhatHasNoRatio) {
  EXPECT_TRUE(moments_of(std::vector<double>{1.0}).has_error());
  EXPECT_TRUE(moments_of(std::vector<double>{0.1, 0.1, 0.1}).has_error());
  const auto nan = moments_of(std::vector<double>{0.1, std::nan(""), 0.2});
  ASSERT_TRUE(nan.has_error());
  EXPECT_NE(nan.error().context.find("return 1 of 3"), std::string::npos);
  EXPECT_TRUE(autocorrelations(std::vector<double>{1.0, 2.0, 3.0}, 3).has_error());
}

TEST(SharpeStandardError, IsThatOfLoForNormalReturns) {
  // Lo 2002: sqrt((1 + SR^2 / 2) / T), T - 1 here.
  EXPECT_DOUBLE_EQ(sharpe_standard_error({0.5, 101.0, 0.0, 3.0}).value(), std::sqrt(1.125 / 100.0));
}

TEST(SharpeStandardError, IsWhatSkewedRecordsSpreadBy) {
  // Exponential returns less 0.8: ratio 0.2, skewness 2, raw kurtosis 9. 4000 records of 400.
  market::Random random{5, "records"};
  std::vector<double> ratios;
  for (int i = 0; i < 4000; ++i) {
    std::vector<double> x(400);
    for (double& r : x) r = random.exponential() - 0.8;
    ratios.push_back(sharpe_of(moments_of(x).value()).ratio);
  }
  const double spread = moments_of(ratios).value().deviation;
  // A deviation from 4000 samples is known to 1.1 %; without the skewness it would be 26 % more.
  EXPECT_NEAR(spread / sharpe_standard_error({0.2, 400.0, 2.0, 9.0}).value(), 1.0, 0.05);
}

/// r_t = mean + u_t, u_t = rho u_{t-1} + noise, of deviation 1.
std::vector<double> autoregressive(std::size_t n, double mean, double rho, market::Random& random) {
  std::vector<double> returns(n);
  double u = random.normal();
  for (double& r : returns) {
    r = mean + u;
    u = rho * u + std::sqrt(1.0 - rho * rho) * random.normal();
  }
  return returns;
}

TEST(SharpeStandardError, WithoutLagsIsThatOfTheMoments) {
  market::Random random{7};
  std::vector<double> returns = autoregressive(400, 0.3, 0.0, random);
  for (double& r : returns) r = r > 0.0 ? r * r : r;  // skewed
  const double plain = sharpe_standard_error(sharpe_of(moments_of(returns).value())).value();
  EXPECT_NEAR(sharpe_standard_error(returns, 0).value(), plain, 1e-12);
}

TEST(SharpeStandardError, OfFirstOrderAutoregressionGrowsByItsClosedForm) {
  // At a ratio of 0 only the mean errs: variance (1 + rho) / (1 - rho) / T, and under Bartlett's
  // weights 1 + 2 sum (1 - k / (L + 1)) rho^k in place of the first factor.
  constexpr std::size_t kLags = 30;
  constexpr double kRho = 0.5;
  market::Random random{8};
  const auto returns = autoregressive(200'000, 0.0, kRho, random);
  double factor = 1.0;
  for (std::size_t k = 1; k <= kLags; ++k)
    factor +=
        2.0 * (1.0 - static_cast<double>(k) / (kLags + 1)) * std::pow(kRho, static_cast<double>(k));
  const double expected = std::sqrt(factor / 200'000.0);
  EXPECT_NEAR(sharpe_standard_error(returns, kLags).value() / expected, 1.0, 0.02);
}

TEST(SharpeStandardError, WithItsOwnLagsIsWhatCorrelatedRecordsSpreadBy) {
  market::Random random{9};
  std::vector<double> ratios;
  double told = 0.0;
  for (int i = 0; i < 400; ++i) {
    const auto returns = autoregressive(1'000, 0.1, 0.3, random);
    ratios.push_back(sharpe_ratio(returns));
    told += sharpe_standard_error(returns).value() / 400.0;
  }
  // The one for independent returns would be 27 % too small.
  EXPECT_NEAR(told / moments_of(ratios).value().deviation, 1.0, 0.12);
}

TEST(SharpeStandardError, RefusesMoreLagsThanReturns) {
  EXPECT_TRUE(sharpe_standard_error(std::vector<double>{0.1, 0.2, 0.4}, 3).has_error());
}

TEST(SharpeStandardError, RefusesMomentsOfNoDistribution) {
  EXPECT_TRUE(sharpe_standard_error({0.1, 100.0, 0.0, 0.0}).has_error());  // excess kurtosis
  EXPECT_TRUE(sharpe_standard_error({0.1, 100.0, 2.0, 4.9}).has_error());
  EXPECT_TRUE(sharpe_standard_error({0.1, 1.0, 0.0, 3.0}).has_error());
}

TEST(Annualisation, IsTheSquareRootWithoutCorrelation) {
  EXPECT_DOUBLE_EQ(annualisation_factor(8760, {}).value(), std::sqrt(8760.0));
  EXPECT_DOUBLE_EQ(annualisation_factor(1, std::vector<double>{0.5}).value(), 1.0);
}

TEST(Annualisation, OfHoursCountsAllHoursOfAYearAndNot252Days) {
  const auto hours = static_cast<std::int64_t>(bars_per_year(Interval::H1));
  EXPECT_NEAR(annualisation_factor(hours, {}).value(), std::sqrt(8'760.0), 1e-9);
}

TEST(Annualisation, HasTheClosedFormOfFirstOrderAutoregression) {
  const auto factor = [](double rho, int q) {
    std::vector<double> correlations;
    for (int k = 1; k < q; ++k) correlations.push_back(std::pow(rho, k));
    return annualisation_factor(q, correlations).value();
  };
  // Lo 2002: sqrt(q) (1 + 2 rho/(1-rho) (1 - (1-rho^q)/(q (1-rho))))^-1/2.
  for (const double rho : {-0.5, -0.2, 0.1, 0.2, 0.6})
    for (const int q : {2, 4, 12, 52, 250}) {
      const double inner =
          1.0 + 2.0 * rho / (1.0 - rho) * (1.0 - (1.0 - std::pow(rho, q)) / (q * (1.0 - rho)));
      EXPECT_NEAR(factor(rho, q), std::sqrt(q / inner), 1e-10) << rho << " " << q;
    }
  EXPECT_LT(factor(0.2, 12), 3.0);
  EXPECT_GT(factor(-0.2, 12), 4.0);
}

TEST(Annualisation, RefusesCorrelationsThatLeaveNoVariance) {
  EXPECT_TRUE(annualisation_factor(4, std::vector<double>{-0.9, 0.0}).has_error());
  EXPECT_TRUE(annualisation_factor(0, {}).has_error());
}

TEST(ProbabilisticSharpe, HasTheValuesOfItsPaper) {
  // Bailey, Lopez de Prado 2012, section 3: two years of months, annual ratio 1.585, threshold 0:
  // 0.982 for normal returns, 0.913 with skewness -2.448 and kurtosis 10.164.
  const double monthly = 0.458;
  EXPECT_NEAR(probabilistic_sharpe({monthly, 24.0, 0.0, 3.0}, 0.0).value(), 0.982, 1e-3);
  EXPECT_NEAR(probabilistic_sharpe({monthly, 24.0, -2.448, 10.164}, 0.0).value(), 0.913, 1e-3);
  EXPECT_DOUBLE_EQ(probabilistic_sharpe({0.3, 24.0, 0.0, 3.0}, 0.3).value(), 0.5);
}

TEST(ExpectedMaximum, IsWhatTheBestOfManyWorthlessTrialsReaches) {
  market::Random random{9, "trials"};
  for (const int trials : {10, 100}) {
    double sum = 0.0;
    for (int i = 0; i < 20'000; ++i) {
      double best = -10.0;
      for (int k = 0; k < trials; ++k) best = std::max(best, 0.5 * random.normal());
      sum += best / 20'000.0;
    }
    // The approximation is good to 1 to 3 % in this range.
    EXPECT_NEAR(expected_maximum_sharpe(0.25, trials).value() / sum, 1.0, 0.03) << trials;
  }
}

TEST(ExpectedMaximum, IsNothingForOneTrialAndGrowsWithTheirNumber) {
  EXPECT_EQ(expected_maximum_sharpe(1.0, 1).value(), 0.0);
  double last = 0.0;
  for (const std::int64_t n : {2L, 3L, 10L, 1000L, 1'000'000L, 1'000'000'000'000'000'000L}) {
    const double now = expected_maximum_sharpe(1.0, n).value();
    EXPECT_GT(now, last) << n;
    last = now;
  }
  EXPECT_TRUE(expected_maximum_sharpe(1.0, 0).has_error());
  EXPECT_TRUE(expected_maximum_sharpe(-1.0, 5).has_error());
}

TEST(DeflatedSharpe, IsOneHalfWhereTheRatioIsWhatLuckWouldGive) {
  const double luck = expected_maximum_sharpe(0.002, 100).value();
  EXPECT_NEAR(deflated_sharpe({luck, 1250.0, -3.0, 10.0}, 0.002, 100).value().probability, 0.5,
              1e-12);
}

}  // namespace
}  // namespace proteus::evaluation
