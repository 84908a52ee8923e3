#include "models/learners/fixed_trials.hpp"

#include <algorithm>

#include "models/learners/actor.hpp"
#include "models/training/task_sampler.hpp"

namespace proteus::learners {
namespace {

using training::StepEnd;

StepEnd as_trial(StepEnd end) {
  if (end == StepEnd::EpisodeTerminated) return StepEnd::TrialTerminated;
  return end == StepEnd::EpisodeTruncated ? StepEnd::TrialTruncated : end;
}

/// Trials that follow one another, at most `most` of them, evenly over all.
Result<std::vector<training::Task>> tasks_of(const UnseenTrials& unseen,
                                             training::SamplerSettings sampler) {
  sampler.spacing = static_cast<std::int64_t>(trial_steps(sampler));
  BOOST_OUTCOME_TRY(const auto all,
                    training::TaskSampler::create(unseen.series, sampler, unseen.period, "", 0));
  const std::size_t count = std::min(all.candidates(), static_cast<std::size_t>(unseen.most));
  std::vector<training::Task> tasks;
  for (std::size_t i = 0; i < count; ++i)
    tasks.push_back(all.candidate(i * all.candidates() / count));
  return tasks;
}

}  // namespace

Result<std::unique_ptr<FixedTrials>> FixedTrials::create(training::MarketEnv env,
                                                         const training::ActionSettings& actions,
                                                         std::vector<training::Task> tasks,
                                                         bool forgets) {
  PROTEUS_ASSERT(env.size() == tasks.size());
  BOOST_OUTCOME_TRY(env.reset(tasks));
  return std::unique_ptr<FixedTrials>(
      new FixedTrials(std::move(env), training::choices(actions.set), std::move(tasks), forgets));
}

FixedTrials::FixedTrials(training::MarketEnv env, std::int64_t choices,
                         std::vector<training::Task> tasks, bool forgets)
    : env_(std::move(env)),
      choices_(static_cast<std::size_t>(choices)),
      tasks_(std::move(tasks)),
      forgets_(forgets),
      said_(env_.size()),
      rewards_(env_.size()),
      ends_(env_.size()) {
  for (const training::Task& task : tasks_)
    if (std::ranges::find(series_, task.series) == series_.end()) series_.push_back(task.series);
}

std::size_t FixedTrials::trial_steps() const {
  return tasks_.front().episodes * tasks_.front().episode_bars;
}

void FixedTrials::reset(std::uint64_t /*seed*/) {
  const auto done = env_.reset(tasks_);
  PROTEUS_ASSERT(!done.has_error());
  left_ = size();
  over_.assign(size(), 0);
  trials_.assign(size(), {evaluation::Episode{}});
}

void FixedTrials::archive(Archive& a) { env_.archive(a, series_); }

void FixedTrials::step(std::span<const std::int32_t> actions) {
  std::ranges::transform(actions, said_.begin(),
                         [](std::int32_t a) { return training::Action{.choice = a}; });
  step_said();
}

void FixedTrials::step_weights(std::span<const float> weights) {
  std::ranges::transform(weights, said_.begin(), [](float w) {
    return training::Action{.weight = static_cast<double>(w)};
  });
  step_said();
}

void FixedTrials::step_said() {
  env_.step(said_);
  for (std::size_t i = 0; i < size(); ++i) {
    rewards_[i] = static_cast<float>(env_.rewards()[i]);
    ends_[i] = StepEnd::None;
    if (over_[i] == 0) record(i);
  }
}

void FixedTrials::record(std::size_t i) {
  const training::StepInfo& info = env_.infos()[i];
  const auto bars = tasks_[i].series->bars();
  const double before = bars[info.bar - 1].close.to_double();
  trials_[i].back().push_back({bars[info.bar].close_time, info.step_return,
                               bars[info.bar].close.to_double() / before - 1.0, info.position});
  const bool trial = env_.trial_over()[i] != 0;
  if (env_.terminated()[i] != 0)
    ends_[i] = trial ? StepEnd::TrialTerminated : StepEnd::EpisodeTerminated;
  else if (env_.truncated()[i] != 0)
    ends_[i] = trial ? StepEnd::TrialTruncated : StepEnd::EpisodeTruncated;
  if (trial) {
    over_[i] = 1;
    --left_;
  } else if (ends_[i] != StepEnd::None) {
    trials_[i].emplace_back();
  }
  if (forgets_) ends_[i] = as_trial(ends_[i]);
}

Result<std::vector<evaluation::Trial>> play_unseen(const LoadedAgent& agent,
                                                   const UnseenTrials& unseen,
                                                   const training::EngineRiskSettings& risk) {
  const Rl2Settings& s = agent.settings;
  BOOST_OUTCOME_TRY(auto tasks, tasks_of(unseen, s.sampler));
  BOOST_OUTCOME_TRY(auto market,
                    training::MarketEnv::create({s.env, s.venue, s.actions, s.reward, risk},
                                                agent.observation, tasks.size()));
  BOOST_OUTCOME_TRY(auto env, FixedTrials::create(std::move(market), s.actions, std::move(tasks),
                                                  unseen.forgets));
  Inputs inputs{agent.inputs, *env};
  Actor actor{*agent.policy, *env, inputs, 0, Choice::Greedy};
  std::vector<float> input(env->size() * inputs.width());
  while (!env->done()) {
    actor.decide(input);
    actor.advance();
  }
  return env->trials();
}

}  // namespace proteus::learners
