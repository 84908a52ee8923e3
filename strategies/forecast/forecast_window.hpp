// The last bars as a regression: the oldest `window` rows, whose labels are known by now, the
// `horizon` rows after them, whose labels are not, and the newest of these, which is forecast from.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "engine/core/archive.hpp"
#include "strategies/features/policy_observation.hpp"
#include "strategies/forecast/return_label.hpp"

namespace proteus::strategies {

class ForecastWindow {
 public:
  ForecastWindow(std::size_t window, std::size_t horizon, std::size_t features);

  /// The next bar: its features, its close and sigma up to it.
  void push(std::span<const double> features, double close, double sigma);
  /// Whether there are window + horizon rows.
  [[nodiscard]] bool full() const { return closes_.size() == window_ + horizon_; }
  /// Whether every number in it is finite.
  [[nodiscard]] bool finite() const;
  /// What a forecast of 1 is as a return of the newest bar.
  [[nodiscard]] double unit() const { return units_.back(); }

  /// Of a full window: x [window, features] and the newest row [features] as this scaling has them,
  /// y [window].
  void support(const features::FeatureScaling& scaling, std::vector<float>& x,
               std::vector<float>& row) const;
  void labels(std::vector<float>& y) const;

  void clear();
  /// Reading fails for a window of other sizes.
  void archive(Archive& a);

 private:
  [[nodiscard]] std::span<const double> row(std::size_t i) const {
    return std::span(rows_).subspan(i * features_, features_);
  }
  std::size_t window_;
  std::size_t horizon_;
  std::size_t features_;
  std::vector<double> rows_;  // row-major, oldest first
  std::vector<double> closes_;
  std::vector<double> units_;
};

}  // namespace proteus::strategies
