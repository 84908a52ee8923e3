// KA-16, the half that learns: PPO learns on a driftless market, where trading is free so that
// nothing keeps it from trading, and is then judged on another one, where it is not.
#include "models/evaluation/known_answers/noise_market.hpp"

#include "models/learners/known_answers/experiment.hpp"
#include "models/learners/known_answers/learned_answers.hpp"
#include "models/learners/market_vector_env.hpp"

namespace proteus::learners {
namespace {

using evaluation::NoiseRun;

constexpr std::size_t kBars = 2'000;
constexpr std::uint64_t kFresh = 0x6672'6573'6800'0000U;  // Apart from the seeds of training.

/// `scaling`: fitted on the rows of the training market, whichever market it is.
Result<std::unique_ptr<MarketVectorEnv>> environments(
    const std::shared_ptr<const training::Series>& series, const features::FeatureScaling& scaling,
    std::size_t count, std::int64_t episode, bool paid) {
  const training::MarketEnv::Settings settings = evaluation::noise_settings(paid);
  BOOST_OUTCOME_TRY(auto observation, features::PolicyObservation::create(
                                          series->schema(), features::TimeShare::Episode, scaling));
  BOOST_OUTCOME_TRY(auto env, training::MarketEnv::create(settings, std::move(observation), count));
  BOOST_OUTCOME_TRY(
      auto sampler,
      training::TaskSampler::create(
          {series}, {.episode_bars = episode, .episodes = 1, .spacing = 10}, {}, "", 1));
  return MarketVectorEnv::create(std::move(env), settings.actions, std::move(sampler));
}

Experiment experiment_of(const evaluation::Parameters& p) {
  Experiment e;
  e.policy.encoder = 0;
  e.policy.core = {.kind = policy::CoreKind::Memoryless, .hidden = 32};
  e.environments = 64;
  e.steps = p.steps.value_or(200'000);
  e.ppo.rollout_steps = 50;
  e.ppo.rate = 1e-3;
  e.ppo.gamma = 0.9;
  e.ppo.entropy_start = 0.001;
  return e;
}

/// Learns on one market, and goes through the whole of another.
Result<NoiseRun> learn_and_trade(const Experiment& e, std::uint64_t seed) {
  BOOST_OUTCOME_TRY(const auto known, evaluation::noise_series(kBars, seed));
  BOOST_OUTCOME_TRY(const auto fresh, evaluation::noise_series(kBars, seed ^ kFresh));
  const auto scaling =
      features::fit_scaling(known->rows(known->first_ready(), known->size()), known->columns());
  BOOST_OUTCOME_TRY(auto env, environments(known, scaling, e.environments, 200, false));
  const auto whole = static_cast<std::int64_t>(kBars - fresh->first_ready() - 1);
  BOOST_OUTCOME_TRY(auto market, environments(fresh, scaling, 1, whole, true));
  BOOST_OUTCOME_TRY(const Trained trained,
                    train(
                        e, [&](std::size_t) { return std::move(env); }, seed));
  Inputs inputs{trained.ppo->inputs(), *market};
  Actor actor{*trained.policy, *market, inputs, seed, Choice::Greedy};
  std::vector<float> input(inputs.width());
  NoiseRun run;
  for (bool over = false; !over;) {
    actor.decide(input);
    actor.advance();
    run.add(market->infos()[0]);
    over = ends_trial(market->ends()[0]);
  }
  return run;
}

}  // namespace

Result<std::vector<evaluation::Check>> learned_noise_market(const evaluation::Parameters& p) {
  const Experiment e = experiment_of(p);
  std::vector<NoiseRun> runs;
  for (int i = 0; i < evaluation::kNoiseMarkets; ++i) {
    BOOST_OUTCOME_TRY(runs.emplace_back(), learn_and_trade(e, p.seed + static_cast<unsigned>(i)));
  }
  BOOST_OUTCOME_TRY(auto checks, evaluation::noise_checks("PPO", runs));
  if (p.steps)
    for (evaluation::Check& check : checks) check.low = check.high = std::nullopt;
  return checks;
}

}  // namespace proteus::learners
