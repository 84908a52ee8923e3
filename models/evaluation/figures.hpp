// All figures of one account in one place, for tables and reports. What has no value (no losing
// trip to divide by, nothing held) is absent, never a number.
#pragma once

#include <optional>

#include "models/evaluation/sharpe.hpp"
#include "models/evaluation/track.hpp"

namespace proteus::evaluation {

struct Figures {
  std::size_t bars = 0;
  std::int64_t fills = 0;
  std::size_t trips = 0;
  double turnover = 0.0;       ///< value traded a year, in equities
  double exposure = 0.0;       ///< mean of sum |positions| / equity
  double in_market = 0.0;      ///< share of bars that end with a position
  double total_return = 0.0;   ///< compounded over all bars
  double yearly_return = 0.0;  ///< compounded, a year
  double volatility = 0.0;     ///< of net returns, a year, by sqrt
  double drawdown = 0.0;       ///< greatest, share of the peak
  double fees = 0.0;           ///< sums of shares of equity, as all that follow
  double slippage = 0.0;
  double funding = 0.0;
  std::optional<SharpeSample> sharpe;    ///< net, a bar; absent where nothing varies
  std::optional<double> annual_factor;   ///< Lo's; sqrt where correlations leave no variance
  std::optional<double> net_sharpe;      ///< a year
  std::optional<double> gross_sharpe;    ///< a year, with its own factor
  std::optional<double> standard_error;  ///< of net_sharpe, with the returns' autocorrelation
  std::optional<double> sortino;         ///< a year, by sqrt
  std::optional<double> calmar;
  std::optional<double> win_rate;         ///< of round trips, net
  std::optional<double> profit_factor;    ///< of round trips, net
  std::optional<double> break_even_cost;  ///< fraction of what is traded that leaves nothing
  std::optional<double> probabilistic;    ///< PSR(0)
};

Figures figures_of(const Track& track);

/// floor(4 (n / 100)^(2/9)) autocorrelations (Newey, West 1994) put into Lo's factor for a year.
/// Errors: those of autocorrelations and annualisation_factor.
Result<double> yearly_factor(std::span<const double> returns, double bars_a_year);

}  // namespace proteus::evaluation
