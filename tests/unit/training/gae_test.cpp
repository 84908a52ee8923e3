// Advantages against their known answer, against sums written out by their definition, and at the
// ends of episodes and trials.
#include "models/training/gae.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

namespace proteus::training {
namespace {

struct Rollout {
  std::size_t steps = 0;
  std::size_t environments = 1;
  std::vector<float> rewards;
  std::vector<float> values;
  std::vector<StepEnd> ends;
  std::vector<float> truncated_values;
  std::vector<float> last_values;
};

struct Answer {
  std::vector<float> advantages;
  std::vector<float> returns;
};

Answer solve(const Rollout& r, const GaeSettings& settings) {
  Answer out{std::vector<float>(r.rewards.size()), std::vector<float>(r.rewards.size())};
  gae({r.steps, r.environments, r.rewards, r.values, r.ends, r.truncated_values, r.last_values},
      settings, out.advantages, out.returns);
  return out;
}

Rollout known(StepEnd end) {
  return {3, 1, {1, 2, 3}, {0.5F, 1, 1.5F}, {StepEnd::None, StepEnd::None, end}, {0, 0, 2}, {100}};
}

void expect_near(const std::vector<float>& got, const std::vector<double>& wanted) {
  ASSERT_EQ(got.size(), wanted.size());
  for (std::size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], wanted[i], 1e-6) << i;
}

TEST(Gae, EqualsTheKnownAnswerWhereTheWorldEnds) {
  const Answer answer = solve(known(StepEnd::TrialTerminated), {0.9, 0.8});
  expect_near(answer.advantages, {3.8696, 3.43, 1.5});
  expect_near(answer.returns, {4.3696, 4.43, 3.0});
}

TEST(Gae, BootstrapsFromTheStateThatWouldHaveComeWhereItIsTruncated) {
  expect_near(solve(known(StepEnd::TrialTruncated), {0.9, 0.8}).advantages, {4.80272, 4.726, 3.3});
}

TEST(Gae, BootstrapsFromTheLastValueWhereTheRolloutGoesOn) {
  Rollout r = known(StepEnd::None);
  r.truncated_values = {};
  r.last_values = {2};
  expect_near(solve(r, {0.9, 0.8}).advantages, {4.80272, 4.726, 3.3});
}

/// A_t as the sum over later steps, with products written out: no recursion.
double by_definition(const Rollout& r, const GaeSettings& s, std::size_t n, std::size_t t) {
  double sum = 0.0;
  double weight = 1.0;
  for (std::size_t k = t; k < r.steps; ++k) {
    const std::size_t i = k * r.environments + n;
    const bool inner =
        r.ends[i] == StepEnd::EpisodeTerminated || r.ends[i] == StepEnd::EpisodeTruncated;
    const bool stops = r.ends[i] != StepEnd::None && (s.cut_at_episodes || !inner);
    const bool cold =
        r.ends[i] == StepEnd::EpisodeTerminated || r.ends[i] == StepEnd::TrialTerminated;
    double next = k + 1 < r.steps ? double(r.values[i + r.environments]) : r.last_values[n];
    if (stops) next = cold ? 0.0 : double(r.truncated_values[i]);
    sum += weight * (double(r.rewards[i]) + s.gamma * next - double(r.values[i]));
    if (stops) break;
    weight *= s.gamma * s.lambda;
  }
  return sum;
}

Rollout random_rollout(std::uint64_t seed) {
  std::mt19937_64 bits{seed};
  const auto number = [&] { return static_cast<float>(bits() >> 40) * 0x1p-23F - 1.0F; };
  Rollout r{40, 3, {}, {}, {}, {}, {}};
  for (std::size_t i = 0; i < 120; ++i) {
    r.rewards.push_back(number());
    r.values.push_back(number());
    r.truncated_values.push_back(number());
    const std::uint64_t dice = bits() % 20;
    r.ends.push_back(dice < 4 ? static_cast<StepEnd>(1 + dice) : StepEnd::None);
  }
  for (int n = 0; n < 3; ++n) r.last_values.push_back(number());
  return r;
}

TEST(Gae, EqualsTheSumsOfItsDefinitionOnRandomRollouts) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed)
    for (const bool cut : {false, true}) {
      const Rollout r = random_rollout(seed);
      const GaeSettings settings{0.97, 0.9, cut};
      const Answer answer = solve(r, settings);
      for (std::size_t t = 0; t < r.steps; ++t)
        for (std::size_t n = 0; n < r.environments; ++n)
          EXPECT_NEAR(answer.advantages[t * 3 + n], by_definition(r, settings, n, t), 1e-5)
              << "seed " << seed << " cut " << cut << " step " << t << " environment " << n;
    }
}

TEST(Gae, CreditsAnEpisodeWithWhatTheNextOneEarns) {
  // One step that asks and earns nothing, then an episode that earns 4.
  const Rollout r{2,  1,  {0, 4}, {0, 0}, {StepEnd::EpisodeTerminated, StepEnd::TrialTerminated},
                  {}, {0}};
  EXPECT_EQ(solve(r, {1.0, 1.0}).advantages[0], 4.0F);
  EXPECT_EQ(solve(r, {1.0, 1.0, true}).advantages[0], 0.0F);
}

TEST(Gae, IsTheReturnLessTheValueAtLambdaOneAndOneStepAtLambdaZero) {
  const Answer all = solve(known(StepEnd::TrialTerminated), {0.9, 1.0});
  expect_near(all.returns, {1 + 0.9 * 2 + 0.81 * 3, 2 + 0.9 * 3, 3});
  const Answer one = solve(known(StepEnd::TrialTerminated), {0.9, 0.0});
  expect_near(one.returns, {1 + 0.9 * 1, 2 + 0.9 * 1.5, 3});
}

TEST(GaeDeathTest, RefusesATruncationWithoutItsValue) {
  Rollout r = known(StepEnd::TrialTruncated);
  r.truncated_values = {};
  EXPECT_DEATH(solve(r, {0.9, 0.8}), "truncated_values");
}

}  // namespace
}  // namespace proteus::training
