#include "models/evaluation/figures.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "models/evaluation/performance.hpp"

namespace proteus::evaluation {
namespace {

template <class T>
std::optional<double> value_of(const Result<T>& result) {
  return result.has_value() ? std::optional<double>(result.value()) : std::nullopt;
}

double sum(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}
double mean_or_zero(std::span<const double> values) {
  return values.empty() ? 0.0 : sum(values) / static_cast<double>(values.size());
}

void add_growth(const Track& track, Figures& f) {
  const std::vector<double> equity = equity_of(track.net);
  const double years = static_cast<double>(track.bars()) / track.bars_a_year;
  f.total_return = equity.back() - 1.0;
  f.yearly_return = years > 0.0 && equity.back() > 0.0 ? std::pow(equity.back(), 1.0 / years) - 1.0
                                                       : f.total_return;
  const bool ruined = std::ranges::any_of(equity, [](double e) { return e <= 0.0; });
  f.drawdown = ruined ? 1.0 : value_of(max_drawdown(equity)).value_or(0.0);
  f.calmar = value_of(calmar_ratio(equity, track.bars_a_year));
}

void add_sharpe(const Track& track, Figures& f) {
  const auto moments = moments_of(track.net);
  if (moments.has_error()) return;
  const double year = std::sqrt(track.bars_a_year);
  f.sharpe = sharpe_of(moments.value());
  f.volatility = moments.value().deviation * year;
  f.probabilistic = value_of(probabilistic_sharpe(*f.sharpe, 0.0));
  f.annual_factor = value_of(yearly_factor(track.net, track.bars_a_year)).value_or(year);
  if (const auto sortino = value_of(sortino_ratio(track.net))) f.sortino = *sortino * year;
  f.net_sharpe = f.sharpe->ratio * *f.annual_factor;
  if (const auto deviation = value_of(sharpe_standard_error(track.net)))
    f.standard_error = *deviation * *f.annual_factor;
  const std::vector<double> gross = track.gross();
  const auto before_costs = moments_of(gross);
  const auto factor = yearly_factor(gross, track.bars_a_year);
  if (before_costs && factor)
    f.gross_sharpe = before_costs.value().mean / before_costs.value().deviation * factor.value();
}

void add_trips(const Track& track, Figures& f) {
  std::vector<double> profits;
  for (const RoundTrip& trip : track.trips) profits.push_back(trip.profit);
  f.trips = profits.size();
  f.win_rate = value_of(win_rate(profits));
  f.profit_factor = value_of(profit_factor(profits));
}

}  // namespace

Result<double> yearly_factor(std::span<const double> returns, double bars_a_year) {
  const auto n = static_cast<double>(returns.size());
  const auto lags = static_cast<std::size_t>(4.0 * std::pow(n / 100.0, 2.0 / 9.0));
  BOOST_OUTCOME_TRY(
      const auto rho,
      autocorrelations(returns, std::min(lags, returns.empty() ? 0 : returns.size() - 1)));
  return annualisation_factor(std::llround(bars_a_year), rho);
}

Figures figures_of(const Track& track) {
  Figures f;
  f.bars = track.bars();
  f.fills = std::accumulate(track.fills.begin(), track.fills.end(), std::int64_t{0});
  f.turnover = mean_or_zero(track.traded) * track.bars_a_year;
  f.exposure = mean_or_zero(track.exposure);
  const auto held = std::ranges::count_if(track.exposure, [](double e) { return e > 0.0; });
  f.in_market = f.bars > 0 ? static_cast<double>(held) / static_cast<double>(f.bars) : 0.0;
  f.fees = sum(track.fees);
  f.slippage = sum(track.slippage);
  f.funding = sum(track.funding);
  const double traded = mean_or_zero(track.traded);
  // Funding is paid for holding: what trading may cost is what is left after it.
  if (traded > 0.0)
    f.break_even_cost = (mean_or_zero(track.gross()) - mean_or_zero(track.funding)) / traded;
  if (f.bars > 0) add_growth(track, f);
  add_sharpe(track, f);
  add_trips(track, f);
  return f;
}

}  // namespace proteus::evaluation
