#include "models/evaluation/bootstrap.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "models/evaluation/moments.hpp"

namespace proteus::evaluation {
namespace {

/// What one draw is worth, given the places it takes.
using Draw = std::function<double(const std::vector<std::size_t>&)>;

/// Linear between order statistics; `sorted` is not empty.
double percentile(const std::vector<double>& sorted, double share) {
  const double at = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (at - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

Result<BootstrapResult> run(std::size_t n, const BootstrapSettings& s, const Draw& draw) {
  BOOST_OUTCOME_TRY(check_bootstrap(n, s));
  std::vector<std::size_t> places(n);
  for (std::size_t i = 0; i < n; ++i) places[i] = i;
  const double estimate = draw(places);
  if (!std::isfinite(estimate))
    return error(ErrorCode::OutOfRange,
                 "the statistic has no value on the series itself: does it vary, is it finite?");
  market::Random random{s.seed, "bootstrap"};
  const double block = mean_block(n, s);
  std::vector<double> draws(static_cast<std::size_t>(s.draws));
  for (double& d : draws) {
    stationary_places(n, block, random, places);
    d = draw(places);
    if (!std::isfinite(d))
      return error(ErrorCode::OutOfRange,
                   fmt::format("the statistic has no value on one of the draws: {} values are too "
                               "few, or too many of them are the same",
                               n));
  }
  return summarise(estimate, std::move(draws), s.confidence);
}

void take(std::span<const double> from, const std::vector<std::size_t>& places,
          std::vector<double>& to) {
  to.resize(places.size());
  for (std::size_t i = 0; i < places.size(); ++i) to[i] = from[places[i]];
}

}  // namespace

Result<void> check_bootstrap(std::size_t n, const BootstrapSettings& s) {
  if (n < 2)
    return error(ErrorCode::OutOfRange,
                 fmt::format("a series of {} has nothing to draw from; give at least 2 values", n));
  const bool blocks = s.block_mean == 0.0 || (s.block_mean >= 1.0 && std::isfinite(s.block_mean));
  if (s.draws < 2 || !blocks || !(s.confidence > 0.0 && s.confidence < 1.0))
    return error(ErrorCode::OutOfRange,
                 fmt::format("bootstrap of {} draws, mean block {} and confidence {}: draws are at "
                             "least 2, blocks at least 1 (or 0 for n^(1/3)), confidence lies "
                             "between 0 and 1",
                             s.draws, s.block_mean, s.confidence));
  return success();
}

double mean_block(std::size_t n, const BootstrapSettings& s) {
  return s.block_mean > 0.0 ? s.block_mean : std::max(1.0, std::cbrt(static_cast<double>(n)));
}

BootstrapResult summarise(double estimate, std::vector<double> draws, double confidence) {
  const double n = static_cast<double>(draws.size());
  double mean = 0.0;
  for (const double d : draws) mean += d / n;
  double squares = 0.0;
  for (const double d : draws) squares += (d - mean) * (d - mean);
  std::ranges::sort(draws);
  const auto above = std::ranges::upper_bound(draws, 0.0);
  return {estimate, std::sqrt(squares / (n - 1.0)), percentile(draws, 0.5 * (1.0 - confidence)),
          percentile(draws, 0.5 * (1.0 + confidence)),
          static_cast<double>(above - draws.begin()) / n};
}

double sharpe_ratio(std::span<const double> returns) {
  const auto moments = moments_of(returns);
  if (moments.has_error()) return std::numeric_limits<double>::quiet_NaN();
  return moments.value().mean / moments.value().deviation;
}

void stationary_places(std::size_t n, double block_mean, market::Random& random,
                       std::vector<std::size_t>& places) {
  places.resize(n);
  const auto anywhere = [&] {
    return std::min(n - 1, static_cast<std::size_t>(random.uniform() * static_cast<double>(n)));
  };
  const double anew = 1.0 / block_mean;
  for (std::size_t i = 0; i < n; ++i)
    places[i] = i == 0 || random.chance(anew) ? anywhere() : (places[i - 1] + 1) % n;
}

Result<BootstrapResult> bootstrap(std::span<const double> series, const Statistic& statistic,
                                  const BootstrapSettings& settings) {
  std::vector<double> drawn;
  return run(series.size(), settings, [&](const std::vector<std::size_t>& places) {
    take(series, places, drawn);
    return statistic(drawn);
  });
}

Result<BootstrapResult> bootstrap_difference(std::span<const double> series,
                                             std::span<const double> baseline,
                                             const Statistic& statistic,
                                             const BootstrapSettings& settings) {
  if (series.size() != baseline.size())
    return error(ErrorCode::OutOfRange,
                 fmt::format("{} returns cannot be paired with {} of the baseline; give the same "
                             "periods of both",
                             series.size(), baseline.size()));
  std::vector<double> drawn;
  std::vector<double> drawn_baseline;
  return run(series.size(), settings, [&](const std::vector<std::size_t>& places) {
    take(series, places, drawn);
    take(baseline, places, drawn_baseline);
    return statistic(drawn) - statistic(drawn_baseline);
  });
}

}  // namespace proteus::evaluation
