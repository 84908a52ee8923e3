#include "models/evaluation/episodes.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "models/evaluation/bootstrap.hpp"
#include "models/evaluation/performance.hpp"

namespace proteus::evaluation {
namespace {

std::vector<double> episode_equity(const Episode& episode) {
  std::vector<double> equity{1.0};
  for (const TrialStep& step : episode) equity.push_back(equity.back() * (1.0 + step.net));
  return equity;
}

double market_of(const Episode& episode) {
  double value = 1.0;
  for (const TrialStep& step : episode) value *= 1.0 + step.market;
  return value - 1.0;
}

double finite_or_zero(double value) { return std::isfinite(value) ? value : 0.0; }

void add_curve(std::vector<double>& sum, const std::vector<double>& equity) {
  for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += equity[std::min(i, equity.size() - 1)];
}

EpisodeFigures figures_of(std::span<const Episode* const> episodes, double bars_a_year) {
  EpisodeFigures f;
  f.episodes = episodes.size();
  const auto count = static_cast<double>(episodes.size());
  std::size_t longest = 0;
  for (const Episode* e : episodes) longest = std::max(longest, e->size());
  f.curve.assign(longest + 1, 0.0);
  std::vector<double> returns;
  double squares = 0.0;
  double won = 0.0;
  double moved = 0.0;
  for (const Episode* episode : episodes) {
    const std::vector<double> equity = episode_equity(*episode);
    const double total = equity.back() - 1.0;
    f.total_return += total / count;
    squares += total * total / count;
    f.market += market_of(*episode) / count;
    const auto fall = max_drawdown(equity);
    f.max_drawdown += (fall.has_value() ? fall.value() : 1.0) / count;  // No value: it was ruined.
    f.steps += static_cast<double>(episode->size()) / count;
    add_curve(f.curve, equity);
    for (const TrialStep& step : *episode) {
      returns.push_back(step.net);
      won += step.net > 0.0 ? 1.0 : 0.0;
      moved += step.net != 0.0 ? 1.0 : 0.0;
    }
  }
  for (double& value : f.curve) value /= count;
  if (count > 1.0)
    f.standard_error =
        std::sqrt(std::max(0.0, squares - f.total_return * f.total_return) / (count - 1.0));
  f.win_rate = moved > 0.0 ? won / moved : 0.0;
  const double year = std::sqrt(bars_a_year);
  f.sharpe_ratio = finite_or_zero(year * sharpe_ratio(returns));
  if (const auto sortino = sortino_ratio(returns); sortino.has_value())
    f.sortino_ratio = year * sortino.value();
  return f;
}

}  // namespace

std::vector<EpisodeFigures> figures_by_episode(std::span<const Trial> trials, double bars_a_year) {
  std::vector<std::vector<const Episode*>> places;
  std::vector<const Episode*> all;
  for (const Trial& trial : trials)
    for (std::size_t i = 0; i < trial.size(); ++i) {
      if (i >= places.size()) places.resize(i + 1);
      places[i].push_back(&trial[i]);
      all.push_back(&trial[i]);
    }
  std::vector<EpisodeFigures> figures;
  for (const auto& place : places) figures.push_back(figures_of(place, bars_a_year));
  if (all.empty()) return figures;
  figures.push_back(figures_of(all, bars_a_year));
  figures.back().curve.clear();
  return figures;
}

std::vector<double> mean_returns(std::span<const Trial> trials) {
  std::map<Timestamp, std::pair<double, double>> sums;
  for (const Trial& trial : trials)
    for (const Episode& episode : trial)
      for (const TrialStep& step : episode) {
        sums[step.close].first += step.net;
        sums[step.close].second += 1.0;
      }
  std::vector<double> means;
  means.reserve(sums.size());
  for (const auto& [close, sum] : sums) means.push_back(sum.first / sum.second);
  return means;
}

}  // namespace proteus::evaluation
