// Training that was put down and taken up again goes on to the same bits.
#include <gtest/gtest.h>

#include "models/learners/known_answers/bandit_env.hpp"
#include "models/learners/known_answers/cart_pole_env.hpp"
#include "models/learners/known_answers/drift_env.hpp"
#include "models/learners/known_answers/grid_navi_env.hpp"
#include "tests/unit/learners/support.hpp"

namespace proteus::learners {
namespace {

using testing::bytes_of;
using testing::read_into;

constexpr InputSettings kAll{.time = true, .normalise = true};

/// A learner with what it refers to.
struct Learner {
  std::unique_ptr<VectorEnv> env;
  std::unique_ptr<policy::ActorCritic> policy;
  std::unique_ptr<Ppo> ppo;
};

using MakeEnv = std::unique_ptr<VectorEnv> (*)();

Learner learner(MakeEnv make, std::uint64_t seed) {
  PpoSettings settings;
  settings.rollout_steps = 7;  // Ends in mid-trial.
  settings.minibatches = 2;
  settings.rate = 5e-3;
  Learner l;
  l.env = make();
  l.policy = std::make_unique<policy::ActorCritic>(
      policy::ActorCriticSettings{.encoder = 8,
                                  .core = {.kind = policy::CoreKind::Gru, .hidden = 8}},
      input_width(kAll, *l.env), numbers_said(*l.env), seed);
  l.ppo = std::move(Ppo::create(*l.policy, *l.env, kAll, settings,
                                static_cast<std::int64_t>(7 * 8 * l.env->size()), seed)
                        .value());
  return l;
}

void iterate(Learner& l, int times) {
  for (int i = 0; i < times; ++i) ASSERT_FALSE(l.ppo->iterate().has_error());
}

class Resume : public ::testing::TestWithParam<std::pair<const char*, MakeEnv>> {};

TEST_P(Resume, GoesOnToTheSameBits) {
  const MakeEnv make = GetParam().second;
  Learner whole = learner(make, 5);
  iterate(whole, 4);
  Learner first = learner(make, 5);
  iterate(first, 2);
  Learner second = learner(make, 6);  // All that its seed decided has to come from the archive.
  ASSERT_TRUE(read_into(*second.ppo, bytes_of(*first.ppo)));
  iterate(second, 2);
  EXPECT_EQ(policy::parameter_hash(second.policy->values()),
            policy::parameter_hash(whole.policy->values()));
  EXPECT_EQ(bytes_of(*second.ppo), bytes_of(*whole.ppo));
}

INSTANTIATE_TEST_SUITE_P(
    AllGames, Resume,
    ::testing::Values(std::pair<const char*, MakeEnv>{"telling_arm",
                                                      []() -> std::unique_ptr<VectorEnv> {
                                                        return std::make_unique<TellingArmBandit>(
                                                            6, 4, 5, 1);
                                                      }},
                      std::pair<const char*, MakeEnv>{"bandit",
                                                      []() -> std::unique_ptr<VectorEnv> {
                                                        return std::make_unique<BernoulliBandit>(
                                                            6, 3, 5,
                                                            BernoulliBandit::Arms::Independent);
                                                      }},
                      std::pair<const char*, MakeEnv>{"cart_pole",
                                                      []() -> std::unique_ptr<VectorEnv> {
                                                        return std::make_unique<CartPole>(6);
                                                      }},
                      std::pair<const char*, MakeEnv>{"grid",
                                                      []() -> std::unique_ptr<VectorEnv> {
                                                        return std::make_unique<GridNavi>(6);
                                                      }},
                      std::pair<const char*, MakeEnv>{"drift",
                                                      []() -> std::unique_ptr<VectorEnv> {
                                                        return std::make_unique<DriftEnv>(
                                                            6, evaluation::DriftMarket{.bars = 10},
                                                            0.001);
                                                      }},
                      std::pair<const char*, MakeEnv>{"weights",
                                                      []() -> std::unique_ptr<VectorEnv> {
                                                        return std::make_unique<DriftEnv>(
                                                            6, evaluation::DriftMarket{.bars = 10},
                                                            0.001, true);
                                                      }}),
    [](const auto& game) { return std::string(game.param.first); });

class ResumeMarket : public ::testing::TestWithParam<training::Sizing> {};

/// With a belief, whose questions are drawn by lot.
TEST_P(ResumeMarket, GoesOnToTheSameBits) {
  const auto data = testing::market_data();
  auto settings = testing::small_settings();
  settings.env.sizing = GetParam();
  settings.policy.belief = 4;
  settings.ppo.belief_share = 0.5;
  const auto trainer = [&](std::uint64_t seed) {
    return std::move(make_rl2_trainer(settings, data, seed).value());
  };
  const auto iterate = [](runs::Trainer& t, int times) {
    for (int i = 0; i < times; ++i) {
      runs::Scalars out;
      ASSERT_FALSE(t.iterate(out).has_error());
    }
  };
  const auto whole = trainer(5);
  iterate(*whole, 8);
  const auto first = trainer(5);
  iterate(*first, 4);
  const auto second = trainer(6);
  ASSERT_TRUE(read_into(*second, bytes_of(*first)));
  EXPECT_EQ(second->steps(), first->steps());
  iterate(*second, 4);
  EXPECT_EQ(bytes_of(*second), bytes_of(*whole));
  EXPECT_EQ(inference::encode_checkpoint(second->model()).value(),
            inference::encode_checkpoint(whole->model()).value());
}

INSTANTIATE_TEST_SUITE_P(Sizings, ResumeMarket,
                         ::testing::Values(training::Sizing::None, training::Sizing::Engine));

TEST(ResumeMarketArchive, RefusesWhatIsOfOtherSettingsOrCutOff) {
  const auto data = testing::market_data();
  auto settings = testing::small_settings();
  const auto first = std::move(make_rl2_trainer(settings, data, 5).value());
  const auto bytes = bytes_of(*first);
  settings.environments = 5;
  const auto fewer = std::move(make_rl2_trainer(settings, data, 5).value());
  EXPECT_FALSE(read_into(*fewer, bytes));
  settings.environments = 6;
  settings.policy.core.hidden = 9;
  const auto wider = std::move(make_rl2_trainer(settings, data, 5).value());
  EXPECT_FALSE(read_into(*wider, bytes));
  EXPECT_FALSE(read_into(*first, std::span(bytes).first(bytes.size() / 2)));
}

}  // namespace
}  // namespace proteus::learners
