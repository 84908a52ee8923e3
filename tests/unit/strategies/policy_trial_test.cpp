// What a policy is told of itself: by hand, and the stream of moves that its account lives on.
#include "strategies/policy/policy_trial.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "strategies/policy/market_moves.hpp"
#include "tests/unit/strategies/bars.hpp"

namespace proteus::strategies {
namespace {

constexpr double kCost = 0.001;

MarketSettings market_settings() {
  MarketSettings s;
  s.trial_bars = 4;
  s.cost = kCost;
  s.volatility_span = 3;
  s.assumed_funding = 0.0001;
  return s;
}

TEST(UnitAccount, EarnsOnWhatWasHeldBeforeTheBarAndPaysForTheChange) {
  UnitAccount account(kCost, 0.01);
  EXPECT_EQ(account.close({0.05, 0.0, 1.0}), 0.0);  // Nothing was held.
  account.hold(0.5, 0.8);                           // Exposure 0.4.
  // 0.4 x 2 % - 0.4 x 1 bp assumed - 0.4 x 10 bp of cost, over 1 %.
  EXPECT_NEAR(account.close({0.02, 0.0001, 0.8}), (0.008 - 0.00004 - 0.0004) / 0.01, 1e-12);
  EXPECT_NEAR(account.close({-0.01, 0.0, 0.8}), -0.4, 1e-12);  // The cost is paid once.
  EXPECT_NEAR(account.profit(), 0.756 - 0.4, 1e-12);
}

TEST(UnitAccount, CountsProfitAnewWhereThePositionTurns) {
  UnitAccount account(0.0, 0.01);
  account.hold(1.0, 1.0);
  account.close({0.03, 0.0, 1.0});
  account.hold(0.5, 1.0);
  EXPECT_NEAR(account.profit(), 3.0, 1e-12);
  account.hold(-0.5, 1.0);
  EXPECT_EQ(account.profit(), 0.0);
}

TEST(UnitAccount, ChargesAssumedFundingToEitherSide) {
  for (const double weight : {1.0, -1.0}) {
    UnitAccount account(0.0, 1.0);
    account.hold(weight, 1.0);
    EXPECT_DOUBLE_EQ(account.close({0.0, 0.0002, 1.0}), -0.0002) << weight;
  }
}

TEST(MarketMoves, SubtractKnownFundingAndAssumeTheRest) {
  MarketMoves moves(market_settings(), Interval::M1, std::chrono::hours{4});
  const auto bar = [](std::int64_t i, std::int64_t close) {
    return test::make_bar(i, close, close, close, close, 1.0);
  };
  moves.add(bar(0, 10'000), {});
  const std::array<matching::FundingTime, 2> due{
      matching::FundingTime{.known = true, .rate_e9 = 300'000}, matching::FundingTime{}};
  const MarketMove move = moves.add(bar(1, 10'100), due);
  EXPECT_NEAR(move.bar_return, 0.01 - 0.0003, 1e-12);
  EXPECT_NEAR(move.assumed, 0.00005, 1e-15);  // 1 bp per 8 h, for 4 h.
}

TEST(MarketMoves, ScaleAFullWeightToTheVolatilityTarget) {
  MarketSettings settings = market_settings();
  MarketMoves moves(settings, Interval::H1, std::chrono::hours{8});
  double close = 1'000'000;
  MarketMove move;
  for (std::int64_t i = 0; i < 60; ++i) {
    close *= i % 2 == 0 ? 1.01 : 1.0 / 1.01;
    const auto c = static_cast<std::int64_t>(close);
    move = moves.add(test::make_bar(i, c, c, c, c, 1.0, Interval::H1), {});
    EXPECT_EQ(move.scale > 0.0, i >= settings.volatility_span) << i;
  }
  // Every log return is ln 1.01: 0.5 a year is 0.5 / sqrt(8760) an hour.
  EXPECT_NEAR(move.scale, 0.5 / std::sqrt(8760.0) / std::log(1.01), 1e-4);
}

TEST(MarketMoves, BoundTheScaleWhereNothingMoves) {
  MarketMoves moves(market_settings(), Interval::H1, std::chrono::hours{8});
  MarketMove move;
  for (std::int64_t i = 0; i < 20; ++i) {
    const std::int64_t c = 1'000'000 + (i % 2);
    move = moves.add(test::make_bar(i, c, c, c, c, 1.0, Interval::H1), {});
  }
  EXPECT_EQ(move.scale, 2.0);
}

TEST(PolicyTrial, TellsPositionProfitTimeChancesAndReward) {
  const MarketSettings settings = market_settings();
  PolicyTrial trial(settings, Interval::H1, 2);
  const double unit = unit_of(settings, Interval::H1);
  const std::array<float, 1> features{0.25F};
  std::array<float, 1 + kOwnInputs> x{};
  trial.observe(features, {0.0, 0.0, 1.0}, x);
  EXPECT_EQ(x, (std::array<float, 8>{0.25F, 0, 0, 0, 0, 0, 0, 0}));
  // Logits ln 1, ln 2, ln 5: chances 1/8, 2/8, 5/8, weight 1/2.
  const std::array<float, 4> outputs{0.0F, std::log(2.0F), std::log(5.0F), 0.5F};
  const PolicyAnswer& answer = trial.answer(outputs, {0.0, 0.0, 1.0}, true);
  EXPECT_NEAR(answer.weight, 0.5, 1e-7);
  EXPECT_EQ(answer.value, 0.5);
  EXPECT_NEAR(answer.confidence, 1.0 - 0.9002561 / std::log(3.0), 1e-6);
  trial.observe(features, {0.01, 0.0, 1.0}, x);
  const double net = (0.5 * 0.01 - 0.5 * kCost) / unit;
  EXPECT_NEAR(x[1], 0.5, 1e-6);
  EXPECT_NEAR(x[2], net / 10.0, 1e-6);
  EXPECT_EQ(x[3], 0.25F);
  EXPECT_NEAR(x[4], 0.125, 1e-6);
  EXPECT_NEAR(x[6], 0.625, 1e-6);
  EXPECT_NEAR(x[7], net, 1e-6);
}

TEST(PolicyTrial, HoldsBetweenDecisions) {
  PolicyTrial trial(market_settings(), Interval::H1, 0);
  std::array<float, kOwnInputs> x{};
  trial.observe({}, {0.0, 0.0, 1.0}, x);
  trial.answer(std::array<float, 4>{0.0F, 0.0F, 9.0F, 0.0F}, {0.0, 0.0, 1.0}, true);
  const double held = trial.account().exposure();
  trial.observe({}, {0.0, 0.0, 0.5}, x);
  trial.answer(std::array<float, 4>{9.0F, 0.0F, 0.0F, 0.0F}, {0.0, 0.0, 0.5}, false);
  EXPECT_EQ(trial.account().exposure(), held);
  EXPECT_GT(trial.last().chances[0], 0.99);  // What it says is kept all the same.
}

TEST(PolicyTrial, KeepsWhatItHeldWhereTheAnswerIsNoNumber) {
  PolicyTrial trial(market_settings(), Interval::H1, 0);
  std::array<float, kOwnInputs> x{};
  trial.observe({}, {0.0, 0.0, 1.0}, x);
  trial.answer(std::array<float, 4>{0.0F, 0.0F, 9.0F, 0.0F}, {0.0, 0.0, 1.0}, true);
  const PolicyAnswer before = trial.last();
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    const PolicyAnswer& answer =
        trial.answer(std::array<float, 4>{bad, 0.0F, 0.0F, 0.0F}, {0.0, 0.0, 1.0}, true);
    EXPECT_FALSE(answer.finite);
    EXPECT_EQ(answer.weight, before.weight);
    EXPECT_EQ(answer.chances, before.chances);
  }
}

TEST(PolicyTrial, IsOverAfterItsBarsAndBeginsAnewEmpty) {
  PolicyTrial trial(market_settings(), Interval::H1, 2);
  std::array<float, kOwnInputs> x{};
  for (int i = 0; i < 4; ++i) {
    EXPECT_FALSE(trial.over()) << i;
    trial.observe({}, {0.01, 0.0, 1.0}, x);
    trial.state()[0] = 1.0F;
    trial.answer(std::array<float, 4>{0.0F, 0.0F, 1.0F, 0.0F}, {0.01, 0.0, 1.0}, true);
  }
  EXPECT_TRUE(trial.over());
  trial.begin();
  EXPECT_FALSE(trial.over());
  EXPECT_EQ(trial.state()[0], 0.0F);
  EXPECT_EQ(trial.account().exposure(), 0.0);
  trial.observe({}, {0.01, 0.0, 1.0}, x);
  EXPECT_EQ(x, (std::array<float, kOwnInputs>{}));
}

TEST(Decisions, FallOnCloseTimesThatAreMultiplesFromTheEpoch) {
  const auto at = [](int hour) { return Timestamp{} + std::chrono::hours{hour}; };
  EXPECT_TRUE(decides_at(at(3), Interval::H1, 4));  // Closes at 04:00.
  EXPECT_FALSE(decides_at(at(4), Interval::H1, 4));
  EXPECT_TRUE(decides_at(at(7), Interval::H1, 4));
  for (int hour = 0; hour < 9; ++hour) EXPECT_TRUE(decides_at(at(hour), Interval::H1, 1));
}

}  // namespace
}  // namespace proteus::strategies
