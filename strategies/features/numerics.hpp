// The arithmetic under the features, chosen so that nothing drifts however long a stream runs.
//
// Rolling sums are sums of integers and therefore exact: what leaves a window takes out precisely
// what it once put in, and a sum depends on the bars in its window alone, not on those before.
//   prices       are integers already (units of 1e-9);
//   log returns  are rounded to units of 2^-53. log(b / a) carries the rounding of b / a, up to
//                2^-53, in any case: the integer is as good as the double it came from;
//   volumes      are cut to units of 2^-60 and capped at 2^61.
// Exponential means need no such care: each step shrinks old rounding with the old weight.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "engine/core/archive.hpp"
#include "engine/core/fixed.hpp"

namespace proteus::features {

__extension__ using UInt128 = unsigned __int128;

inline constexpr double kLogUnit = 0x1p-53;

/// ln(to / from) in units of 2^-53; both prices > 0. |result| < 44 * 2^53 for any two prices.
inline std::int64_t log_units(Price from, Price to) {
  const double ratio = static_cast<double>(to.raw()) / static_cast<double>(from.raw());
  return std::llrint(std::log(ratio) * 0x1p53);
}

/// Volume in units of 2^-60. What is not a positive number is 0; above 2^61 it is 2^61.
inline Int128 volume_units(double volume) {
  const double held = volume > 0.0 ? std::min(volume, 0x1p61) : 0.0;
  return static_cast<Int128>(held * 0x1p60);
}

/// Exponentially weighted mean with weights (1 - a)^age, a = 2 / (span + 1), divided by the sum of
/// the weights of the values seen so far ("adjusted"): no seed, the first value is the first mean.
/// A constant input gives exactly that constant.
class Ewma {
 public:
  explicit constexpr Ewma(double span) : keep_(1.0 - 2.0 / (span + 1.0)) {}
  constexpr double add(double value) {
    weight_ = 1.0 + keep_ * weight_;
    return mean_ += (value - mean_) / weight_;
  }
  [[nodiscard]] constexpr double mean() const { return mean_; }
  void archive(Archive& a) { a(weight_, mean_); }

 private:
  double keep_;
  double weight_ = 0.0;
  double mean_ = 0.0;
};

/// Where a value stands among the exponentially weighted values up to and with itself:
/// (value - mean) / deviation, both of weights (1 - a)^age, population form. 0 while the deviation
/// is 0. |z| <= sqrt(span / 2) since the value is itself part of the deviation.
/// Update after West (1979), with the old weights decayed before each step.
class EwmaZScore {
 public:
  explicit constexpr EwmaZScore(double span) : keep_(1.0 - 2.0 / (span + 1.0)) {}
  double add(double value) {
    weight_ = 1.0 + keep_ * weight_;
    const double before = value - mean_;
    mean_ += before / weight_;
    const double after = value - mean_;
    squares_ = keep_ * squares_ + before * after;
    return squares_ > 0.0 ? after / std::sqrt(squares_ / weight_) : 0.0;
  }
  void archive(Archive& a) { a(weight_, mean_, squares_); }

 private:
  double keep_;
  double weight_ = 0.0;
  double mean_ = 0.0;
  double squares_ = 0.0;
};

constexpr double kClip = 10.0;
constexpr double kRateE9PerBasisPoint = 1e5;

inline double clipped(double value) { return std::clamp(value, -kClip, kClip); }

/// numerator / denominator, 0 where the denominator is 0.
inline double ratio_or_zero(double numerator, double denominator) {
  return denominator != 0.0 ? numerator / denominator : 0.0;
}

}  // namespace proteus::features
