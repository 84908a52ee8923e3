#include "models/learners/ppo.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "models/learners/evaluate.hpp"
#include "models/learners/known_answers/bandit_env.hpp"
#include "models/learners/known_answers/cart_pole_env.hpp"
#include "tests/unit/learners/support.hpp"

namespace proteus::learners {
namespace {

using training::StepEnd;

policy::ActorCritic policy_for(const VectorEnv& env, std::uint64_t seed = 1) {
  return {small_policy(), input_width(kAll, env), static_cast<std::int64_t>(env.actions()), seed};
}

std::uint64_t hash_after(std::int64_t rollouts, std::uint64_t seed) {
  TellingArmBandit env{32, 10, 5, 1};
  auto policy = policy_for(env);
  const auto ppo =
      std::move(Ppo::create(policy, env, kAll, quick(5), rollouts * 160, seed).value());
  EXPECT_FALSE(ppo->run().has_error());
  return policy::parameter_hash(policy.values());
}

TEST(Ppo, TheSameSeedGivesTheSameParametersBitForBit) {
  EXPECT_EQ(hash_after(6, 3), hash_after(6, 3));
  EXPECT_NE(hash_after(6, 3), hash_after(6, 4));
}

TEST(Ppo, LearnsToTakeTheArmThatHasPaid) {
  // Two arms with chances p and 1 - p: without memory 5 of 10 pulls pay, with it up to 7.
  BernoulliBandit env{64, 2, 10, BernoulliBandit::Arms::Dependent};
  auto policy = policy_for(env);
  const auto ppo = std::move(Ppo::create(policy, env, kAll, quick(10), 40'000, 1).value());
  ASSERT_FALSE(ppo->run().has_error());
  EXPECT_GT(evaluate(policy, env, ppo->inputs(), 2'000, 9).mean, 6.0);
}

TEST(Ppo, ClipsAndCountsOverSeveralEpochs) {
  TellingArmBandit env{32, 10, 5, 0};
  auto policy = policy_for(env);
  PpoSettings settings = quick(5);
  settings.epochs = 8;
  settings.rate = 0.02;
  const auto ppo = std::move(Ppo::create(policy, env, kAll, settings, 1'600, 1).value());
  double clipped = 0.0;
  std::int64_t steps = 0;
  while (!ppo->done()) {
    const PpoMetrics m = ppo->iterate().value();
    clipped += m.clip_fraction;
    EXPECT_EQ(m.trials, 32);
    EXPECT_EQ(m.steps, steps += 160);
  }
  EXPECT_GT(clipped, 0.0);
}

TEST(Ppo, LeavesARolloutWhenThePolicyHasGoneFarEnough) {
  TellingArmBandit env{32, 10, 5, 0};
  auto policy = policy_for(env);
  PpoSettings settings = quick(5);
  settings.epochs = 50;
  settings.rate = 0.05;
  settings.kl_stop = 0.01;
  const auto ppo = std::move(Ppo::create(policy, env, kAll, settings, 10'000, 1).value());
  const PpoMetrics m = ppo->iterate().value();
  EXPECT_LT(m.updates, 200);
  EXPECT_GT(m.kl, 0.01);
}

TEST(Ppo, RefusesAPolicyOfOtherWidths) {
  TellingArmBandit env{4, 10, 5, 0};
  policy::ActorCritic policy{small_policy(), 3, 2, 1};
  EXPECT_EQ(Ppo::create(policy, env, kAll, quick(5), 100, 1).error().code, ErrorCode::OutOfRange);
}

/// Pays or shows `what` in environment 2 from step `from` on.
class Broken : public ArrayEnv {
 public:
  explicit Broken(std::size_t from, float what = std::numeric_limits<float>::quiet_NaN(),
                  bool shows = false)
      : ArrayEnv(4, 1, 2, 8), from_(from), what_(what), shows_(shows) {}
  void reset(std::uint64_t) override {}
  void step(std::span<const std::int32_t>) override {
    ++steps_;
    const bool broken = steps_ > from_;
    for (std::size_t i = 0; i < size(); ++i) {
      rewards_[i] = i == 2 && broken && !shows_ ? what_ : 1.0F;
      observations_[i] = i == 2 && broken && shows_ ? what_ : static_cast<float>(steps_ % 8);
      ends_[i] = steps_ % 8 == 0 ? StepEnd::TrialTerminated : StepEnd::None;
    }
  }
  void mend() { from_ = std::numeric_limits<std::size_t>::max(); }

 private:
  std::size_t from_;
  float what_;
  bool shows_;
  std::size_t steps_ = 0;
};

TEST(Ppo, NamesAndSkipsWhatIsNotFiniteAndStopsAtTheThird) {
  Broken env{8};
  auto policy = policy_for(env);
  const auto ppo = std::move(Ppo::create(policy, env, kAll, quick(8), 10'000, 1).value());
  EXPECT_EQ(ppo->iterate().value().skipped, 0);
  const std::uint64_t good = policy::parameter_hash(policy.values());
  const PpoMetrics bad = ppo->iterate().value();
  EXPECT_EQ(bad.skipped, 1);
  EXPECT_EQ(bad.fault, "a reward is no finite number in step 0 of environment 2");
  EXPECT_FALSE(ppo->iterate().has_error());
  const auto third = ppo->iterate();
  ASSERT_TRUE(third.has_error());
  EXPECT_THAT(third.error().context, ::testing::HasSubstr("three rollouts in a row"));
  EXPECT_EQ(policy::parameter_hash(policy.values()), good);
}

TEST(Ppo, NamesTheColumnOfAnObservationThatIsNotFinite) {
  for (const float what :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()})
    for (const bool normalise : {true, false}) {
      Broken env{9, what, true};
      auto policy = policy_for(env);
      InputSettings inputs = kAll;
      inputs.normalise = normalise;
      const auto ppo = std::move(Ppo::create(policy, env, inputs, quick(8), 10'000, 1).value());
      EXPECT_EQ(ppo->iterate().value().skipped, 0);
      const std::uint64_t good = policy::parameter_hash(policy.values());
      const PpoMetrics bad = ppo->iterate().value();
      EXPECT_EQ(bad.skipped, 1);
      EXPECT_EQ(bad.fault, "column 0 of the input is no finite number in step 2 of environment 2");
      EXPECT_EQ(policy::parameter_hash(policy.values()), good);
    }
}

TEST(Ppo, LearnsOnOnceWhatWasNotFiniteIsMended) {
  // Neither the moments nor the memory nor the running sums may keep what was not finite.
  for (const bool shows : {true, false}) {
    Broken env{9, std::numeric_limits<float>::quiet_NaN(), shows};
    auto policy = policy_for(env);
    InputSettings inputs = kAll;
    inputs.normalise = true;
    const auto ppo = std::move(Ppo::create(policy, env, inputs, quick(8), 10'000, 1).value());
    EXPECT_EQ(ppo->iterate().value().skipped, 0);
    EXPECT_EQ(ppo->iterate().value().skipped, 1);
    EXPECT_EQ(ppo->iterate().value().skipped, 1);
    env.mend();
    (void)ppo->iterate();  // Shows the last of what was broken once more.
    const std::uint64_t before = policy::parameter_hash(policy.values());
    const PpoMetrics m = ppo->iterate().value();
    EXPECT_EQ(m.fault, "") << shows;
    EXPECT_TRUE(std::isfinite(m.trial_return));
    EXPECT_NE(policy::parameter_hash(policy.values()), before);
  }
}

TEST(Ppo, NamesALossThatIsNotFinite) {
  Broken env{0, 3e38F};
  auto policy = policy_for(env);
  PpoSettings settings = quick(8);
  settings.scale_returns = false;
  const InputSettings inputs{.reward = false, .time = true};
  policy::ActorCritic bare{small_policy(), input_width(inputs, env), 2, 1};
  const auto ppo = std::move(Ppo::create(bare, env, inputs, settings, 10'000, 1).value());
  const std::uint64_t good = policy::parameter_hash(bare.values());
  const PpoMetrics m = ppo->iterate().value();
  EXPECT_EQ(m.fault, "the loss is no finite number");
  EXPECT_EQ(m.skipped, 1);
  EXPECT_EQ(m.updates, 0);
  EXPECT_EQ(policy::parameter_hash(bare.values()), good);
}

TEST(Ppo, NamesTheParameterWhoseGradientIsNotFinite) {
  Broken env{0, 1e3F};
  const InputSettings inputs{.reward = false, .time = true};
  policy::ActorCritic policy{small_policy(), input_width(inputs, env), 2, 1};
  PpoSettings settings = quick(8);
  settings.scale_returns = false;
  settings.value_share = 3e38;  // The loss, in double, is finite; its slope, in float, is not.
  const auto ppo = std::move(Ppo::create(policy, env, inputs, settings, 10'000, 1).value());
  const std::uint64_t good = policy::parameter_hash(policy.values());
  const PpoMetrics m = ppo->iterate().value();
  EXPECT_THAT(m.fault, ::testing::ContainsRegex("the gradient of .+ is no finite number"));
  EXPECT_EQ(m.skipped, 1);
  EXPECT_EQ(policy::parameter_hash(policy.values()), good);
}

/// Reward 1 a step and a cut after the second: with a value of v everywhere, the return of a cut
/// step is 1 + gamma v.
TEST(Actor, ValuesTheStateThatACutEpisodeWouldHaveComeTo) {
  class Cut : public ArrayEnv {
   public:
    Cut() : ArrayEnv(1, 1, 2, 2) {}
    void reset(std::uint64_t) override { observations_[0] = 0.0F; }
    void step(std::span<const std::int32_t>) override {
      ++steps_;
      const bool cut = steps_ % 2 == 0;
      finals_[0] = 2.0F;
      observations_[0] = cut ? 0.0F : 1.0F;
      ends_[0] = cut ? StepEnd::TrialTruncated : StepEnd::None;
    }

   private:
    int steps_ = 0;
  } env;
  constexpr InputSettings kBare{.action = false, .reward = false, .done = false};
  const policy::ActorCritic policy(small_policy(), 1, 2, 1);
  Inputs inputs{kBare, env};
  Actor actor{policy, env, inputs, 1};
  std::vector<float> told(1), values(1, -1.0F);
  actor.decide(told);
  actor.advance(values);
  EXPECT_EQ(values[0], -1.0F) << "nothing was cut";
  actor.decide(told);
  torch::Tensor state = actor.state().clone();
  const float expected = policy.step(torch::full({1, 1}, 2.0F), state)[0][2].item().toFloat();
  actor.advance(values);
  EXPECT_EQ(values[0], expected);
  EXPECT_EQ(actor.state().abs().sum().item().toFloat(), 0.0F) << "a new trial remembers nothing";
}

TEST(Actor, RemembersAcrossTheEpisodesOfATrial) {
  TellingArmBandit env{2, 10, 5, 1};
  const auto policy = policy_for(env);
  Inputs inputs{kAll, env};
  Actor actor{policy, env, inputs, 1};
  std::vector<float> told(2 * inputs.width());
  for (int step = 0; step < 4; ++step) {
    actor.decide(told);
    actor.advance();
    if (step == 0) continue;  // Told nothing at all, and without biases yet, it stays at zero.
    EXPECT_GT(actor.state().abs().sum().item().toFloat(), 0.0F) << step;
  }
  actor.decide(told);
  actor.advance();
  EXPECT_EQ(actor.state().abs().sum().item().toFloat(), 0.0F);
}

TEST(Inputs, TellObservationActionRewardDoneAndTime) {
  TellingArmBandit env{1, 2, 4, 1};  // three arms; the last tells
  Inputs inputs{kAll, env};
  std::vector<float> told(inputs.width());
  env.reset(1);
  inputs.begin();
  inputs.write(env, told);
  EXPECT_THAT(told, ::testing::Each(0.0F));
  const std::vector<std::int32_t> ask{2};
  env.step(ask);
  inputs.after(env, ask);
  inputs.write(env, told);
  EXPECT_THAT(told, ::testing::ElementsAre(0, 0, 1, env.rewards()[0], 1, 0.25));
}

TEST(Inputs, BringColumnsToMeanZeroAndDeviationOneAndFreezeForTests) {
  CartPole env{64};
  constexpr InputSettings kBare{.action = false, .reward = false, .done = false, .normalise = true};
  Inputs inputs{kBare, env};
  env.reset(1);
  std::vector<float> told(64 * 4);
  EXPECT_FALSE(inputs.ready());
  inputs.count(env);
  ASSERT_FALSE(inputs.take_in(nullptr).has_error());
  inputs.write(env, told);
  double sum = 0.0, squares = 0.0;
  for (std::size_t i = 0; i < 64; ++i) {
    sum += static_cast<double>(told[4 * i]);
    squares += static_cast<double>(told[4 * i]) * static_cast<double>(told[4 * i]);
  }
  EXPECT_NEAR(sum / 64.0, 0.0, 1e-5);
  EXPECT_NEAR(squares / 64.0, 1.0, 1e-4);
  Inputs frozen{inputs, env};
  const std::vector<float> before = told;
  for (int i = 0; i < 3; ++i) frozen.write(env, told);
  EXPECT_EQ(told, before);
}

}  // namespace
}  // namespace proteus::learners
