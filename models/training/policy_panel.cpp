#include "models/training/policy_panel.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "strategies/policy/policy_trial.hpp"

namespace proteus::training {
namespace {

/// Bars [from, to) of the series that lie in the period and whose features are ready.
std::pair<std::size_t, std::size_t> ready_bars(const Series& series, const Period& period) {
  const auto bars = series.bars();
  std::size_t from = series.first_ready();
  std::size_t to = bars.size();
  while (period.from && from < to && bars[from].open_time < *period.from) ++from;
  while (period.to && to > from && bars[to - 1].close_time > *period.to) --to;
  return {from, to};
}

}  // namespace

Result<void> fit_features(std::span<const std::shared_ptr<const Series>> series,
                          const Period& period, strategies::PolicySpec& spec) {
  const std::size_t columns = series.empty() ? 0 : series.front()->columns();
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  std::vector<double> mean(columns, 0.0);
  std::vector<double> squares(columns, 0.0);
  spec.seen_min.assign(columns, kInfinity);
  spec.seen_max.assign(columns, -kInfinity);
  double count = 0.0;
  for (const auto& one : series) {
    const auto [from, to] = ready_bars(*one, period);
    for (std::size_t i = from; i < to; ++i) {
      count += 1.0;
      const auto row = one->features(i);
      for (std::size_t k = 0; k < columns; ++k) {  // Welford 1962
        const double away = row[k] - mean[k];
        mean[k] += away / count;
        squares[k] += away * (row[k] - mean[k]);
        spec.seen_min[k] = std::min(spec.seen_min[k], row[k]);
        spec.seen_max[k] = std::max(spec.seen_max[k], row[k]);
      }
    }
  }
  if (count < 2.0)
    return error(ErrorCode::NotFound,
                 "no bar of the training period has features that are ready: move data.from, or "
                 "bring longer files");
  spec.offset = mean;
  spec.factor.assign(columns, 1.0);
  for (std::size_t k = 0; k < columns; ++k) {
    double variance = squares[k] / count;
    if (series.front()->schema().features[k].odd) {  // Its zero means something.
      variance += mean[k] * mean[k];
      spec.offset[k] = 0.0;
    }
    if (variance > 0.0) spec.factor[k] = 1.0 / std::sqrt(variance);
  }
  return success();
}

namespace {

/// Empty where the features are others.
std::vector<float> teach(const Series& series) {
  std::vector<std::size_t> columns;
  const auto& features = series.schema().features;
  for (const std::string_view name : kTeacherFeatures) {
    const auto found = std::ranges::find(features, name, &features::FeatureSpec::name);
    if (found == features.end()) return {};
    columns.push_back(static_cast<std::size_t>(found - features.begin()));
  }
  std::vector<float> weights;
  weights.reserve(series.size());
  for (std::size_t i = 0; i < series.size(); ++i) {
    double sum = 0.0;
    for (const std::size_t k : columns) sum += series.features(i)[k];
    weights.push_back(
        static_cast<float>(std::clamp(sum / static_cast<double>(columns.size()), -1.0, 1.0)));
  }
  return weights;
}

}  // namespace

PolicyPanel::PolicyPanel(std::shared_ptr<const Series> series, const strategies::PolicySpec& spec)
    : series_(std::move(series)) {
  strategies::MarketMoves stream(spec.market, series_->interval(),
                                 series_->instrument().funding_interval);
  features_.resize(series_->size() * series_->columns());
  moves_.reserve(series_->size());
  for (std::size_t i = 0; i < series_->size(); ++i) {
    moves_.push_back(stream.add(series_->bars()[i], series_->settlements(i)));
    strategies::scale_features(
        spec, series_->features(i),
        std::span(features_).subspan(i * series_->columns(), series_->columns()));
  }
  teacher_ = teach(*series_);
  const auto known =
      std::ranges::find_if(moves_, [](const auto& move) { return move.scale > 0.0; });
  first_ready_ = std::max(series_->first_ready(), static_cast<std::size_t>(known - moves_.begin()));
}

}  // namespace proteus::training
