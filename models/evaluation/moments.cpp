#include "models/evaluation/moments.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace proteus::evaluation {

Result<Moments> moments_of(std::span<const double> returns) {
  if (returns.size() < 2)
    return error(ErrorCode::OutOfRange,
                 fmt::format("{} returns are too few to judge, at least 2 are needed; give a "
                             "longer period",
                             returns.size()));
  const double n = static_cast<double>(returns.size());
  double sum = 0.0;
  for (std::size_t i = 0; i < returns.size(); ++i) {
    if (!std::isfinite(returns[i]))
      return error(ErrorCode::OutOfRange,
                   fmt::format("return {} of {} is {}, not a finite number; mend what made it", i,
                               returns.size(), returns[i]));
    sum += returns[i];
  }
  const double mean = sum / n;
  double m2 = 0.0;
  double m3 = 0.0;
  double m4 = 0.0;
  for (const double x : returns) {
    const double d = x - mean;
    m2 += d * d;
    m3 += d * d * d;
    m4 += d * d * d * d;
  }
  const auto [least, most] = std::ranges::minmax_element(returns);
  if (*least == *most || !(m2 > 0.0))
    return error(ErrorCode::OutOfRange,
                 fmt::format("all {} returns are {}: without variation there is no ratio to judge",
                             returns.size(), returns[0]));
  const double variance = m2 / n;
  return Moments{n, mean, std::sqrt(m2 / (n - 1.0)), m3 / n / (variance * std::sqrt(variance)),
                 m4 / n / (variance * variance)};
}

Result<std::vector<double>> autocorrelations(std::span<const double> returns, std::size_t lags) {
  BOOST_OUTCOME_TRY(const Moments moments, moments_of(returns));
  if (lags >= returns.size())
    return error(ErrorCode::OutOfRange,
                 fmt::format("{} lags need more than the {} returns there are; ask for fewer", lags,
                             returns.size()));
  const double squares = moments.deviation * moments.deviation * (moments.count - 1.0);
  std::vector<double> rho(lags);
  for (std::size_t k = 1; k <= lags; ++k) {
    double products = 0.0;
    for (std::size_t i = k; i < returns.size(); ++i)
      products += (returns[i] - moments.mean) * (returns[i - k] - moments.mean);
    rho[k - 1] = products / squares;
  }
  return rho;
}

}  // namespace proteus::evaluation
