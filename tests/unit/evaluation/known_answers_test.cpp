// What the known answers rest on, computed a second way, and the quick ones as they stand.
#include "models/evaluation/known_answers/known_answer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <vector>

#include "models/evaluation/known_answers/bandit.hpp"
#include "models/evaluation/known_answers/drift_market.hpp"
#include "models/evaluation/known_answers/noise_market.hpp"
#include "models/evaluation/known_answers/ruin.hpp"
#include "models/evaluation/known_answers/telling_arm.hpp"

namespace proteus::evaluation {
namespace {

/// By value: what value() of a temporary refers to is gone with it.
std::vector<Check> checks_of(Result<std::vector<Check>> result) {
  return std::move(result.value());
}

TEST(KnownAnswers, AreSixteenWithNamesOfTheirOwn) {
  std::set<std::string_view> ids;
  for (const KnownAnswer& known : known_answers()) ids.insert(known.id);
  EXPECT_EQ(ids.size(), 16U);
}

TEST(KnownAnswers, ThatAreExactHold) {
  int held = 0;
  for (const KnownAnswer& known : known_answers()) {
    const std::set<std::string_view> exact{"KA-2",  "KA-3",  "KA-4", "KA-10",
                                           "KA-11", "KA-13", "KA-14"};
    if (!exact.contains(known.id)) continue;
    for (const Check& check : checks_of(known.run({}))) {
      EXPECT_NE(check.grade(), Grade::Fail) << known.id << " " << check.what << " " << *check.value;
      held += check.grade() == Grade::Pass ? 1 : 0;
    }
  }
  EXPECT_EQ(held, 31);
}

TEST(KnownAnswers, ThatAreDrawnHoldAtASmallSize) {
  const Parameters small{.seeds = 1, .instances = 2'000, .paths = 4'000};
  for (const auto run : {bernoulli_bandit, hidden_drift})
    for (const Check& check : checks_of(run(small)))
      EXPECT_NE(check.grade(), Grade::Fail) << check.what << " " << *check.value;
}

TEST(NoiseMarket, EarnsNothingButCostsAndShowsWhoeverLooksAhead) {
  for (const Check& check : checks_of(noise_market({})))
    EXPECT_NE(check.grade(), Grade::Fail) << check.what << " " << *check.value;
}

TEST(NoiseMarket, IsNotJudgedByAnAgentThatNeverTrades) {
  const auto series = noise_series(200, 1).value();
  const NoiseRun idle = run_rule(series, [](std::size_t) { return 0; }).value();
  EXPECT_EQ(idle.turnover(), 0.0);
  EXPECT_TRUE(noise_checks("nobody", {idle, idle}).has_error());
}

TEST(KnownAnswers, RefuseSizesThatTheyCannotHave) {
  EXPECT_TRUE(sinusoids({.steps = 0}).has_error());
  EXPECT_TRUE(point_navigation({.steps = -1}).has_error());
  EXPECT_TRUE(bernoulli_bandit({.arms = 0}).has_error());
  EXPECT_TRUE(bandit_references({.pulls = 500}).has_error());
  EXPECT_TRUE(telling_arm({.arms = 40}).has_error());
  EXPECT_TRUE(hidden_drift({.bars = 0}).has_error());
}

TEST(KnownAnswers, DemandNothingOfAVariantWithoutAKnownValue) {
  EXPECT_EQ(checks_of(dependent_arms({.pulls = 31}))[0].grade(), Grade::Shown);
  EXPECT_EQ(checks_of(dependent_arms({}))[0].grade(), Grade::Pass);
}

TEST(Check, FailsOutsideItsIntervalAndOnWhatIsNoNumber) {
  EXPECT_EQ(Check::within("x", 1.5, 1.0, 0.5).grade(), Grade::Pass);
  EXPECT_EQ(Check::within("x", 1.51, 1.0, 0.5).grade(), Grade::Fail);
  EXPECT_EQ(Check::at_least("x", 0.99, 1.0).grade(), Grade::Fail);
  EXPECT_EQ(Check::at_most("x", 1.01, 1.0).grade(), Grade::Fail);
  EXPECT_EQ(Check::at_most("x", -INFINITY, 1.0).grade(), Grade::Fail);
  EXPECT_EQ(Check::at_most("x", std::nan(""), 1.0).grade(), Grade::Fail);
  EXPECT_EQ(Check::shown("x", 1.0).grade(), Grade::Shown);
  EXPECT_EQ(Check::not_built("x").grade(), Grade::NotBuilt);
}

/// A rule's expectation over all posteriors of two arms, exactly. `first`: the chance that it pulls
/// the first of arms with these wins and losses.
template <class First>
double expectation(std::array<int, 4> s, int pulls, First first) {
  if (pulls == 0) return 0.0;
  const double chance = first(s);
  double sum = 0.0;
  for (std::size_t arm = 0; arm < 2; ++arm) {
    const double taken = arm == 0 ? chance : 1.0 - chance;
    if (taken == 0.0) continue;
    const double p = (s[2 * arm] + 1.0) / (s[2 * arm] + s[2 * arm + 1] + 2.0);
    auto won = s;
    ++won[2 * arm];
    auto lost = s;
    ++lost[2 * arm + 1];
    sum += taken * (p * (1.0 + expectation(won, pulls - 1, first)) +
                    (1.0 - p) * expectation(lost, pulls - 1, first));
  }
  return sum;
}

double greedy_first(std::array<int, 4> s) {
  const int ahead = (s[0] + 1) * (s[2] + s[3] + 2) - (s[2] + 1) * (s[0] + s[1] + 2);
  return ahead == 0 ? 0.5 : (ahead > 0 ? 1.0 : 0.0);
}

/// P(Beta(a, b) > Beta(c, d)): what Thompson sampling does. Sum over whole a (Cook 2005).
double thompson_first(std::array<int, 4> s) {
  const double a = s[0] + 1.0;
  const double b = s[1] + 1.0;
  const double c = s[2] + 1.0;
  const double d = s[3] + 1.0;
  const auto log_beta = [](double x, double y) {
    return std::lgamma(x) + std::lgamma(y) - std::lgamma(x + y);
  };
  double sum = 0.0;
  for (double i = 0.0; i < a; i += 1.0)
    sum +=
        std::exp(log_beta(c + i, b + d) - std::log(b + i) - log_beta(1.0 + i, b) - log_beta(c, d));
  return sum;
}

TEST(BanditRules, EarnWhatTheirExpectationIs) {
  // Eight pulls of two arms; a standard error of 40 000 instances is below 0.01.
  const Bandit bandit{2, 8};
  EXPECT_NEAR(play(bandit, BanditRule::Random, 40'000, 11), 4.0, 0.04);
  EXPECT_NEAR(play(bandit, BanditRule::Greedy, 40'000, 12), expectation({}, 8, greedy_first), 0.04);
  EXPECT_NEAR(play(bandit, BanditRule::Thompson, 40'000, 13), expectation({}, 8, thompson_first),
              0.04);
}

TEST(BanditRules, AreNoBetterThanTheBest) {
  const double best = bayes_optimal({2, 8}).value();
  EXPECT_LT(expectation({}, 8, greedy_first), best);
  EXPECT_LT(expectation({}, 8, thompson_first), best);
}

/// Without memory, without order among arms.
double best_of_two(std::array<int, 4> s, int pulls) {
  if (pulls == 0) return 0.0;
  double best = 0.0;
  for (const double first : {0.0, 1.0}) {
    const auto arm = static_cast<std::size_t>(1.0 - first);
    const double p = (s[2 * arm] + 1.0) / (s[2 * arm] + s[2 * arm + 1] + 2.0);
    auto won = s;
    ++won[2 * arm];
    auto lost = s;
    ++lost[2 * arm + 1];
    best = std::max(
        best, p * (1.0 + best_of_two(won, pulls - 1)) + (1.0 - p) * best_of_two(lost, pulls - 1));
  }
  return best;
}

TEST(BayesOptimal, EqualsThePlainRecursion) {
  for (const int pulls : {1, 2, 5, 7})
    EXPECT_NEAR(bayes_optimal({2, pulls}).value(), best_of_two({}, pulls), 1e-12) << pulls;
  EXPECT_NEAR(bayes_optimal({1, 9}).value(), 4.5, 1e-12);  // One arm: nothing to choose.
}

TEST(BetaDraw, HasTheMomentsOfItsDistribution) {
  market::Random random{21, "beta"};
  for (const auto& [a, b] : {std::pair{1, 1}, std::pair{1, 7}, std::pair{30, 4}}) {
    double sum = 0.0;
    double squares = 0.0;
    for (int i = 0; i < 40'000; ++i) {
      const double x = beta_draw(a, b, random);
      ASSERT_TRUE(x > 0.0 && x < 1.0);
      sum += x / 40'000.0;
      squares += x * x / 40'000.0;
    }
    const double n = a + b;
    EXPECT_NEAR(sum, a / n, 0.006);
    EXPECT_NEAR((squares - sum * sum) / (a * b / (n * n * (n + 1.0))), 1.0, 0.05) << a << " " << b;
  }
}

TEST(DependentArms, RegretEqualsTheIntegralOverP) {
  // For each p, binomials of what was seen; the rule takes the arm that was seen to pay more.
  constexpr int kPulls = 12;
  constexpr int kPoints = 2'000;
  double regret = 0.0;
  for (int i = 0; i < kPoints; ++i) {
    const double p = (i + 0.5) / kPoints;
    for (int t = 0; t < kPulls; ++t) {
      double weight = std::pow(1.0 - p, t);  // of s signs for the first arm
      double earned = 0.0;
      for (int s = 0; s <= t; ++s) {
        const double first = 2 * s == t ? 0.5 : (2 * s > t ? 1.0 : 0.0);
        earned += weight * (first * p + (1.0 - first) * (1.0 - p));
        weight *= p / (1.0 - p) * (t - s) / (s + 1.0);
      }
      regret += (std::max(p, 1.0 - p) - earned) / kPoints;
    }
  }
  EXPECT_NEAR(dependent_arms_regret(kPulls), regret, 1e-6);
}

TEST(TellingArm, IsWorthAskingOnlyWhereEnoughPullsFollow) {
  // One pull: 1.4 at once beats a hint of 0.55. Two: 0.55 + 5 against 1.4 + (0.1 * 5 + 0.9 * 13/9).
  EXPECT_NEAR(telling_arm_best({10, 1}), 1.4, 1e-12);
  EXPECT_NEAR(telling_arm_best({10, 2}), 5.55, 1e-12);
  EXPECT_NEAR(telling_arm_untold({10, 2}), 1.4 + 0.1 * 5.0 + 0.9 * (5.0 + 8.0) / 9.0, 1e-12);
  EXPECT_LT(telling_arm_cut({10, 5}).blind, telling_arm_cut({10, 5}).mindful);
}

TEST(DriftMarket, BestRuleWithoutCostIsTheSignRule) {
  // Two computations that share no line: induction on a grid, and the closed form.
  for (const std::int64_t bars : {1, 2, 20, 60}) {
    const DriftMarket market{.bars = bars};
    EXPECT_NEAR(best_expectation(market, 0.0), sign_rule_expectation(market), 2e-6) << bars;
  }
}

TEST(DriftMarket, BestRuleStaysOutWhereTradingCostsMoreThanThereIsToEarn) {
  EXPECT_EQ(best_expectation({.bars = 20}, 0.02), 0.0);
}

TEST(DriftMarket, RuleHoldsOnlyWhatThePastHasShown) {
  // Nothing on the first bar, then the sign of the sum before the bar.
  const std::array<double, 4> returns{0.02, 0.01, -0.05, 0.04};
  EXPECT_NEAR(sign_rule_profit(returns, 0.0), 0.01 - 0.05 - 0.04, 1e-15);
  EXPECT_NEAR(sign_rule_profit(returns, 0.001), -0.08 - 0.001 * 3.0, 1e-15);
  // What comes last changes nothing but what is earned on it.
  const std::array<double, 4> other{0.02, 0.01, -0.05, -0.04};
  EXPECT_NEAR(sign_rule_profit(other, 0.0) - sign_rule_profit(returns, 0.0), 0.08, 1e-15);
}

TEST(DriftMarket, GivesAnyBackTestThePathsItsSeedNames) {
  const DriftMarket market{.bars = 50};
  const auto sum = [](std::span<const double> r) {
    double s = 0.0;
    for (const double x : r) s += x;
    return s;
  };
  EXPECT_EQ(mean_profit(market, 100, 4, sum), mean_profit(market, 100, 4, sum));
  EXPECT_NE(mean_profit(market, 100, 4, sum), mean_profit(market, 100, 5, sum));
  // Up and down cancel: 0 with a deviation of sqrt(0.05^2 + 50 * 0.01^2) / sqrt(4000) = 0.0014.
  EXPECT_NEAR(mean_profit(market, 4'000, 6, sum), 0.0, 0.005);
}

TEST(ChanceOfFalling, IsOneLostBetAfterAnother) {
  // Staking half: below 0.6 after one loss; below 0.6 after a win and two losses, and so on.
  EXPECT_NEAR(chance_of_falling(0.6, 0.5, 0.6, 1), 0.4, 1e-15);
  EXPECT_NEAR(chance_of_falling(0.6, 0.5, 0.6, 3), 0.4 + 0.6 * 0.4 * 0.4, 1e-15);
  // Doubling or nothing is lost with the first loss: all but p^n.
  EXPECT_NEAR(chance_of_falling(0.6, 0.999999, 0.5, 5), 1.0 - std::pow(0.6, 5.0), 1e-12);
}

}  // namespace
}  // namespace proteus::evaluation
