// Environment i does the same whatever is beside it.
#include "models/learners/streams.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/learners/actor.hpp"
#include "models/learners/known_answers/bandit_env.hpp"
#include "models/learners/known_answers/cart_pole_env.hpp"
#include "models/learners/known_answers/drift_env.hpp"
#include "models/learners/known_answers/grid_navi_env.hpp"
#include "models/learners/market_vector_env.hpp"
#include "tests/unit/learners/support.hpp"

namespace proteus::learners {
namespace {

using Make = std::function<std::unique_ptr<VectorEnv>(std::size_t)>;

std::unique_ptr<VectorEnv> market(std::size_t size) {
  const auto series = series_of(3);
  training::MarketEnv::Settings settings;
  auto observation =
      features::PolicyObservation::create(series->schema(), features::TimeShare::Trial).value();
  auto env = training::MarketEnv::create(settings, std::move(observation), size).value();
  auto sampler = training::TaskSampler::create(
                     {series}, {.episode_bars = 4, .episodes = 2, .spacing = 3}, {}, "", 1)
                     .value();
  return std::move(
      MarketVectorEnv::create(std::move(env), settings.actions, std::move(sampler)).value());
}

/// What environment `number` of all sees, does and is paid over 30 steps.
std::vector<float> life(const Make& make, std::size_t first, std::size_t size, std::size_t number) {
  const auto env = make(size);
  env->place(first);
  constexpr InputSettings kInputs{.time = true};
  const policy::ActorCritic policy(
      {.encoder = 0, .core = {.kind = policy::CoreKind::Gru, .hidden = 8}},
      input_width(kInputs, *env), static_cast<std::int64_t>(env->actions()), 1);
  Inputs inputs{kInputs, *env};
  Actor actor{policy, *env, inputs, 9};
  std::vector<float> told(size * inputs.width());
  std::vector<float> all;
  const std::size_t i = number - first;
  for (int step = 0; step < 30; ++step) {
    actor.decide(told);
    actor.advance();
    const auto row = std::span(told).subspan(i * inputs.width(), inputs.width());
    all.insert(all.end(), row.begin(), row.end());
    all.push_back(static_cast<float>(actor.actions()[i]));
    all.push_back(env->rewards()[i]);
  }
  return all;
}

class EnvironmentStreams : public ::testing::TestWithParam<std::pair<const char*, Make>> {};

TEST_P(EnvironmentStreams, AreThoseOfTheNumberAndNotOfTheNeighbours) {
  const Make& make = GetParam().second;
  const auto in_one_process = life(make, 0, 6, 4);
  const auto in_the_second_of_two = life(make, 3, 3, 4);
  // Sums in a product may come in another order for another count of rows: not bits, but near.
  EXPECT_THAT(in_the_second_of_two,
              ::testing::Pointwise(::testing::FloatNear(1e-4F), in_one_process));
  EXPECT_NE(life(make, 0, 6, 3), in_one_process);
}

INSTANTIATE_TEST_SUITE_P(
    AllGames, EnvironmentStreams,
    ::testing::Values(std::pair<const char*, Make>{"bandit",
                                                   [](std::size_t n) {
                                                     return std::make_unique<BernoulliBandit>(
                                                         n, 3, 5,
                                                         BernoulliBandit::Arms::Independent);
                                                   }},
                      std::pair<const char*, Make>{"telling_arm",
                                                   [](std::size_t n) {
                                                     return std::make_unique<TellingArmBandit>(
                                                         n, 10, 5, 1);
                                                   }},
                      std::pair<const char*, Make>{
                          "cart_pole", [](std::size_t n) { return std::make_unique<CartPole>(n); }},
                      std::pair<const char*, Make>{
                          "grid", [](std::size_t n) { return std::make_unique<GridNavi>(n); }},
                      std::pair<
                          const char*,
                          Make>{"drift",
                                [](std::size_t n) {
                                  return std::make_unique<DriftEnv>(
                                      n, evaluation::DriftMarket{.bars = 10}, 0.001);
                                }},
                      std::pair<const char*, Make>{"market",
                                                   [](std::size_t n) { return market(n); }}),
    [](const auto& game) { return std::string(game.param.first); });

TEST(Streams, OfDifferentNamesAndNumbersDiffer) {
  Streams a{1, "tasks", 0, 2};
  Streams b{1, "actions", 0, 1};
  Streams second{1, "tasks", 1, 1};
  const double first_of_a = a[0].uniform();
  EXPECT_NE(first_of_a, b[0].uniform());
  EXPECT_NE(first_of_a, a[1].uniform());
  Streams again{1, "tasks", 0, 2};
  EXPECT_EQ(again[0].uniform(), first_of_a);
  again[1].uniform();
  second[0].uniform();
  EXPECT_EQ(again[1].uniform(), second[0].uniform());
}

}  // namespace
}  // namespace proteus::learners
