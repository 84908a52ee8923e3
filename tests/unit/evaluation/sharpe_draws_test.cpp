#include "models/evaluation/sharpe_draws.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace proteus::evaluation {
namespace {

std::vector<double> returns_of(std::uint64_t seed, double drift, std::size_t n = 300) {
  market::Random random{seed, "test"};
  std::vector<double> out;
  for (std::size_t i = 0; i < n; ++i) out.push_back(drift + 0.01 * random.normal());
  return out;
}

const BootstrapSettings kSettings{.draws = 200, .block_mean = 7.0, .seed = 5};

void expect_same(const BootstrapResult& a, const BootstrapResult& b) {
  EXPECT_NEAR(a.estimate, b.estimate, 1e-10);
  EXPECT_NEAR(a.standard_error, b.standard_error, 1e-10);
  EXPECT_NEAR(a.low, b.low, 1e-10);
  EXPECT_NEAR(a.high, b.high, 1e-10);
  EXPECT_NEAR(a.not_positive, b.not_positive, 1e-12);
}

TEST(SharpeDraws, AreThoseOfThePlainBootstrap) {
  const std::vector<std::vector<double>> columns{returns_of(1, 0.001), returns_of(2, 0.0)};
  const auto draws = SharpeDraws::create(columns, kSettings).value();
  for (std::size_t k = 0; k < columns.size(); ++k)
    expect_same(draws.of(k), bootstrap(columns[k], sharpe_ratio, kSettings).value());
  expect_same(draws.difference(0, 1),
              bootstrap_difference(columns[0], columns[1], sharpe_ratio, kSettings).value());
}

TEST(SharpeDraws, AreThoseOfThePlainBootstrapWhereBlocksPassTheEndManyTimes) {
  const std::vector<std::vector<double>> columns{returns_of(3, 0.002, 12)};
  const BootstrapSettings settings{.draws = 50, .block_mean = 60.0, .seed = 2};
  const auto draws = SharpeDraws::create(columns, settings).value();
  expect_same(draws.of(0), bootstrap(columns[0], sharpe_ratio, settings).value());
}

TEST(SharpeDraws, OfAnAccountThatHoldsNothingAreZero) {
  const std::vector<std::vector<double>> columns{returns_of(1, 0.001),
                                                 std::vector<double>(300, 0.0)};
  const auto draws = SharpeDraws::create(columns, kSettings).value();
  EXPECT_EQ(draws.of(1).estimate, 0.0);
  EXPECT_EQ(draws.of(1).high, 0.0);
  expect_same(draws.difference(0, 1), draws.of(0));
}

TEST(SharpeDraws, OfAnAccountLessItselfAreZero) {
  const std::vector<std::vector<double>> columns{returns_of(1, 0.001), returns_of(1, 0.001)};
  const auto difference = SharpeDraws::create(columns, kSettings).value().difference(0, 1);
  EXPECT_EQ(difference.low, 0.0);
  EXPECT_EQ(difference.high, 0.0);
}

TEST(SharpeDraws, RefuseColumnsOfDifferentPeriodsAndNumbersThatAreNone) {
  std::vector<std::vector<double>> columns{returns_of(1, 0.0), returns_of(2, 0.0, 299)};
  EXPECT_THAT(SharpeDraws::create(columns, kSettings).error().context,
              ::testing::HasSubstr("series 1 has 299 returns and the first 300"));
  columns[1] = columns[0];
  columns[1][17] = std::nan("");
  EXPECT_THAT(SharpeDraws::create(columns, kSettings).error().context,
              ::testing::HasSubstr("return 17 of series 1 is nan"));
  EXPECT_TRUE(SharpeDraws::create({}, kSettings).has_error());
}

}  // namespace
}  // namespace proteus::evaluation
