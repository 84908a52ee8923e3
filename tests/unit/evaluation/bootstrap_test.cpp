// The stationary bootstrap against what is known of its draws and of the mean's error.
#include "models/evaluation/bootstrap.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace proteus::evaluation {
namespace {

double mean(std::span<const double> x) {
  double sum = 0.0;
  for (const double v : x) sum += v;
  return sum / static_cast<double>(x.size());
}

/// First-order autoregression with unit noise.
std::vector<double> series(double rho, std::size_t n, std::uint64_t seed) {
  market::Random random{seed, "series"};
  std::vector<double> x(n);
  double last = 0.0;
  for (double& v : x) v = last = rho * last + random.normal();
  return x;
}

TEST(StationaryBootstrap, DrawsBlocksOfTheMeanLengthThatWrapAround) {
  market::Random random{2, "places"};
  std::vector<std::size_t> places;
  double blocks = 0.0;
  double wraps = 0.0;
  std::vector<double> counts(100, 0.0);
  for (int draw = 0; draw < 2000; ++draw) {
    stationary_places(100, 8.0, random, places);
    ASSERT_EQ(places.size(), 100U);
    for (std::size_t i = 0; i < 100; ++i) {
      ASSERT_LT(places[i], 100U);
      counts[places[i]] += 1.0;
      if (i == 0) continue;
      blocks += places[i] != (places[i - 1] + 1) % 100 ? 1.0 : 0.0;
      wraps += places[i - 1] == 99 && places[i] == 0 ? 1.0 : 0.0;
    }
  }
  // 2000 x 99 joints, an eighth of which begin anew, less the hundredth of those that go on by
  // luck.
  EXPECT_NEAR(blocks / (2000.0 * 99.0), 0.125 * 0.99, 0.004);
  EXPECT_GT(wraps, 1000.0);
  for (const double c : counts) EXPECT_NEAR(c, 2000.0, 500.0);  // No place is preferred.
}

TEST(StationaryBootstrap, GivesIndependentReturnsTheTextbookErrorOfAMean) {
  const std::vector<double> x = series(0.0, 400, 1);
  const auto found = bootstrap(x, mean, {.draws = 4000, .block_mean = 1.0}).value();
  double squares = 0.0;
  for (const double v : x) squares += (v - mean(x)) * (v - mean(x));
  const double error = std::sqrt(squares / 400.0 / 400.0);
  EXPECT_DOUBLE_EQ(found.estimate, mean(x));
  EXPECT_NEAR(found.standard_error / error, 1.0, 0.05);
  EXPECT_NEAR((found.high - found.low) / (2.0 * 1.96 * error), 1.0, 0.06);
}

TEST(StationaryBootstrap, HasTheVarianceThatPolitisAndRomanoGiveForTheMean) {
  // (c_0 + 2 sum_k (1 - k/n) (1 - p)^k c_k) / n with circular autocovariances c_k: two places that
  // are k apart stay in one block with chance (1 - p)^k. Exact, not asymptotic.
  const std::vector<double> x = series(0.6, 200, 3);
  const double n = 200.0;
  const double p = 0.1;
  const auto circular = [&](std::size_t k) {
    double sum = 0.0;
    for (std::size_t i = 0; i < 200; ++i) sum += (x[i] - mean(x)) * (x[(i + k) % 200] - mean(x));
    return sum / n;
  };
  double variance = circular(0);
  for (std::size_t k = 1; k < 200; ++k) {
    const double share = static_cast<double>(k) / n;
    variance += 2.0 * (1.0 - share) * std::pow(1.0 - p, static_cast<double>(k)) * circular(k);
  }
  const auto found = bootstrap(x, mean, {.draws = 20'000, .block_mean = 10.0}).value();
  EXPECT_NEAR(found.standard_error / std::sqrt(variance / n), 1.0, 0.025);
  // Drawn one by one the dependence would be lost, and most of the error with it.
  const auto alone = bootstrap(x, mean, {.draws = 4000, .block_mean = 1.0}).value();
  EXPECT_LT(alone.standard_error, 0.7 * found.standard_error);
}

TEST(StationaryBootstrap, CancelsInADifferenceWhatMovesBoth) {
  const std::vector<double> market = series(0.0, 300, 5);
  std::vector<double> better = market;
  for (double& v : better) v += 0.3;
  const auto paired = bootstrap_difference(better, market, mean, {.draws = 500}).value();
  EXPECT_NEAR(paired.estimate, 0.3, 1e-12);
  EXPECT_NEAR(paired.low, 0.3, 1e-12);
  EXPECT_NEAR(paired.high, 0.3, 1e-12);
  EXPECT_EQ(paired.not_positive, 0.0);
}

TEST(StationaryBootstrap, CoversTheTruthAsOftenAsItSays) {
  int covered = 0;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    const auto found =
        bootstrap(series(0.0, 150, seed), mean, {.draws = 300, .confidence = 0.9, .seed = seed});
    covered += found.value().low <= 0.0 && 0.0 <= found.value().high ? 1 : 0;
  }
  EXPECT_NEAR(covered, 180, 14);  // Three standard errors of a binomial, and what 300 draws lose.
}

TEST(StationaryBootstrap, IsToldAgainByItsSeed) {
  const std::vector<double> x = series(0.2, 100, 8);
  const auto once = bootstrap(x, sharpe_ratio, {.draws = 200, .seed = 7}).value();
  const auto again = bootstrap(x, sharpe_ratio, {.draws = 200, .seed = 7}).value();
  const auto other = bootstrap(x, sharpe_ratio, {.draws = 200, .seed = 8}).value();
  EXPECT_EQ(once.low, again.low);
  EXPECT_EQ(once.high, again.high);
  EXPECT_NE(once.low, other.low);
}

TEST(StationaryBootstrap, RefusesWhatHasNoAnswer) {
  const std::vector<double> x = series(0.0, 50, 1);
  EXPECT_TRUE(bootstrap(std::vector<double>{1.0}, mean).has_error());
  EXPECT_TRUE(bootstrap(x, mean, {.block_mean = 0.5}).has_error());
  EXPECT_TRUE(bootstrap(x, mean, {.confidence = 1.0}).has_error());
  EXPECT_TRUE(bootstrap(std::vector<double>(50, 1.0), sharpe_ratio).has_error());
  EXPECT_TRUE(bootstrap_difference(x, series(0.0, 49, 2), mean).has_error());
}

}  // namespace
}  // namespace proteus::evaluation
