#include "models/learners/fixed_trials.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "models/learners/actor.hpp"
#include "tests/unit/learners/support.hpp"

namespace proteus::learners {
namespace {

using evaluation::Trial;
using ::testing::Each;
using ::testing::SizeIs;

/// A policy that moves about: untrained ones would say the same at every bar.
LoadedAgent agent(policy::CoreKind core, std::uint64_t seed = 7) {
  Rl2Settings settings = small_settings();
  settings.policy.core.kind = core;
  const auto data = market_data();
  const auto trainer = std::move(make_rl2_trainer(settings, data, 1).value());
  inference::Checkpoint model = trainer->model();
  LoadedAgent loaded = std::move(load_agent(model, data.series[0]->schema()).value());
  torch::NoGradGuard none;
  market::Random random(seed, "weights");
  for (float& w : loaded.policy->values()) w += 0.5F * static_cast<float>(random.normal());
  return loaded;
}

std::vector<Trial> trials_of(const LoadedAgent& agent, bool forgets, std::int64_t most = 100) {
  const auto data = market_data();
  auto played = play_unseen(agent, {data.series, data.validation, most, forgets}, {});
  EXPECT_FALSE(played.has_error());
  return std::move(played.value());
}

std::vector<double> net_of(const evaluation::Episode& episode) {
  std::vector<double> net;
  for (const auto& step : episode) net.push_back(step.net);
  return net;
}

// S3-18: back-tests go forward through the period without overlap.
TEST(FixedTrials, FollowOneAnotherThroughThePeriodWithoutOverlap) {
  const auto trials = trials_of(agent(policy::CoreKind::Gru), false);
  ASSERT_THAT(trials, SizeIs(::testing::Ge(10U)));
  const Timestamp from = *market_data().validation.from;
  Timestamp last{};
  std::size_t markets = 0;
  for (const Trial& trial : trials) {
    ASSERT_THAT(trial, SizeIs(2));
    EXPECT_THAT(trial, Each(SizeIs(6)));
    const Timestamp first = trial[0][0].close;
    if (last == Timestamp{} || first < last) {
      ++markets;
      EXPECT_GE(first - from, std::chrono::hours{1});
    } else {
      EXPECT_EQ(first - last, std::chrono::hours{1});
    }
    EXPECT_EQ(trial[1][0].close - trial[0].back().close, std::chrono::hours{1});
    last = trial[1].back().close;
  }
  EXPECT_EQ(markets, 2U);
  EXPECT_THAT(trials_of(agent(policy::CoreKind::Gru), false, 3), SizeIs(3));
}

// S3-04: what is remembered survives the end of an episode, and nothing of it a new trial.
TEST(FixedTrials, AgentsRememberFromEpisodeToEpisodeUnlessTheyForget) {
  std::size_t others = 0;  // Some random policies say the same whatever they remember.
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    const LoadedAgent gru = agent(policy::CoreKind::Gru, seed);
    const auto kept = trials_of(gru, false);
    const auto cleared = trials_of(gru, true);
    ASSERT_EQ(kept.size(), cleared.size());
    for (std::size_t i = 0; i < kept.size(); ++i) {
      EXPECT_EQ(net_of(kept[i][0]), net_of(cleared[i][0])) << seed << ' ' << i;
      others += net_of(kept[i][1]) != net_of(cleared[i][1]) ? 1U : 0U;
    }
  }
  EXPECT_GT(others, 0U);
}

/// Alone, each of its returns is what the books of MarketEnv say of the equity.
TEST(FixedTrials, ReturnsAddUpToTheMoneyInTheBooks) {
  const LoadedAgent loaded = agent(policy::CoreKind::Gru);
  const auto data = market_data();
  const Rl2Settings& s = loaded.settings;
  auto market =
      training::MarketEnv::create({s.env, s.venue, s.actions, s.reward, {}}, loaded.observation, 1);
  const training::Task task{
      .series = data.series[0], .start = 310, .episode_bars = 6, .episodes = 1};
  const auto env =
      std::move(FixedTrials::create(std::move(market.value()), s.actions, {task}, false).value());
  Inputs inputs{loaded.inputs, *env};
  Actor actor{*loaded.policy, *env, inputs, 0, Choice::Greedy};
  std::vector<float> input(inputs.width());
  double sum = 0.0;
  while (!env->done()) {
    actor.decide(input);
    actor.advance();
    sum += static_cast<double>(env->rewards()[0]);
  }
  double log_growth = 0.0;
  double held = 0.0;
  for (const auto& step : env->trials()[0][0]) {
    log_growth += std::log1p(step.net);
    held += std::abs(step.position);
  }
  EXPECT_GT(held, 0.0);
  EXPECT_NEAR(log_growth, sum, 1e-6);  // log_equity rewards, as floats
  env->step(std::vector<std::int32_t>{0});
  EXPECT_THAT(env->trials()[0][0], SizeIs(6));  // It rests.
}

TEST(FixedTrials, WithoutRoomForATrialAreRefused) {
  auto data = market_data();
  data.validation.from = data.series[0]->bars().back().open_time;
  const auto played =
      play_unseen(agent(policy::CoreKind::Gru), {data.series, data.validation, 9, false}, {});
  ASSERT_TRUE(played.has_error());
  EXPECT_EQ(played.error().code, ErrorCode::NotFound);
}

}  // namespace
}  // namespace proteus::learners
