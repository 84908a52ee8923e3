// How often a repeated bet brings wealth down to a share of the start.
#pragma once

#include <cstdint>

namespace proteus::evaluation {

/// Chance that wealth, betting `fraction` of it at even odds with chance p of winning, is below
/// `share` of the start after any of the first `bets`. Exact: all numbers of wins are followed bet
/// by bet, and those that are below leave.
double chance_of_falling(double p, double fraction, double share, std::int64_t bets);

}  // namespace proteus::evaluation
