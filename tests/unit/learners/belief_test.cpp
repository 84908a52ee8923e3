// The belief about a task: what it is asked, its loss, and that nothing changes without it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "models/learners/belief_loss.hpp"
#include "models/learners/evaluate.hpp"
#include "models/learners/known_answers/bandit_env.hpp"
#include "models/learners/known_answers/grid_navi_env.hpp"
#include "models/learners/ppo.hpp"
#include "tests/unit/learners/support.hpp"

namespace proteus::learners {
namespace {

using training::StepEnd;

constexpr std::size_t kColumns = 2;
constexpr std::size_t kActions = 3;

/// Two environments, six steps; the first's trial ends after the second step, an episode of its
/// next after the fourth. Each number says where it comes from.
Rollout numbered() {
  Rollout r{6, 2, 4};
  for (std::size_t k = 0; k < 12; ++k) {
    for (std::size_t c = 0; c < 4; ++c)
      r.inputs.data_ptr<float>()[4 * k + c] = static_cast<float>(10 * k + c);
    r.rewards[k] = static_cast<float>(k);
    r.actions[k] = static_cast<std::int32_t>(k % kActions);
    r.ends[k] = StepEnd::None;
  }
  r.ends[2] = StepEnd::TrialTerminated;
  r.ends[6] = StepEnd::EpisodeTerminated;
  return r;
}

/// Which step a question is about.
std::size_t about(const BeliefQuestions& q, std::int64_t step, std::int64_t environment) {
  return static_cast<std::size_t>(q.asked[step][environment][0].item().toFloat() / 10.0F);
}

TEST(BeliefQuestions, AskAboutStepsOfTheSameTrialBeforeAndAfter) {
  const Rollout rollout = numbered();
  bool earlier = false, later = false;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const BeliefQuestions q = belief_questions(rollout, kColumns, kActions, 1.0F, seed);
    for (std::int64_t t = 0; t < 6; ++t)
      for (std::int64_t i = 0; i < 2; ++i) {
        const std::size_t k = about(q, t, i);
        EXPECT_EQ(k % 2, static_cast<std::size_t>(i)) << "the same environment";
        const auto step = static_cast<std::int64_t>(k / 2);
        if (i == 0) {
          EXPECT_EQ(step < 2, t < 2) << "the same trial";
        }
        earlier |= step < t;
        later |= step > t;
      }
  }
  EXPECT_TRUE(earlier);
  EXPECT_TRUE(later);
}

TEST(BeliefQuestions, AreToldWhatWasPaidAndWhatCame) {
  const Rollout rollout = numbered();
  constexpr float kScale = 0.3F;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const BeliefQuestions q = belief_questions(rollout, kColumns, kActions, kScale, seed);
    for (std::int64_t t = 0; t < 6; ++t)
      for (std::int64_t i = 0; i < 2; ++i) {
        const std::size_t k = about(q, t, i);
        const torch::Tensor asked = q.asked[t][i], told = q.told[t][i];
        EXPECT_EQ(asked[1].item().toFloat(), static_cast<float>(10 * k + 1));
        for (std::size_t a = 0; a < kActions; ++a)
          EXPECT_EQ(asked[static_cast<std::int64_t>(kColumns + a)].item().toFloat(),
                    a == k % kActions ? 1.0F : 0.0F);
        EXPECT_FLOAT_EQ(told[0].item().toFloat(), static_cast<float>(k) * kScale);
        const bool next = k != 2 && k != 6 && k < 10;
        EXPECT_EQ(q.has_next[t][i][0].item().toFloat(), next ? 1.0F : 0.0F) << k;
        if (next) {
          EXPECT_EQ(told[2].item().toFloat(), static_cast<float>(10 * (k + 2) + 1));
        }
      }
  }
}

TEST(BeliefQuestions, OfAnEnvironmentFollowFromItsPlaceAmongAll) {
  const Rollout rollout = numbered();
  const auto all = belief_questions(rollout, kColumns, kActions, 1.0F, 7);
  Rollout second{6, 1, 4};
  second.inputs.copy_(rollout.inputs.narrow(1, 1, 1));
  for (std::size_t t = 0; t < 6; ++t) second.rewards[t] = rollout.rewards[2 * t + 1];
  const auto alone = belief_questions(second, kColumns, kActions, 1.0F, 7, 1);
  EXPECT_TRUE(torch::equal(alone.asked.narrow(2, 0, kColumns),
                           all.asked.narrow(1, 1, 1).narrow(2, 0, kColumns)));
}

TEST(BeliefLoss, IsThatOfThePrintedFormulaWithItsGradients) {
  market::Random random{3};
  const policy::BeliefHead head({4, 6, 5, kColumns, kActions}, random);
  const BeliefQuestions q = belief_questions(numbered(), kColumns, kActions, 1.0F, 1);
  torch::manual_seed(1);
  torch::Tensor features = torch::randn({12, 5}).requires_grad_();
  const BeliefQuestions small{q.asked * 0.01, q.told * 0.01, q.has_next};
  const torch::Tensor loss = belief_loss(head, features, small);
  loss.backward();

  // Central differences of the formula, row by row, in double.
  std::map<std::string, torch::Tensor> w;
  for (const auto& p : head.named_parameters()) w[p.key()] = p.value().detach().to(torch::kDouble);
  const auto printed = [&](const torch::Tensor& f) {
    double sum = 0.0;
    for (std::int64_t r = 0; r < 12; ++r) {
      const torch::Tensor belief = torch::tanh(w["belief_weight"].mv(f[r]) + w["belief_bias"]);
      const torch::Tensor asked = small.asked.view({12, -1})[r].to(torch::kDouble);
      const torch::Tensor hidden =
          torch::relu(w["decoder_weight"].mv(torch::cat({belief, asked})) + w["decoder_bias"]);
      const torch::Tensor away = w["told_weight"].mv(hidden) + w["told_bias"] -
                                 small.told.view({12, -1})[r].to(torch::kDouble);
      const double reward = away[0].item().toDouble();
      double next = 0.0;
      if (small.has_next.view({12})[r].item().toFloat() > 0.5F)
        for (std::size_t c = 1; c <= kColumns; ++c)
          next += std::pow(away[static_cast<std::int64_t>(c)].item().toDouble(), 2.0);
      sum += 0.5 * reward * reward + 0.5 * next / static_cast<double>(kColumns);
    }
    return sum / 12.0;
  };
  torch::Tensor exact = features.detach().to(torch::kDouble);
  EXPECT_NEAR(loss.item().toDouble(), printed(exact), 1e-6);
  for (const auto& [r, c] : {std::pair{0, 0}, {3, 2}, {6, 1}, {11, 4}}) {
    constexpr double kStep = 1e-5;
    torch::Tensor up = exact.clone(), down = exact.clone();
    up[r][c] += kStep;
    down[r][c] -= kStep;
    EXPECT_NEAR(features.grad()[r][c].item().toDouble(),
                (printed(up) - printed(down)) / (2.0 * kStep), 1e-6);
  }
}

struct BeliefRun {
  GridNavi env{16};
  policy::ActorCritic policy;
  std::unique_ptr<Ppo> ppo;
  std::vector<double> losses;

  BeliefRun(std::int64_t belief, bool read, double share, std::int64_t steps)
      : policy({.encoder = 0, .core = {.hidden = 16}, .belief = belief, .belief_read = read},
               input_width(kAll, env), 5, 1, 25) {
    PpoSettings settings;
    settings.rollout_steps = 60;
    settings.rate = 5e-3;
    settings.belief_share = share;
    ppo = std::move(Ppo::create(policy, env, kAll, settings, steps, 1).value());
    EXPECT_FALSE(
        ppo->run([&](const PpoMetrics& m) { losses.push_back(m.belief_loss); }).has_error());
  }
};

TEST(BeliefTraining, WithoutAShareChangesNoBitOfThePolicy) {
  const BeliefRun without(0, false, 0.0, 4'000), with(8, false, 0.0, 4'000);
  const auto first = without.policy.values(), second = with.policy.values();
  ASSERT_LT(first.size(), second.size());
  EXPECT_TRUE(std::equal(first.begin(), first.end(), second.begin()));
  EXPECT_THAT(with.losses, ::testing::Each(0.0));
}

TEST(BeliefTraining, ForetellsBetterAndBetterAndGivesTheSameBitsAgain) {
  const BeliefRun one(8, true, 1.0, 30'000), same(8, true, 1.0, 30'000);
  EXPECT_EQ(policy::parameter_hash(one.policy.values()),
            policy::parameter_hash(same.policy.values()));
  // At first half the variance of a reward, 1, and little of the observation's, one-hot in 25.
  EXPECT_NEAR(one.losses.front(), 0.55, 0.25);
  EXPECT_LT(one.losses.back(), 0.9 * one.losses.front());
}

TEST(BeliefTraining, IsRefusedWithoutABelief) {
  GridNavi env{4};
  policy::ActorCritic policy({.encoder = 0, .core = {.hidden = 8}}, input_width(kAll, env), 5, 1);
  PpoSettings settings;
  settings.belief_share = 0.5;
  const auto made = Ppo::create(policy, env, kAll, settings, 1'000, 1);
  ASSERT_TRUE(made.has_error());
  EXPECT_EQ(made.error().code, ErrorCode::OutOfRange);
}

}  // namespace
}  // namespace proteus::learners
