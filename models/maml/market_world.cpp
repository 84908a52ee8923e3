#include "models/maml/market_world.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "engine/core/assert.hpp"

namespace proteus::maml {

Result<training::TaskSampler> market_sampler(
    std::vector<std::shared_ptr<const training::Series>> series, const MarketTaskSettings& settings,
    const MarketShape& shape, const training::Period& period, std::uint64_t seed) {
  training::SamplerSettings sampling;
  sampling.episode_bars = static_cast<std::int64_t>(shape.task_bars());
  sampling.episodes = 1;
  sampling.spacing = settings.spacing;
  sampling.balance = settings.balance;
  return training::TaskSampler::create(std::move(series), sampling, period, settings.regime, seed);
}

Result<std::unique_ptr<MarketWorld>> MarketWorld::create(
    const training::MarketEnv::Settings& settings, const features::PolicyObservation& observation,
    const MarketShape& shape) {
  if (settings.actions.set != training::ActionSet::Weight)
    return error(ErrorCode::Unsupported,
                 "a policy that adapts by policy gradients says continuous weights: set actions to "
                 "weight");
  if (shape.trajectories < 1 || shape.horizon < 1 || shape.gap < 1)
    return error(ErrorCode::OutOfRange,
                 fmt::format("{} trajectories of {} bars, {} bars from support to query: none of "
                             "them may be 0",
                             shape.trajectories, shape.horizon, shape.gap));
  BOOST_OUTCOME_TRY(training::MarketEnv env,
                    training::MarketEnv::create(settings, observation, shape.trajectories));
  return std::unique_ptr<MarketWorld>(new MarketWorld(std::move(env), shape));
}

MarketWorld::MarketWorld(training::MarketEnv env, const MarketShape& shape)
    : env_(std::move(env)), shape_(shape), said_(shape.trajectories) {}

Result<void> MarketWorld::place(const training::Task& task) {
  PROTEUS_ASSERT(task.series != nullptr);
  if (task.start < task.series->first_ready() ||
      task.start + shape_.task_bars() >= task.series->size())
    return error(ErrorCode::OutOfRange,
                 fmt::format("{}: a task of {} bars from bar {} on, where {} to {} are there",
                             task.series->name(), shape_.task_bars(), task.start,
                             task.series->first_ready(), task.series->size()));
  task_ = task;
  task_.episode_bars = shape_.horizon;
  task_.episodes = 1;
  task_.stride = shape_.horizon;
  return env_.reset(0, task_);
}

std::size_t MarketWorld::first_bar(Part part, std::size_t trajectory) const {
  return task_.start + (part == Part::Query ? shape_.query_offset() : 0) +
         trajectory * shape_.stagger;
}

void MarketWorld::begin(Part part, std::size_t trajectories, std::span<float> observations) {
  PROTEUS_ASSERT(trajectories == env_.size() && task_.series != nullptr);
  for (std::size_t i = 0; i < trajectories; ++i) {
    training::Task trajectory = task_;
    trajectory.start = first_bar(part, i);
    const auto done = env_.reset(i, trajectory);
    PROTEUS_ASSERT(!done.has_error());  // place() has looked at the whole stretch.
  }
  std::ranges::copy(env_.observations(), observations.begin());
}

void MarketWorld::step(std::span<const float> actions, std::span<float> rewards,
                       std::span<float> observations) {
  std::ranges::transform(actions, said_.begin(), [](float weight) {
    return training::Action{.weight = static_cast<double>(weight)};
  });
  env_.step(said_);
  std::ranges::transform(env_.rewards(), rewards.begin(),
                         [](double reward) { return static_cast<float>(reward); });
  std::ranges::copy(env_.observations(), observations.begin());
}

}  // namespace proteus::maml
