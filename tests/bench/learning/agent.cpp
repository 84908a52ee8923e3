#include "tests/bench/learning/agent.hpp"

#include "models/training/synthetic.hpp"

namespace proteus::bench {
namespace {
constexpr std::uint64_t kSeed = 20'250'529;
}

std::vector<std::shared_ptr<const training::Series>> make_series(std::size_t bars) {
  using training::SyntheticKind;
  std::vector<std::shared_ptr<const training::Series>> series;
  for (const SyntheticKind kind :
       {SyntheticKind::Bull, SyntheticKind::Bear, SyntheticKind::Sideways,
        SyntheticKind::HighVolatility, SyntheticKind::Switching})
    series.push_back(training::synthetic_series({.kind = kind, .bars = bars}, kSeed).value());
  return series;
}

std::unique_ptr<learners::MarketVectorEnv> make_environments(
    const std::vector<std::shared_ptr<const training::Series>>& series, std::size_t count,
    std::size_t steps) {
  training::MarketEnv::Settings settings;
  settings.actions.set = training::ActionSet::BuySellHold;
  auto observation =
      features::PolicyObservation::create(series.front()->schema(), features::TimeShare::Trial)
          .value();
  auto env = training::MarketEnv::create(settings, std::move(observation), count).value();
  const auto episode = static_cast<std::int64_t>(steps / 3);
  auto sampler =
      training::TaskSampler::create(series, {.episode_bars = episode, .episodes = 3}, {}, "", kSeed)
          .value();
  return learners::MarketVectorEnv::create(std::move(env), settings.actions, std::move(sampler))
      .value();
}

Agent::Agent(std::size_t environments, std::size_t steps, std::size_t epochs,
             learners::Group* group)
    : env_(make_environments(make_series(1'000), environments, steps)) {
  const learners::InputSettings inputs;
  learners::PpoSettings settings;
  settings.rollout_steps = static_cast<std::int64_t>(steps);
  settings.epochs = static_cast<std::int64_t>(epochs);
  settings.minibatches = 1;
  settings.kl_stop = 1e3;
  policy_ = std::make_unique<policy::ActorCritic>(
      policy::ActorCriticSettings{}, learners::input_width(inputs, *env_),
      static_cast<std::int64_t>(env_->actions()), kSeed);
  ppo_ = learners::Ppo::create(*policy_, *env_, inputs, settings, 1'000'000'000, kSeed,
                               {.group = group})
             .value();
}

void Agent::iterate() { updates_ += ppo_->iterate().value().updates; }

std::uint64_t Agent::hash() const {
  return policy::parameter_hash(std::as_const(*policy_).values());
}

}  // namespace proteus::bench
