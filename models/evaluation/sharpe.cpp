#include "models/evaluation/sharpe.hpp"

#include <fmt/format.h>

#include <cmath>
#include <numbers>
#include <vector>

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

Result<double> sharpe_standard_error(std::span<const double> returns,
                                     std::optional<std::size_t> lags) {
  BOOST_OUTCOME_TRY(const Moments moments, moments_of(returns));
  const double n = moments.count;
  const auto most = lags.value_or(static_cast<std::size_t>(4.0 * std::pow(n / 100.0, 2.0 / 9.0)));
  if (most >= returns.size())
    return error(ErrorCode::OutOfRange,
                 fmt::format("{} lags need more than the {} returns there are; ask for fewer", most,
                             returns.size()));
  const double ratio = moments.mean / moments.deviation;
  const double deviation = moments.deviation * std::sqrt((n - 1.0) / n);  // over all, not n - 1
  std::vector<double> influence;
  influence.reserve(returns.size());
  for (const double r : returns) {
    const double z = (r - moments.mean) / deviation;
    influence.push_back(z - 0.5 * ratio * (z * z - 1.0));
  }
  double variance = 0.0;
  for (std::size_t k = 0; k <= most; ++k) {
    double products = 0.0;
    for (std::size_t i = k; i < influence.size(); ++i) products += influence[i] * influence[i - k];
    const double weight = 1.0 - static_cast<double>(k) / static_cast<double>(most + 1);
    variance += (k == 0 ? 1.0 : 2.0 * weight) * products / n;
  }
  if (!(variance > 0.0))
    return error(ErrorCode::OutOfRange,
                 fmt::format("a Sharpe ratio of {} over {} periods leaves no variance with {} "
                             "lags: the returns are too few or too much alike",
                             ratio, returns.size(), most));
  return std::sqrt(variance / (n - 1.0));
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
