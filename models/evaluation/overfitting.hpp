// How likely it is that the best of many configurations was best by luck: combinatorially symmetric
// cross-validation (Bailey, Borwein, Lopez de Prado, Zhu 2017).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/core/result.hpp"

namespace proteus::evaluation {

struct Overfitting {
  /// PBO: share of splits whose winner in sample lands in the lower half out of sample.
  double probability = 0.0;
  double median_logit = 0.0;      ///< of the winner's relative rank w: log(w / (1 - w))
  double loss_probability = 0.0;  ///< share of splits whose winner loses out of sample
  std::int64_t splits = 0;        ///< C(blocks, blocks / 2)
};

/// columns: returns of one configuration each, all over the same periods, in order of time. They
/// are cut into `blocks` runs of equal length (an even number from 2 to 20; what does not divide is
/// left out at the beginning), and each half of the blocks once picks the column of the greatest
/// Sharpe ratio, the other half ranks it: w = rank / (columns + 1), the worst ranking 1, equal ones
/// sharing the mean of their ranks. Errors: OutOfRange for fewer than two columns, columns of
/// different or too small length (4 periods a block), values that are not finite.
Result<Overfitting> backtest_overfitting(std::span<const std::vector<double>> columns, int blocks);

}  // namespace proteus::evaluation
