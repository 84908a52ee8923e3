#include "models/learners/known_answers/market_drift_env.hpp"

#include <algorithm>

#include "engine/core/assert.hpp"
#include "models/evaluation/known_answers/drift_backtest.hpp"

namespace proteus::learners {

Result<std::unique_ptr<MarketDriftEnv>> MarketDriftEnv::create(
    std::size_t size, const evaluation::DriftMarket& market, double cost) {
  BOOST_OUTCOME_TRY(auto env, evaluation::drift_environment(size, cost));
  return std::unique_ptr<MarketDriftEnv>(new MarketDriftEnv(size, market, cost, std::move(env)));
}

MarketDriftEnv::MarketDriftEnv(std::size_t size, const evaluation::DriftMarket& market, double cost,
                               training::MarketEnv env)
    : DriftEnv(size, market, cost), env_(std::move(env)), said_(size) {}

void MarketDriftEnv::trade_path(std::size_t i) {
  const auto task = evaluation::drift_task(path(i));
  PROTEUS_ASSERT(task.has_value());  // A path of returns is a series of bars, whatever it is.
  const auto done = env_.reset(i, task.value());
  PROTEUS_ASSERT(done.has_value());
}

void MarketDriftEnv::reset(std::uint64_t seed) {
  DriftEnv::reset(seed);
  for (std::size_t i = 0; i < size(); ++i) trade_path(i);
}

void MarketDriftEnv::step(std::span<const std::int32_t> actions) {
  std::ranges::transform(actions, said_.begin(),
                         [](std::int32_t a) { return training::Action{.choice = a}; });
  env_.step(said_);
  DriftEnv::step(actions);
  for (std::size_t i = 0; i < size(); ++i) {
    rewards_[i] = static_cast<float>(env_.infos()[i].step_return);
    PROTEUS_ASSERT((env_.trial_over()[i] != 0) == ends_trial(ends()[i]));
    if (ends_trial(ends()[i])) trade_path(i);
  }
}

}  // namespace proteus::learners
