#include "models/evaluation/sharpe.hpp"

#include <fmt/format.h>

#include <cmath>
#include <numbers>

#include "models/evaluation/normal.hpp"

namespace proteus::evaluation {

Result<double> sharpe_standard_error(const SharpeSample& s) {
  if (!(s.periods >= 2.0) || !std::isfinite(s.ratio))
    return error(ErrorCode::OutOfRange,
                 fmt::format("a Sharpe ratio of {} over {} periods has no standard error; at least "
                             "2 periods are needed",
                             s.ratio, s.periods));
  // Rounding may leave a two-valued sample a hair below Pearson's bound.
  if (!(s.kurtosis >= (1.0 + s.skewness * s.skewness) * (1.0 - 1e-9)))
    return error(
        ErrorCode::OutOfRange,
        fmt::format("no distribution has skewness {} and raw kurtosis {}: it is at least 1 "
                    "+ skewness^2; is the kurtosis given as excess over 3?",
                    s.skewness, s.kurtosis));
  const double spread = 1.0 - s.skewness * s.ratio + (s.kurtosis - 1.0) / 4.0 * s.ratio * s.ratio;
  if (!(spread > 0.0))
    return error(ErrorCode::OutOfRange,
                 fmt::format("a Sharpe ratio of {} with skewness {} and raw kurtosis {} leaves no "
                             "variance: two values alone are too few",
                             s.ratio, s.skewness, s.kurtosis));
  return std::sqrt(spread / (s.periods - 1.0));
}

Result<double> annualisation_factor(std::int64_t periods, std::span<const double> rho) {
  if (periods < 1)
    return error(
        ErrorCode::OutOfRange,
        fmt::format("{} periods a year are no number to scale by; give 1 or more", periods));
  const double q = static_cast<double>(periods);
  double variance = q;
  for (std::size_t i = 0; i < rho.size() && static_cast<std::int64_t>(i) + 1 < periods; ++i)
    variance += 2.0 * (q - static_cast<double>(i + 1)) * rho[i];
  if (!(variance > 0.0))
    return error(ErrorCode::OutOfRange,
                 fmt::format("these {} autocorrelations leave a sum of {} periods the variance {}; "
                             "use fewer lags",
                             rho.size(), periods, variance));
  return q / std::sqrt(variance);
}

Result<double> probabilistic_sharpe(const SharpeSample& sample, double threshold) {
  BOOST_OUTCOME_TRY(const double deviation, sharpe_standard_error(sample));
  return normal_cdf((sample.ratio - threshold) / deviation);
}

Result<double> expected_maximum_sharpe(double variance, std::int64_t trials) {
  if (trials < 1 || !(variance >= 0.0) || !std::isfinite(variance))
    return error(ErrorCode::OutOfRange,
                 fmt::format("{} trials whose ratios have variance {} have no expected maximum; "
                             "count every configuration that was tried, at least 1",
                             trials, variance));
  if (trials == 1) return 0.0;  // A single one is not picked; the formula holds for many.
  const double n = static_cast<double>(trials);
  // Z(1 - x) = -Z(x), which stays exact however many trials there were.
  return -std::sqrt(variance) *
         ((1.0 - std::numbers::egamma) * normal_quantile(1.0 / n) +
          std::numbers::egamma * normal_quantile(1.0 / (n * std::numbers::e)));
}

Result<DeflatedSharpe> deflated_sharpe(const SharpeSample& sample, double variance,
                                       std::int64_t trials) {
  BOOST_OUTCOME_TRY(const double threshold, expected_maximum_sharpe(variance, trials));
  BOOST_OUTCOME_TRY(const double probability, probabilistic_sharpe(sample, threshold));
  return DeflatedSharpe{threshold, probability};
}

}  // namespace proteus::evaluation
