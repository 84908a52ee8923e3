#include "strategies/forecast/forecast_window.hpp"

#include <algorithm>
#include <cmath>

#include "engine/core/assert.hpp"

namespace proteus::strategies {

ForecastWindow::ForecastWindow(std::size_t window, std::size_t horizon, std::size_t features)
    : window_(window), horizon_(horizon), features_(features) {
  PROTEUS_ASSERT(window > 0 && horizon > 0);
  rows_.reserve((window + horizon) * features);
  closes_.reserve(window + horizon);
  units_.reserve(window + horizon);
}

void ForecastWindow::push(std::span<const double> features, double close, double sigma) {
  PROTEUS_ASSERT(features.size() == features_);
  if (full()) {
    rows_.erase(rows_.begin(), rows_.begin() + static_cast<std::ptrdiff_t>(features_));
    closes_.erase(closes_.begin());
    units_.erase(units_.begin());
  }
  rows_.insert(rows_.end(), features.begin(), features.end());
  closes_.push_back(close);
  units_.push_back(forecast_unit(sigma, horizon_));
}

bool ForecastWindow::finite() const {
  const auto all = [](std::span<const double> values) {
    return std::ranges::all_of(values, [](double x) { return std::isfinite(x); });
  };
  return all(rows_) && all(closes_) && all(units_);
}

void ForecastWindow::support(const features::FeatureScaling& scaling, std::vector<float>& x,
                             std::vector<float>& newest) const {
  x.resize(window_ * features_);
  for (std::size_t i = 0; i < window_; ++i) scale_row(row(i), scaling, x.data() + i * features_);
  newest.resize(features_);
  scale_row(row(closes_.size() - 1), scaling, newest.data());
}

void ForecastWindow::labels(std::vector<float>& y) const {
  y.resize(window_);
  for (std::size_t i = 0; i < window_; ++i)
    y[i] = return_label(closes_[i], closes_[i + horizon_], units_[i]);
}

void ForecastWindow::clear() {
  rows_.clear();
  closes_.clear();
  units_.clear();
}

void ForecastWindow::archive(Archive& a) {
  a(rows_, closes_, units_);
  if (!a.reading()) return;
  const std::size_t rows = closes_.size();
  if (rows <= window_ + horizon_ && units_.size() == rows && rows_.size() == rows * features_)
    return;
  a.fail();
  clear();
}

}  // namespace proteus::strategies
