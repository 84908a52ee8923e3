// How far a statistic of a series could have come out otherwise: the stationary bootstrap (Politis,
// Romano 1994), which keeps the dependence between neighbours. Seeded; the same seed gives the same
// intervals everywhere.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "engine/core/result.hpp"
#include "engine/market/random.hpp"

namespace proteus::evaluation {

/// A number made of a series; NaN where it has none.
using Statistic = std::function<double(std::span<const double>)>;
/// mean / deviation a period, NaN where nothing varies.
double sharpe_ratio(std::span<const double> returns);

struct BootstrapSettings {
  std::int64_t draws = 10'000;
  double block_mean = 0.0;   ///< of the geometric block lengths, periods, >= 1; 0: n^(1/3)
  double confidence = 0.95;  ///< of the interval, in (0, 1)
  std::uint64_t seed = 1;
};

struct BootstrapResult {
  double estimate = 0.0;        ///< of the series as it is
  double standard_error = 0.0;  ///< deviation over the draws
  double low = 0.0;             ///< interval between percentiles of the draws
  double high = 0.0;
  double not_positive = 0.0;  ///< share of draws at or below 0
};

/// Errors: OutOfRange for a series of n < 2 values, or settings out of range.
Result<void> check_bootstrap(std::size_t n, const BootstrapSettings& settings);
/// Of the settings, or n^(1/3) where they leave it open; at least 1.
double mean_block(std::size_t n, const BootstrapSettings& settings);
/// What draws of one statistic come to; at least two of them, finite.
BootstrapResult summarise(double estimate, std::vector<double> draws, double confidence);

/// n places: each next one follows the last (the end is followed by the beginning), or, with chance
/// 1 / block_mean, is drawn anew.
void stationary_places(std::size_t n, double block_mean, market::Random& random,
                       std::vector<std::size_t>& places);

/// Errors: OutOfRange for a series below 2 values, settings out of range, or a statistic that has
/// no value on the series or on a draw.
Result<BootstrapResult> bootstrap(std::span<const double> series, const Statistic& statistic,
                                  const BootstrapSettings& settings = {});
/// statistic(series) - statistic(baseline), both drawn at the same places, so that what moves both
/// cancels out. Errors: as above, and series of different lengths.
Result<BootstrapResult> bootstrap_difference(std::span<const double> series,
                                             std::span<const double> baseline,
                                             const Statistic& statistic,
                                             const BootstrapSettings& settings = {});

}  // namespace proteus::evaluation
