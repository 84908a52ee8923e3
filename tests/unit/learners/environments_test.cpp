#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "models/learners/known_answers/bandit_env.hpp"
#include "models/learners/known_answers/cart_pole_env.hpp"
#include "models/learners/known_answers/drift_env.hpp"
#include "models/learners/known_answers/grid_navi_env.hpp"
#include "models/learners/known_answers/learned_answers.hpp"
#include "models/learners/known_answers/market_drift_env.hpp"

namespace proteus::learners {
namespace {

using training::StepEnd;

TEST(BernoulliBandit, RandomPullsPayHalfAndRegretAThird) {
  // E max of two uniform chances is 2/3, a random arm's is 1/2.
  BernoulliBandit env{2'000, 2, 5, BernoulliBandit::Arms::Independent};
  env.reset(1);
  const std::vector<std::int32_t> first(2'000, 0);
  double rewards = 0.0, regrets = 0.0;
  for (int pull = 0; pull < 50; ++pull) {
    env.step(first);
    for (const float r : env.rewards()) rewards += static_cast<double>(r);
    for (const float r : env.regrets()) regrets += static_cast<double>(r);
    EXPECT_EQ(env.ends()[7], pull % 5 == 4 ? StepEnd::TrialTerminated : StepEnd::None);
  }
  EXPECT_NEAR(rewards / 1e5, 0.5, 0.01);
  EXPECT_NEAR(regrets / 1e5, 1.0 / 6.0, 0.01);
}

TEST(TellingArmBandit, TellsTheArmThatPaysAndEndsItsEpisodes) {
  TellingArmBandit env{1, 10, 3, 1};
  env.reset(4);
  for (int trial = 0; trial < 20; ++trial) {
    env.step(std::vector<std::int32_t>{10});
    EXPECT_EQ(env.ends()[0], StepEnd::EpisodeTerminated);
    const auto target = static_cast<std::int32_t>(std::lround(env.rewards()[0] * 10.0F)) - 1;
    env.step(std::vector<std::int32_t>{target});
    EXPECT_EQ(env.rewards()[0], 5.0F);
    EXPECT_EQ(env.ends()[0], StepEnd::None);
    env.step(std::vector<std::int32_t>{(target + 1) % 10});
    EXPECT_EQ(env.rewards()[0], 1.0F);
    EXPECT_EQ(env.ends()[0], StepEnd::TrialTerminated);
  }
}

TEST(CartPole, MovesAsGymDoes) {
  // From rest upright one push to the right: force 10 / 1.1 kg, and the pole's reaction.
  const CartPole::State s = CartPole::after({0.0, 0.0, 0.0, 0.0}, true);
  EXPECT_DOUBLE_EQ(s[0], 0.0);
  EXPECT_NEAR(s[1], 0.195121951219512, 1e-12);
  EXPECT_DOUBLE_EQ(s[2], 0.0);
  EXPECT_NEAR(s[3], -0.292682926829268, 1e-12);
}

TEST(CartPole, FallsWhenPushedOneWayAndIsCutAfter500Steps) {
  CartPole env{1};
  env.reset(1);
  int steps = 0;
  do {
    env.step(std::vector<std::int32_t>{1});
    ++steps;
  } while (env.ends()[0] == StepEnd::None);
  EXPECT_EQ(env.ends()[0], StepEnd::TrialTerminated);
  EXPECT_LT(steps, 15);
  // A linear rule keeps it up.
  for (steps = 0; steps < 500; ++steps) {
    const auto o = env.observations();
    env.step(std::vector<std::int32_t>{o[0] * 0.1F + o[1] * 0.5F + o[2] * 5.0F + o[3] > 0 ? 1 : 0});
    if (env.ends()[0] != StepEnd::None) break;
  }
  EXPECT_EQ(steps, 499);
  EXPECT_EQ(env.ends()[0], StepEnd::TrialTruncated);
}

TEST(GridNavi, KeepsItsGoalForFourEpisodesOutsideTheStartCorner) {
  GridNavi env{1};
  env.reset(3);
  // A walk over the whole grid takes more than an episode; look for the goal by rows over trials.
  const std::vector<std::int32_t> stay{0}, up{1}, right{2};
  int ends = 0;
  for (std::size_t step = 1; step <= GridNavi::kSteps * GridNavi::kEpisodes; ++step) {
    env.step(stay);
    EXPECT_FLOAT_EQ(env.rewards()[0], -0.1F) << "the start is never the goal";
    if (env.ends()[0] == StepEnd::EpisodeTruncated) ++ends;
    const bool last = step == GridNavi::kSteps * GridNavi::kEpisodes;
    EXPECT_EQ(env.ends()[0] == StepEnd::TrialTerminated, last);
  }
  EXPECT_EQ(ends, 3);
  env.step(up);
  EXPECT_EQ(env.observations()[GridNavi::kSide], 1.0F);
  env.step(right);
  EXPECT_EQ(env.observations()[GridNavi::kSide + 1], 1.0F);
}

TEST(GridNavi, DrawsEachOf21GoalsAlike) {
  GridNavi env{21'000};
  env.reset(3);
  // Straight up the left wall: three of the 21 goals lie there, each passed once.
  std::vector<std::int32_t> up(21'000, 1);
  int found = 0;
  for (int step = 0; step < 4; ++step) {
    env.step(up);
    for (const float r : env.rewards()) found += r > 0.5F ? 1 : 0;
  }
  EXPECT_NEAR(found / 21'000.0, 3.0 / 21.0, 0.01);
}

TEST(DriftEnv, PaysTheSignRuleWhatThePlainBackTestPaysPathByPath) {
  constexpr double kCost = 0.001;
  const evaluation::DriftMarket market;
  DriftEnv env{5, market, kCost};
  env.reset(11);
  std::vector<std::vector<double>> returns(env.size());
  std::vector<double> sums(env.size(), 0.0);
  std::vector<double> past(env.size(), 0.0);
  std::vector<std::int32_t> actions(env.size());
  const auto see = [&](std::size_t i, std::span<const float> rows) {
    const double r = static_cast<double>(rows[i * 2]) * market.sigma;
    returns[i].push_back(r);
    past[i] += r;
  };
  for (std::size_t i = 0; i < env.size(); ++i) see(i, env.observations());
  for (std::int64_t t = 1; t < market.bars; ++t) {
    for (std::size_t i = 0; i < env.size(); ++i) actions[i] = past[i] > 0.0 ? 2 : 0;
    env.step(actions);
    const bool last = t + 1 == market.bars;
    for (std::size_t i = 0; i < env.size(); ++i) {
      sums[i] += env.rewards()[i];
      see(i, last ? env.final_observations() : env.observations());
      EXPECT_EQ(ends_trial(env.ends()[i]), last);
    }
  }
  for (std::size_t i = 0; i < env.size(); ++i)
    EXPECT_NEAR(sums[i], evaluation::sign_rule_profit(returns[i], kCost), 1e-5) << i;
}

TEST(MarketDriftEnv, PaysStepByStepWhatTheDriftPaysButForSquaresAndRebalancing) {
  constexpr double kCost = 0.001;
  const evaluation::DriftMarket market;
  DriftEnv plain{3, market, kCost};
  const auto account = std::move(MarketDriftEnv::create(3, market, kCost).value());
  plain.reset(12);
  account->reset(12);
  market::Random random{5};
  std::vector<std::int32_t> actions(3, 1);
  for (std::int64_t t = 0; t < 2 * (market.bars - 1); ++t) {
    for (std::int32_t& a : actions)
      if (random.chance(0.1)) a = static_cast<std::int32_t>(3.0 * random.uniform());
    plain.step(actions);
    account->step(actions);
    for (std::size_t i = 0; i < actions.size(); ++i) {
      // Half the square of a return of five deviations, and 2 |r| x cost.
      ASSERT_NEAR(account->rewards()[i], plain.rewards()[i], 0.0015) << t;
      ASSERT_EQ(account->ends()[i], plain.ends()[i]) << t;
      ASSERT_EQ(account->observations()[2 * i], plain.observations()[2 * i]) << t;
    }
  }
}

TEST(LearnedAnswers, TakeThePlacesOfWhatWasNotBuilt) {
  using evaluation::Check;
  const auto all =
      joined({Check::within("exact", 1, 1, 0), Check::not_built("a"), Check::not_built("b")},
             {Check::at_least("b", 2, 1), Check::at_least("b, worst seed", 2, 1)});
  std::vector<std::string> names;
  for (const Check& check : all) names.push_back(check.what);
  EXPECT_THAT(names, ::testing::ElementsAre("exact", "a", "b", "b, worst seed"));
}

TEST(LearnedAnswers, BelongToKnownAnswersThatWaitForThem) {
  // An id or a name that is misspelt would run nothing, or run beside a line that says not built.
  for (const LearnedAnswer& learned : learned_answers()) {
    const auto list = evaluation::known_answers();
    EXPECT_TRUE(std::ranges::any_of(list, [&](const auto& k) { return k.id == learned.id; }))
        << learned.id;
  }
  EXPECT_EQ(all_known_answers().size(), evaluation::known_answers().size());
}

}  // namespace
}  // namespace proteus::learners
