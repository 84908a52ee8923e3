// Sharpe ratios, what they are worth as evidence, and what is left of one that was picked from
// many. All ratios are per period (a bar, a day) unless a name says annual; rates are excess ones.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "engine/core/result.hpp"
#include "models/evaluation/moments.hpp"

namespace proteus::evaluation {

/// A Sharpe ratio with what its uncertainty depends on.
struct SharpeSample {
  double ratio = 0.0;     ///< mean / deviation, a period
  double periods = 0.0;   ///< T
  double skewness = 0.0;  ///< g3
  double kurtosis = 3.0;  ///< g4, raw
};

inline SharpeSample sharpe_of(const Moments& m) {
  return {m.mean / m.deviation, m.count, m.skewness, m.kurtosis};
}

/// sqrt((1 - g3 SR + (g4 - 1)/4 SR^2) / (T - 1)) (Mertens 2002; Bailey, Lopez de Prado 2012, eq.
/// 4). Errors: OutOfRange where T < 2 or the moments belong to no distribution (g4 < 1 + g3^2,
/// Pearson).
Result<double> sharpe_standard_error(const SharpeSample& sample);

/// The same for returns that depend on their neighbours: the variance of the ratio's influence
/// z - SR/2 (z^2 - 1), z = (r - mean) / deviation, with its autocovariances up to `lags` under
/// Bartlett's weights (Lo 2002, the GMM estimator; Newey, West 1987). Lag 0 alone is the formula
/// above. Without `lags`: floor(4 (T / 100)^(2/9)) (Newey, West 1994). Errors: those of moments_of,
/// and OutOfRange where lags is not below T or nothing is left of the variance.
Result<double> sharpe_standard_error(std::span<const double> returns,
                                     std::optional<std::size_t> lags = std::nullopt);

/// What a ratio per period is multiplied by for `periods` of them: q / sqrt(q + 2 sum_k (q - k)
/// rho_k) (Lo 2002); sqrt(q) where nothing is correlated. `rho`: lags 1, 2, ...; those past
/// its end, and past q - 1, count as 0. Errors: OutOfRange where q < 1 or the correlations leave no
/// variance.
Result<double> annualisation_factor(std::int64_t periods, std::span<const double> rho);

/// PSR: the chance that the true ratio exceeds `threshold`, Phi((SR - S*) / standard error)
/// (Bailey, Lopez de Prado 2012). The standard error is that at the ratio itself. Errors as
/// above.
Result<double> probabilistic_sharpe(const SharpeSample& sample, double threshold);

/// The greatest ratio to be expected of `trials` that are worth nothing: sqrt(V) ((1 - g) Z(1 -
/// 1/N)
/// + g Z(1 - 1/(N e))), g Euler's constant, V the variance of the trials' ratios (Bailey, Lopez de
/// Prado 2014). One trial expects 0. Errors: OutOfRange where N < 1 or V < 0.
Result<double> expected_maximum_sharpe(double variance, std::int64_t trials);

struct DeflatedSharpe {
  double threshold = 0.0;    ///< S0, a period
  double probability = 0.0;  ///< PSR(S0)
};
/// `variance`: of the ratios per period of all `trials` that were ever tried. Errors as above.
Result<DeflatedSharpe> deflated_sharpe(const SharpeSample& sample, double variance,
                                       std::int64_t trials);

}  // namespace proteus::evaluation
