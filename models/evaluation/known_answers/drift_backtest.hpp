// The hidden-drift market traded in the environment that agents train in: the same rule, through
// bars, orders, fills and a ledger.
#pragma once

#include <span>

#include "models/evaluation/known_answers/drift_market.hpp"
#include "models/training/market_env.hpp"

namespace proteus::evaluation {

/// Environments for such paths: Target actions over all equity, `cost` as the taker's fee and no
/// other cost, no band.
Result<training::MarketEnv> drift_environment(std::size_t size, double cost);
/// A path as a trial of one episode: decisions from its first close on.
Result<training::Task> drift_task(std::span<const double> returns);

/// What the sign rule (sign_rule_profit) earns on one path at `cost`: the sum of the net returns of
/// all steps of a training::MarketEnv, with a position of all equity, none or minus all equity.
/// Simple returns, where the plain back-test adds log returns: both have the same expectation to
/// 1e-6, since the squares that tell them apart are earned on one side and lost on the other. A
/// short position also has to be brought back to minus all equity after every bar, since what it
/// loses and what it owes both move: at a cost that takes 2 E|r| x cost a bar (rebalancing_cost).
/// Not a number where the environment refuses the path.
double environment_profit(std::span<const double> returns, double cost);

/// sign_rule_profit with simple in place of log returns: what the environment earns but for
/// rebalancing.
double simple_profit(std::span<const double> returns, double cost);

/// What rebalancing takes from a path on which the sign rule is short half of the time.
double rebalancing_cost(const DriftMarket& market, double cost);

}  // namespace proteus::evaluation
