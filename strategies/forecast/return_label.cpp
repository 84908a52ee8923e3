#include "strategies/forecast/return_label.hpp"

#include <algorithm>
#include <cmath>

namespace proteus::strategies {
namespace {

constexpr double kLabelMax = 5.0;
constexpr double kDecay = 1.0 - 2.0 / 61.0;  // span 60
constexpr double kDeviationMin = 1e-9;       // of a market that stands still

}  // namespace

double UsualReturn::add(double close) {
  if (last_ > 0.0) {
    const double r = std::log(close / last_);
    sum_ = kDecay * sum_ + r * r;
    weight_ = kDecay * weight_ + 1.0;
  }
  last_ = close;
  return weight_ > 0.0 ? std::max(std::sqrt(sum_ / weight_), kDeviationMin) : kDeviationMin;
}

double forecast_unit(double sigma, std::size_t horizon) {
  return sigma * std::sqrt(static_cast<double>(horizon));
}

float return_label(double close, double later, double unit) {
  return static_cast<float>(std::clamp(std::log(later / close) / unit, -kLabelMax, kLabelMax));
}

void scale_row(std::span<const double> row, const features::FeatureScaling& scaling, float* out) {
  for (std::size_t c = 0; c < row.size(); ++c)
    out[c] = static_cast<float>(scaling.empty()
                                    ? row[c]
                                    : std::clamp((row[c] - scaling.offset[c]) * scaling.factor[c],
                                                 -scaling.limit, scaling.limit));
}

}  // namespace proteus::strategies
