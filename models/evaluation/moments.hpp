// What a series of returns is summarised by before it is judged.
#pragma once

#include <span>
#include <vector>

#include "engine/core/result.hpp"

namespace proteus::evaluation {

struct Moments {
  double count = 0.0;
  double mean = 0.0;
  double deviation = 0.0;  ///< > 0; of the sample, over count - 1
  double skewness = 0.0;   ///< m3 / m2^1.5 of central moments over count
  double kurtosis = 0.0;   ///< raw: m4 / m2^2, 3 for a normal distribution
};

/// Two passes over `returns`. Errors: OutOfRange for fewer than two values, for one that is not
/// finite (its place is named), and where all are the same, since no ratio exists then.
Result<Moments> moments_of(std::span<const double> returns);

/// rho_1 .. rho_lags, each the sum of products of deviations that are k apart over the sum of their
/// squares. Errors as above, and where lags is not below the number of values.
Result<std::vector<double>> autocorrelations(std::span<const double> returns, std::size_t lags);

}  // namespace proteus::evaluation
