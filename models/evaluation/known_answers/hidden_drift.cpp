// KA-12, the half that needs no learner.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "models/evaluation/known_answers/drift_backtest.hpp"
#include "models/evaluation/known_answers/drift_market.hpp"
#include "models/evaluation/known_answers/known_answer.hpp"
#include "models/evaluation/known_answers/seeds.hpp"

namespace proteus::evaluation {

Result<std::vector<Check>> hidden_drift(const Parameters& p) {
  constexpr double kCost = 0.001;  // 10 bp
  constexpr double kPaths = 100'000;
  constexpr double kPathMost = 0.006;    // of a path: the share of its bars that is short varies
  constexpr double kTolerance = 0.0016;  // of so many paths: 3.6 standard errors
  const DriftMarket own;
  DriftMarket market;
  market.bars = p.bars.value_or(own.bars);
  const std::int64_t paths = p.paths.value_or(static_cast<std::int64_t>(kPaths));
  if (market.bars < 1 || market.bars > 2'000 || paths < 1)
    return error(ErrorCode::OutOfRange,
                 fmt::format("{} paths of {} bars: at least one path, and 1 to 2000 bars", paths,
                             market.bars));
  const auto median_of = [&](const Backtest& backtest) {
    return median_over_seeds(
        p, [&](std::uint64_t seed) { return mean_profit(market, paths, seed, backtest); });
  };
  const auto earned = [&](double cost) {
    return median_of([cost](std::span<const double> r) { return sign_rule_profit(r, cost); });
  };
  const auto environment_at = [](double cost) {
    return [cost](std::span<const double> r) { return environment_profit(r, cost); };
  };
  double furthest = 0.0;
  const double rebalanced = rebalancing_cost(market, kCost);
  const double lost = median_of([&](std::span<const double> r) {
    const double less = environment_profit(r, kCost) - simple_profit(r, kCost);
    furthest = std::max(furthest, std::abs(less + rebalanced));
    return less;
  });
  const double expected = sign_rule_expectation(market);
  const double best = best_expectation(market, kCost);
  const bool is_own = market.bars == own.bars;
  const double tolerance = kTolerance * std::sqrt(kPaths / static_cast<double>(paths) *
                                                  static_cast<double>(market.bars) / 200.0);
  const auto check = [&](std::string what, double value, double known, double error) {
    return is_own ? Check::within(std::move(what), value, known, error, 7)
                  : Check::shown(std::move(what), value, 7);
  };
  return std::vector<Check>{
      Check::within("sign of the return so far, no cost", earned(0.0), is_own ? 0.125343 : expected,
                    tolerance, 6),
      check("the same, closed form", expected, 0.125343, 5e-7),
      check("best possible at 10 bp, by induction from the end", best, 0.12039, 1e-5),
      Check::at_most("sign of the return so far, 10 bp", earned(kCost), best + tolerance, 6),
      Check::within("no cost, in the environment's own back-test", median_of(environment_at(0.0)),
                    is_own ? 0.125343 : expected, tolerance, 6),
      check("10 bp there, less the plain one path by path", lost, -rebalancing_cost(market, kCost),
            0.1 * rebalancing_cost(market, kCost)),
      Check::at_most("what else a path's two results differ by, most", furthest, kPathMost, 6),
      Check::not_built("RL2 at 10 bp")};
}

}  // namespace proteus::evaluation
