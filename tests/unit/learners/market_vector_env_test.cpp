#include "models/learners/market_vector_env.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/training/synthetic.hpp"

namespace proteus::learners {
namespace {

using training::StepEnd;

constexpr training::SamplerSettings kTrials{.episode_bars = 5, .episodes = 2, .spacing = 7};

Result<std::unique_ptr<MarketVectorEnv>> make(training::ActionSet set) {
  const auto series = training::synthetic_series({.bars = 300}, 3).value();
  training::MarketEnv::Settings settings;
  settings.actions.set = set;
  auto observation =
      features::PolicyObservation::create(series->schema(), features::TimeShare::Trial).value();
  auto env = training::MarketEnv::create(settings, std::move(observation), 3).value();
  auto sampler = training::TaskSampler::create({series}, kTrials, {}, "", 1).value();
  return MarketVectorEnv::create(std::move(env), settings.actions, std::move(sampler));
}

TEST(MarketVectorEnv, EndsEpisodesInsideTrialsAndBeginsTheNextTrialAtOnce) {
  const auto env = std::move(make(training::ActionSet::Target).value());
  env->reset(1);
  EXPECT_EQ(env->actions(), 3U);
  EXPECT_EQ(env->trial_steps(), 10U);
  EXPECT_EQ(env->columns(), 14U);
  const std::vector<std::int32_t> mixed{0, 1, 2};
  for (int step = 1; step <= 30; ++step) {
    env->step(mixed);
    const StepEnd expected = step % 10 == 0  ? StepEnd::TrialTruncated
                             : step % 5 == 0 ? StepEnd::EpisodeTruncated
                                             : StepEnd::None;
    EXPECT_THAT(env->ends(), ::testing::Each(expected)) << step;
    EXPECT_EQ(env->rewards()[1], 0.0F) << "flat earns nothing";
    EXPECT_NE(env->rewards()[0], 0.0F) << step;
    EXPECT_NE(env->infos()[2].position, 0.0);
    // Time as a share of the trial is the last column; the cut-off row has the time it ended at.
    const float time = static_cast<float>(step % 10) / 10.0F;
    EXPECT_FLOAT_EQ(env->observations()[13], time);
    if (step % 5 == 0) {
      EXPECT_FLOAT_EQ(env->final_observations()[13], step % 10 == 0 ? 1.0F : 0.5F);
    }
  }
}

TEST(MarketVectorEnv, TheSeedDecidesTheTasks) {
  const auto env = std::move(make(training::ActionSet::Target).value());
  const auto rewards_of = [&](std::uint64_t seed) {
    env->reset(seed);
    std::vector<float> all;
    for (int step = 0; step < 20; ++step) {
      env->step(std::vector<std::int32_t>{2, 2, 2});
      all.insert(all.end(), env->rewards().begin(), env->rewards().end());
    }
    return all;
  };
  const auto first = rewards_of(5);
  EXPECT_EQ(rewards_of(5), first);
  EXPECT_NE(rewards_of(6), first);
}

TEST(MarketVectorEnv, RefusesASeriesThatOnlyLaterTrialsWouldMeet) {
  const auto plain = training::synthetic_series({.bars = 300}, 3).value();
  const auto other =
      training::synthetic_series({.bars = 300, .features = features::Kind::Practitioner}, 4)
          .value();
  auto observation =
      features::PolicyObservation::create(plain->schema(), features::TimeShare::Trial).value();
  auto env = training::MarketEnv::create({}, std::move(observation), 3).value();
  auto sampler = training::TaskSampler::create({plain, other}, kTrials, {}, "", 1).value();
  const auto made = MarketVectorEnv::create(std::move(env), {}, std::move(sampler));
  ASSERT_TRUE(made.has_error());
  EXPECT_THAT(made.error().context, ::testing::HasSubstr("of seed 4"));
}

TEST(MarketVectorEnv, HoldsTheWeightThatIsSaid) {
  const auto env = std::move(make(training::ActionSet::Weight).value());
  const auto targets = std::move(make(training::ActionSet::Target).value());
  EXPECT_TRUE(env->weighs());
  EXPECT_FALSE(targets->weighs());
  EXPECT_EQ(env->actions(), 1U);
  env->reset(1);
  targets->reset(1);
  const std::vector<float> weights{-3.0F, 0.5F, 1.0F};
  const std::vector<std::int32_t> same{0, 2, 2};
  for (int step = 0; step < 7; ++step) {
    env->step_weights(weights);
    targets->step(same);
    EXPECT_EQ(env->rewards()[0], targets->rewards()[0]) << "cut to -1";
    EXPECT_EQ(env->rewards()[2], targets->rewards()[2]);
    const double half = env->infos()[1].position / targets->infos()[1].position;
    EXPECT_NEAR(half, 0.5, 0.02);
  }
}

}  // namespace
}  // namespace proteus::learners
