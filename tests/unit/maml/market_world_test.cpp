#include "models/maml/market_world.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/maml/support.hpp"

namespace proteus::maml {
namespace {

using training::Series;

constexpr MarketShape kShape{3, 12, 4, 2};

features::PolicyObservation observation_of(const Series& series) {
  return features::PolicyObservation::create(series.schema(), features::TimeShare::Episode).value();
}

training::MarketEnv::Settings settings() {
  training::MarketEnv::Settings s;
  s.actions.set = training::ActionSet::Weight;
  return s;
}

std::unique_ptr<MarketWorld> a_world(const Series& series) {
  return std::move(MarketWorld::create(settings(), observation_of(series), kShape).value());
}

/// Bars whose closes earned something, from the first decision on.
struct Seen {
  std::size_t first = SIZE_MAX;  ///< bar of the earliest decision
  std::size_t last = 0;          ///< bar that the latest reward rests on
};

Seen walk(MarketWorld& world, Part part, std::size_t columns) {
  std::vector<float> observations(kShape.trajectories * columns);
  std::vector<float> rewards(kShape.trajectories);
  const std::vector<float> actions{0.5F, -0.5F, 1.0F};
  world.begin(part, kShape.trajectories, observations);
  Seen seen;
  for (const auto& info : world.infos()) seen.first = std::min(seen.first, info.bar);
  for (std::size_t t = 0; t < kShape.horizon; ++t) {
    world.step(actions, rewards, observations);
    for (const auto& info : world.infos()) seen.last = std::max(seen.last, info.bar);
  }
  return seen;
}

TEST(MarketWorld, KeepsSupportAndQueryApartByTheGap) {
  const auto series = a_series(300);
  const auto world = a_world(*series);
  const std::size_t columns = observation_of(*series).columns();
  auto sampler = market_sampler({series}, {.spacing = 7}, kShape, {}, 1).value();
  ASSERT_GT(sampler.candidates(), 5U);
  for (std::size_t i = 0; i < sampler.candidates(); ++i) {
    const training::Task task = sampler.candidate(i);
    ASSERT_TRUE(world->place(task));
    const Seen support = walk(*world, Part::Support, columns);
    const Seen query = walk(*world, Part::Query, columns);
    ASSERT_EQ(support.first, task.start);
    ASSERT_EQ(query.first, support.last + kShape.gap) << "the first query reward comes after that";
    ASSERT_LE(query.last, series->size() - 1);
    ASSERT_EQ(query.last, task.start + kShape.task_bars());
  }
}

TEST(MarketWorld, StaysInsideThePeriodWithAllItsBars) {
  const auto series = a_series(300);
  const auto bars = series->bars();
  const training::Period period{.from = bars[100].open_time, .to = bars[200].close_time};
  auto sampler = market_sampler({series}, {.spacing = 1}, kShape, period, 1).value();
  ASSERT_GT(sampler.candidates(), 0U);
  for (std::size_t i = 0; i < sampler.candidates(); ++i) {
    ASSERT_GE(sampler.candidate(i).start, 100U);
    ASSERT_LE(sampler.candidate(i).start + kShape.task_bars(), 200U);
  }
}

TEST(MarketWorld, PaysWhatTheEnvironmentPaysForTheSameWeights) {
  const auto series = a_series(300);
  const auto world = a_world(*series);
  const auto observation = observation_of(*series);
  ASSERT_TRUE(world->place({.series = series, .start = 100}));
  std::vector<float> observations(3 * observation.columns());
  std::vector<float> rewards(3);
  world->begin(Part::Query, 3, observations);
  auto env = training::MarketEnv::create(settings(), observation, 1).value();
  const std::size_t first = 100 + kShape.query_offset() + 2 * kShape.stagger;
  ASSERT_EQ(world->first_bar(Part::Query, 2), first);
  ASSERT_TRUE(env.reset(0, {.series = series,
                            .start = first,
                            .episode_bars = kShape.horizon,
                            .episodes = 1,
                            .stride = kShape.horizon}));
  for (std::size_t t = 0; t < kShape.horizon; ++t) {
    const float weight = t % 5 < 2 ? 0.8F : -0.6F;
    world->step(std::vector<float>{0.1F, 0.2F, weight}, rewards, observations);
    const training::Action said{.weight = static_cast<double>(weight)};
    env.step({&said, 1});
    ASSERT_EQ(rewards[2], static_cast<float>(env.rewards()[0])) << t;
    const auto last = std::span(observations).last(observation.columns());
    ASSERT_TRUE(std::ranges::equal(last, env.observations())) << t;
  }
  EXPECT_NE(rewards[2], 0.0F);
}

TEST(MarketWorld, RefusesChoicesAndStretchesThatDoNotFit) {
  const auto series = a_series(300);
  training::MarketEnv::Settings choices = settings();
  choices.actions.set = training::ActionSet::Target;
  EXPECT_EQ(MarketWorld::create(choices, observation_of(*series), kShape).error().code,
            ErrorCode::Unsupported);
  const auto world = a_world(*series);
  EXPECT_TRUE(world->place({.series = series, .start = series->size() - 20}).has_error());
  EXPECT_TRUE(world->place({.series = series, .start = 0}).has_error());
}

}  // namespace
}  // namespace proteus::maml
