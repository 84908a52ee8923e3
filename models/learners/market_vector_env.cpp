#include "models/learners/market_vector_env.hpp"

#include <algorithm>

#include "engine/core/assert.hpp"

namespace proteus::learners {

using training::StepEnd;

Result<std::unique_ptr<MarketVectorEnv>> MarketVectorEnv::create(
    training::MarketEnv env, const training::ActionSettings& actions,
    training::TaskSampler sampler) {
  const std::int64_t choices = training::choices(actions.set);
  // What fits one trial of a series fits all of it; candidates come in the order of series.
  const training::Series* fits = nullptr;
  for (std::size_t i = 0; i < sampler.candidates(); ++i) {
    const training::Task task = sampler.candidate(i);
    if (task.series.get() == fits) continue;
    BOOST_OUTCOME_TRY(env.reset(0, task));
    fits = task.series.get();
  }
  for (std::size_t i = 0; i < env.size(); ++i) {
    BOOST_OUTCOME_TRY(env.reset(i, sampler.candidate(0)));
  }
  return std::unique_ptr<MarketVectorEnv>(
      new MarketVectorEnv(std::move(env), choices, std::move(sampler)));
}

MarketVectorEnv::MarketVectorEnv(training::MarketEnv env, std::int64_t choices,
                                 training::TaskSampler sampler)
    : env_(std::move(env)),
      weighs_(choices == 0),
      actions_(weighs_ ? 1 : static_cast<std::size_t>(choices)),
      sampler_(std::move(sampler)),
      random_(0, "", 0, env_.size()),
      trial_steps_(env_.task(0).episodes * env_.task(0).episode_bars),
      said_(env_.size()),
      rewards_(env_.size()),
      ends_(env_.size()),
      infos_(env_.size()) {}

void MarketVectorEnv::reset(std::uint64_t seed) {
  random_ = Streams{seed, "tasks", first(), size()};
  for (std::size_t i = 0; i < size(); ++i) next_trial(i);
}

void MarketVectorEnv::next_trial(std::size_t i) {
  const auto done = env_.reset(i, sampler_.draw(random_[i]));
  PROTEUS_ASSERT(!done.has_error());
}

void MarketVectorEnv::archive(Archive& a) {
  a(random_);
  env_.archive(a, sampler_.series());
}

StepEnd MarketVectorEnv::end_of(std::size_t i) const {
  const bool trial = env_.trial_over()[i] != 0;
  if (env_.terminated()[i] != 0)
    return trial ? StepEnd::TrialTerminated : StepEnd::EpisodeTerminated;
  if (env_.truncated()[i] != 0) return trial ? StepEnd::TrialTruncated : StepEnd::EpisodeTruncated;
  return StepEnd::None;
}

void MarketVectorEnv::step(std::span<const std::int32_t> actions) {
  std::ranges::transform(actions, said_.begin(),
                         [](std::int32_t a) { return training::Action{.choice = a}; });
  step_said();
}

void MarketVectorEnv::step_weights(std::span<const float> weights) {
  std::ranges::transform(weights, said_.begin(), [](float w) {
    return training::Action{.weight = static_cast<double>(w)};
  });
  step_said();
}

void MarketVectorEnv::step_said() {
  env_.step(said_);
  std::ranges::copy(env_.infos(), infos_.begin());
  for (std::size_t i = 0; i < size(); ++i) {
    rewards_[i] = static_cast<float>(env_.rewards()[i]);
    ends_[i] = end_of(i);
    if (ends_trial(ends_[i])) next_trial(i);
  }
}

}  // namespace proteus::learners
