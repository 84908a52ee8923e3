// Training that was put down and taken up again goes on to the same bits.
#include <gtest/gtest.h>

#include "models/learners/known_answers/bandit_env.hpp"
#include "models/learners/known_answers/cart_pole_env.hpp"
#include "models/learners/known_answers/drift_env.hpp"
#include "models/learners/known_answers/grid_navi_env.hpp"
#include "tests/unit/learners/support.hpp"

namespace proteus::learners {
namespace {

constexpr InputSettings kAllNormalised{.time = true, .normalise = true};

/// A learner with what it refers to.
struct GameLearner {
  std::unique_ptr<VectorEnv> env;
  std::unique_ptr<policy::ActorCritic> policy;
  std::unique_ptr<Ppo> ppo;
};

using MakeEnv = std::unique_ptr<VectorEnv> (*)();

GameLearner game_learner(MakeEnv make, std::uint64_t seed) {
  PpoSettings settings;
  settings.rollout_steps = 7;  // Ends in mid-trial.
  settings.minibatches = 2;
  settings.rate = 5e-3;
  GameLearner l;
  l.env = make();
  l.policy = std::make_unique<policy::ActorCritic>(
      policy::ActorCriticSettings{.encoder = 8,
                                  .core = {.kind = policy::CoreKind::Gru, .hidden = 8}},
      input_width(kAllNormalised, *l.env), numbers_said(*l.env), seed);
  l.ppo = std::move(Ppo::create(*l.policy, *l.env, kAllNormalised, settings,
                                static_cast<std::int64_t>(7 * 8 * l.env->size()), seed)
                        .value());
  return l;
}

void play_on(GameLearner& l, int times) {
  for (int i = 0; i < times; ++i) ASSERT_FALSE(l.ppo->iterate().has_error());
}

class Resume : public ::testing::TestWithParam<std::pair<const char*, MakeEnv>> {};

TEST_P(Resume, GoesOnToTheSameBits) {
  const MakeEnv make = GetParam().second;
  GameLearner whole = game_learner(make, 5);
  play_on(whole, 4);
  GameLearner first = game_learner(make, 5);
  play_on(first, 2);
  // All that its seed decided has to come from the archive.
  GameLearner second = game_learner(make, 6);
  ASSERT_TRUE(read_into(*second.ppo, bytes_of(*first.ppo)));
  play_on(second, 2);
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

/// Eight iterations, and four and four with a break between them.
void expect_same_bits(const Rl2Settings& settings) {
  const auto data = market_data();
  const auto trainer = [&](std::uint64_t seed) {
    return std::move(make_rl2_trainer(settings, data, seed).value());
  };
  const auto go = [](runs::Trainer& t, int times) {
    for (int i = 0; i < times; ++i) {
      runs::Scalars out;
      ASSERT_FALSE(t.iterate(out).has_error());
    }
  };
  const auto whole = trainer(5);
  go(*whole, 8);
  const auto first = trainer(5);
  go(*first, 4);
  const auto second = trainer(6);
  ASSERT_TRUE(read_into(*second, bytes_of(*first)));
  EXPECT_EQ(second->steps(), first->steps());
  go(*second, 4);
  EXPECT_EQ(bytes_of(*second), bytes_of(*whole));
  EXPECT_EQ(inference::encode_checkpoint(second->model()).value(),
            inference::encode_checkpoint(whole->model()).value());
}

TEST(ResumeMarket, GoesOnToTheSameBits) { expect_same_bits(small_settings()); }

TEST(ResumeMarket, GoesOnToTheSameBitsUnderTheEnginesSizing) {
  auto settings = small_settings();
  settings.env.sizing = training::Sizing::Engine;
  expect_same_bits(settings);
}

TEST(ResumeMarket, GoesOnToTheSameBitsWithAnS5CoreWeightsAndABelief) {
  auto settings = small_settings();
  settings.actions.set = training::ActionSet::Weight;
  settings.policy.core.kind = policy::CoreKind::S5;
  settings.policy.belief = 4;
  settings.ppo.belief_share = 0.5;
  expect_same_bits(settings);
}

TEST(ResumeMarket, RefusesWhatIsOfOtherSettingsOrCutOff) {
  const auto data = market_data();
  auto settings = small_settings();
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
