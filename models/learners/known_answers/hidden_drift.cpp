// KA-12, the half that learns: which way this market drifts is told by its returns alone.
#include <fmt/format.h>

#include "models/learners/known_answers/drift_env.hpp"
#include "models/learners/known_answers/experiment.hpp"
#include "models/learners/known_answers/learned_answers.hpp"
#include "models/learners/known_answers/market_drift_env.hpp"
#include "models/learners/known_answers/over_seeds.hpp"

namespace proteus::learners {

namespace {

/// The same with the position itself as the action: in a fifth of the steps, six tenths of the
/// best.
Result<void> add_weights(Experiment e, const evaluation::DriftMarket& market, double cost,
                         const evaluation::Parameters& p, std::vector<evaluation::Check>& checks) {
  e.steps = 4'000'000;
  const auto make = [&](std::size_t n) {
    return std::make_unique<DriftEnv>(n, market, cost, true);
  };
  BOOST_OUTCOME_TRY(auto values, over_seeds(e, make, p, [&](const Trained& t, std::uint64_t seed) {
                      return t.test(e, seed, Choice::Greedy).mean;
                    }));
  const double best = evaluation::best_expectation(market, cost);
  add_checks(checks, "RL2 with weights at 10 bp", values,
             {.median_low = 0.6 * best, .median_high = 1.01 * best, .each_high = 1.02 * best},
             !p.steps && !p.bars, 6);
  return success();
}

}  // namespace

Result<std::vector<evaluation::Check>> learned_hidden_drift(const evaluation::Parameters& p) {
  constexpr double kCost = 0.001;
  evaluation::DriftMarket market;
  market.bars = p.bars.value_or(market.bars);
  if (market.bars < 2)
    return error(
        ErrorCode::OutOfRange,
        fmt::format("a path of {} bars: an agent needs two at least, one to see and one to "
                    "hold over",
                    market.bars));
  Experiment e;
  e.policy.encoder = 0;
  e.policy.core.hidden = 32;
  e.inputs = {.action = false, .reward = false, .done = false, .time = true};
  e.environments = 256;
  e.steps = 20'000'000;
  e.test_trials = 100'000;
  e.ppo.rollout_steps = market.bars - 1;
  e.ppo.gamma = 1.0;
  e.ppo.lambda = 0.95;
  e.ppo.rate = 2e-3;
  e.ppo.entropy_start = 0.01;
  const auto make = [&](std::size_t n) { return std::make_unique<DriftEnv>(n, market, kCost); };
  Experiment traded = e;
  traded.test_trials = 20'000;
  BOOST_OUTCOME_TRY(const auto account, MarketDriftEnv::create(e.environments, market, kCost));
  std::vector<double> in_account;
  BOOST_OUTCOME_TRY(auto values, over_seeds(e, make, p, [&](const Trained& t, std::uint64_t seed) {
                      in_account.push_back(t.test_in(*account, traded, seed).mean);
                      return t.test(e, seed).mean;
                    }));
  // More than the best possible rule, by more than chance, would be look-ahead.
  const double best = evaluation::best_expectation(market, kCost);
  std::vector<evaluation::Check> checks;
  add_checks(checks, "RL2 at 10 bp", values,
             {.median_low = 0.9 * best, .median_high = 1.01 * best, .each_high = 1.02 * best},
             !p.steps && !p.bars, 6);
  add_checks(checks, "RL2 at 10 bp, in the environment", in_account,
             {.median_low = 0.9 * best, .median_high = 1.01 * best}, !p.steps && !p.bars, 6);
  BOOST_OUTCOME_TRY(add_weights(e, market, kCost, p, checks));
  return checks;
}

}  // namespace proteus::learners
