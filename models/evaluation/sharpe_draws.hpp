// Sharpe ratios of many series under the same draws of the stationary bootstrap, in one pass: a
// draw is a few hundred blocks, and the sums over a block are differences of running sums. The
// draws are those of `bootstrap` for the same settings, to rounding.
#pragma once

#include <span>
#include <vector>

#include "models/evaluation/bootstrap.hpp"

namespace proteus::evaluation {

class SharpeDraws {
 public:
  /// columns: returns of one account each, over the same periods. One that never varies held
  /// nothing, and has the ratio 0. Errors: OutOfRange for no columns, columns of different lengths
  /// or of fewer than 2 values, one that is not finite, settings out of range.
  static Result<SharpeDraws> create(std::span<const std::vector<double>> columns,
                                    const BootstrapSettings& settings = {});

  /// Of one column's ratio a period.
  [[nodiscard]] BootstrapResult of(std::size_t column) const;
  /// Of `column`'s ratio less that of `baseline`, both drawn at the same places.
  [[nodiscard]] BootstrapResult difference(std::size_t column, std::size_t baseline) const;

 private:
  std::vector<double> estimates_;
  std::vector<std::vector<double>> draws_;  ///< of each column
  double confidence_ = 0.95;
};

}  // namespace proteus::evaluation
