// The hidden-drift market traded in the environment that agents train in: the same rule, through
// bars, orders, fills and a ledger.
#pragma once

#include <span>

namespace proteus::evaluation {

/// What the sign rule (sign_rule_profit) earns on one path without cost: the sum of the net returns
/// of all steps of a training::MarketEnv, with a position of all equity, none or minus all equity.
/// Simple returns, where the plain back-test adds log returns: both have the same expectation to
/// 1e-6, since the squares that tell them apart are earned on one side and lost on the other.
/// Not a number where the environment refuses the path.
double environment_profit(std::span<const double> returns);

}  // namespace proteus::evaluation
