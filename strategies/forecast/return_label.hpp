// What a forecast of the return ahead is of, and in which unit. Training, its back-test and trading
// all take it from here.
//
//   unit of bar t     sigma_t sqrt(h): sigma_t the root of the exponential mean (span 60) of
//                     squared one-bar log returns up to t, h the horizon
//   label of bar t    ln(c_(t+h) / c_t) in that unit, cut to [-5, 5]; known at the close of t + h
#pragma once

#include <cstddef>
#include <span>

#include "engine/core/archive.hpp"
#include "strategies/features/policy_observation.hpp"

namespace proteus::strategies {

/// sigma_t, bar by bar. Its weights start from nothing and are divided by their sum.
class UsualReturn {
 public:
  /// Bars until what came before them no longer matters: ten spans, a weight of 2e-9.
  static constexpr std::size_t kMemoryBars = 600;

  /// The next close; sigma up to it.
  double add(double close);
  void archive(Archive& a) { a(last_, sum_, weight_); }

 private:
  double last_ = 0.0;  ///< 0: none yet
  double sum_ = 0.0;
  double weight_ = 0.0;
};

/// A bar's unit over a horizon.
double forecast_unit(double sigma, std::size_t horizon);
/// Of the close of a bar with this unit and the one `horizon` bars later.
float return_label(double close, double later, double unit);
/// A row of features as a forecaster reads it; an empty scaling leaves it as it is.
void scale_row(std::span<const double> row, const features::FeatureScaling& scaling, float* out);

}  // namespace proteus::strategies
