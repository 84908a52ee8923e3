// A policy that trades, as `proteus train` makes it: RL² over trials of single markets, where each
// is a task to be found out about, with the gradient of the net return itself
// (market_objective.hpp) and not an estimate from samples, since our orders do not move the market
// (recurrent reinforcement learning: Moody, Saffell 2001). What the network sees beside the
// features, its own weight, profit, chances and reward, comes from the trial that it plays
// (strategies/policy/policy_trial.hpp) and is taken as given by the gradient.
//
// Figures of an iteration, in this order: objective, net, deviation, turnover, exposure, long,
// value_error, entropy, astray, adapt/support_gain, adapt/query_gain, gradient_norm, skipped, rate,
// validation/sharpe, validation/net, validation/turnover. `net` and `deviation` are of a bar's net
// return in units of the volatility target; astray: mean squared distance to the teacher; adapt/:
// what the inner steps add to it. validation/sharpe: of the bars of the validation period, a year,
// net, of all instruments at equal weight (portfolio_score.hpp).
#pragma once

#include <memory>

#include "models/learners/market_policy_settings.hpp"
#include "models/runs/data.hpp"
#include "models/runs/trainer.hpp"

namespace proteus::learners {

using inference::kMarketPolicyKind;

/// Errors: NotFound (no trial fits into the training or the validation period), Unsupported (series
/// that differ in features or interval), OutOfRange (settings that do not fit each other).
Result<std::unique_ptr<runs::Trainer>> make_market_policy_trainer(
    const MarketPolicySettings& settings, const runs::Data& data, std::uint64_t seed);

}  // namespace proteus::learners
