#include "models/evaluation/performance.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace proteus::evaluation {
namespace {

/// `what`: of the values, in the plural.
Result<void> check(std::span<const double> values, std::string_view what) {
  if (values.empty())
    return error(ErrorCode::OutOfRange, fmt::format("there are no {} to judge", what));
  for (std::size_t i = 0; i < values.size(); ++i)
    if (!std::isfinite(values[i]))
      return error(ErrorCode::OutOfRange,
                   fmt::format("number {} of {} {} is {}, not finite; mend what made it", i,
                               values.size(), what, values[i]));
  return success();
}

double mean(std::span<const double> values) {
  double sum = 0.0;
  for (const double v : values) sum += v;
  return sum / static_cast<double>(values.size());
}

}  // namespace

Result<double> sortino_ratio(std::span<const double> returns, double target) {
  BOOST_OUTCOME_TRY(check(returns, "returns"));
  double squares = 0.0;
  for (const double r : returns) {
    const double under = std::min(r - target, 0.0);
    squares += under * under;
  }
  if (!(squares > 0.0))
    return error(ErrorCode::OutOfRange,
                 fmt::format("no return lies below {}: there is no downside to divide by", target));
  return (mean(returns) - target) / std::sqrt(squares / static_cast<double>(returns.size()));
}

Result<double> max_drawdown(std::span<const double> equity) {
  BOOST_OUTCOME_TRY(check(equity, "points of equity"));
  double peak = equity[0];
  double worst = 0.0;
  for (const double e : equity) {
    if (!(e > 0.0))
      return error(ErrorCode::OutOfRange,
                   fmt::format("equity of {}: a drawdown is a share of what was there", e));
    peak = std::max(peak, e);
    worst = std::max(worst, (peak - e) / peak);
  }
  return worst;
}

Result<double> calmar_ratio(std::span<const double> equity, double periods_a_year) {
  BOOST_OUTCOME_TRY(const double drawdown, max_drawdown(equity));
  if (equity.size() < 2 || !(drawdown > 0.0) || !(periods_a_year > 0.0))
    return error(ErrorCode::OutOfRange,
                 fmt::format("{} points of equity with drawdown {} and {} periods a year have no "
                             "Calmar ratio; it needs two points and a fall",
                             equity.size(), drawdown, periods_a_year));
  const double years = static_cast<double>(equity.size() - 1) / periods_a_year;
  return std::expm1(std::log(equity.back() / equity.front()) / years) / drawdown;
}

Result<double> win_rate(std::span<const double> results) {
  BOOST_OUTCOME_TRY(check(results, "results"));
  const auto wins = std::ranges::count_if(results, [](double r) { return r > 0.0; });
  return static_cast<double>(wins) / static_cast<double>(results.size());
}

Result<double> profit_factor(std::span<const double> results) {
  BOOST_OUTCOME_TRY(check(results, "results"));
  double gains = 0.0;
  double losses = 0.0;
  for (const double r : results) (r > 0.0 ? gains : losses) += std::abs(r);
  if (!(losses > 0.0))
    return error(
        ErrorCode::OutOfRange,
        fmt::format("none of {} results is a loss: there is nothing to divide by", results.size()));
  return gains / losses;
}

Result<double> turnover(std::span<const double> weights) {
  BOOST_OUTCOME_TRY(check(weights, "weights"));
  double traded = 0.0;
  double held = 0.0;
  for (const double w : weights) {
    traded += std::abs(w - held);
    held = w;
  }
  return traded / static_cast<double>(weights.size());
}

Result<double> break_even_cost(std::span<const double> gross_returns,
                               std::span<const double> weights) {
  BOOST_OUTCOME_TRY(check(gross_returns, "returns"));
  BOOST_OUTCOME_TRY(const double traded, turnover(weights));
  if (gross_returns.size() != weights.size() || !(traded > 0.0))
    return error(ErrorCode::OutOfRange,
                 fmt::format("{} returns and {} weights with turnover {} have no break-even cost; "
                             "give the same periods of both, with some trading",
                             gross_returns.size(), weights.size(), traded));
  return mean(gross_returns) / traded;
}

}  // namespace proteus::evaluation
