// Mean and variance of a stream in O(1), with weights that halve over time or do not.
#pragma once

#include <cstdint>

#include "engine/core/archive.hpp"

namespace proteus::risk {

/// Weighted moments where a sample n steps old weighs decay^n (West 1979). Decay 1: all samples
/// weigh the same and the variance is the usual one over n - 1. Otherwise they equal
/// pandas' `ewm(adjust=True)` with `bias=False`.
class DecayedMoments {
 public:
  /// decay in (0, 1].
  explicit DecayedMoments(double decay) : decay_(decay) {}

  void add(double x) {
    weight_ = decay_ * weight_ + 1.0;
    weight_squares_ = decay_ * decay_ * weight_squares_ + 1.0;
    const double off = x - mean_;
    mean_ = mean_ + off / weight_;
    squares_ = decay_ * squares_ + off * (x - mean_);
    ++count_;
  }

  [[nodiscard]] std::int64_t count() const { return count_; }
  [[nodiscard]] double mean() const { return mean_; }
  /// Unbiased under the weights; 0 while fewer than two samples are known.
  [[nodiscard]] double variance() const {
    return count_ < 2 ? 0.0 : squares_ / (weight_ - weight_squares_ / weight_);
  }
  /// How many equally weighted samples would say as much.
  [[nodiscard]] double effective_count() const {
    return count_ == 0 ? 0.0 : weight_ * weight_ / weight_squares_;
  }
  void archive(Archive& a) { a(weight_, weight_squares_, mean_, squares_, count_); }

 private:
  double decay_;
  double weight_ = 0.0;
  double weight_squares_ = 0.0;
  double mean_ = 0.0;
  double squares_ = 0.0;
  std::int64_t count_ = 0;
};

}  // namespace proteus::risk
