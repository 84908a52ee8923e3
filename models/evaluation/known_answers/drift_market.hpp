// A market whose log price drifts up or down, with equal chance and fixed for the path, under noise
// that hides it: what a position of -1, 0 or 1 earns there by a rule, and by the best one.
// All results are sums of position times log return.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "engine/market/random.hpp"

namespace proteus::evaluation {

struct DriftMarket {
  double sigma = 0.01;       ///< of a bar's log return
  double drift_share = 0.1;  ///< of sigma: the drift is plus or minus this
  std::int64_t bars = 200;
  [[nodiscard]] double drift() const { return drift_share * sigma; }
};

/// The log returns of one path.
void draw_path(const DriftMarket& market, market::Random& random, std::vector<double>& returns);

/// A back-test of one path: from its log returns to what was earned. The plain one is
/// `sign_rule_profit`; another way of trading the same rule can be held against it.
using Backtest = std::function<double(std::span<const double> returns)>;
/// Mean over `paths` drawn from `seed`.
double mean_profit(const DriftMarket& market, std::int64_t paths, std::uint64_t seed,
                   const Backtest& backtest);

/// Holds the sign of the return since the start, decided at each close and held over the next bar;
/// nothing before the first close. cost: of changing the position by one unit, as a fraction.
double sign_rule_profit(std::span<const double> returns, double cost);

/// The rule's expectation without cost: drift * sum_{t=1}^{bars-1} (2 Phi(drift sqrt(t) / sigma) -
/// 1).
double sign_rule_expectation(const DriftMarket& market);

/// Expectation of the best rule, by induction from the end over the sum of returns so far (all that
/// the past tells: the drift's chance of being up is a logistic function of it) and the position.
/// `points_a_sigma`: of the grid; 10 give six digits.
double best_expectation(const DriftMarket& market, double cost, int points_a_sigma = 10);

}  // namespace proteus::evaluation
