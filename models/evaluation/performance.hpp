// The other figures of a result: what was lost on the way, how often it won, what it may cost.
// Returns are per period and as fractions; equity is in any currency.
#pragma once

#include <span>

#include "engine/core/result.hpp"

namespace proteus::evaluation {

/// (mean - target) / sqrt(mean(min(r - target, 0)^2)), a period (Sortino, van der Meer 1991); the
/// mean runs over all periods, not over the losing ones. Errors: OutOfRange for no returns, one
/// that is not finite, or none below the target.
Result<double> sortino_ratio(std::span<const double> returns, double target = 0.0);

/// Greatest fall below an earlier peak, as a share of that peak, in [0, 1). Errors: OutOfRange for
/// no points, or equity that is not finite and above 0.
Result<double> max_drawdown(std::span<const double> equity);

/// Yearly compounded growth over the greatest drawdown: ((last / first)^(a / n) - 1) / drawdown for
/// n periods with `periods_a_year` a. Errors: as above, fewer than two points, or never a fall.
Result<double> calmar_ratio(std::span<const double> equity, double periods_a_year);

/// Share of results above 0. Errors: OutOfRange for no results or one that is not finite.
Result<double> win_rate(std::span<const double> results);
/// Sum of gains over sum of losses. Errors: as above, or no loss at all.
Result<double> profit_factor(std::span<const double> results);

/// Mean |w_t - w_{t-1}| a period, starting from nothing held. Errors: OutOfRange for no weights or
/// one that is not finite.
Result<double> turnover(std::span<const double> weights);
/// Cost of trading one unit, as a fraction, at which nothing is left: mean gross return / turnover.
/// Negative where there is a loss before costs. Errors: as above, different lengths, no trading.
Result<double> break_even_cost(std::span<const double> gross_returns,
                               std::span<const double> weights);

}  // namespace proteus::evaluation
