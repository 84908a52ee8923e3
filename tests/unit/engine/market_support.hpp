// What the tests of the simulated market measure: returns by instrument and regime, plain
// estimators. All samples come from stated seeds.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/market/generator.hpp"

namespace proteus::market {

inline const Timestamp kStart = parse_time("2025-01-01").value();

/// Says which market a failure came from, and puts the seed into the log of every run.
inline MarketGenerator make(const Settings& settings, std::uint64_t seed) {
  ::testing::Test::RecordProperty("seed", std::to_string(seed));
  auto made = MarketGenerator::create(settings, seed, kStart);
  EXPECT_TRUE(made.has_value()) << made.error().context;
  return std::move(made).value();
}

inline Settings pinned(std::string regime, std::vector<std::string> instruments) {
  Settings settings;
  settings.regime = std::move(regime);
  settings.instruments = std::move(instruments);
  return settings;
}

/// Simple return of a bar.
inline double simple_return(const Bar& bar) {
  return bar.close.to_double() / bar.open.to_double() - 1.0;
}

/// Simple returns of each instrument over `minutes`.
inline std::vector<std::vector<double>> returns(MarketGenerator& market, int minutes) {
  std::vector<std::vector<double>> r(market.instruments().size());
  for (int m = 0; m < minutes; ++m) {
    const Minute minute = market.next();
    for (std::size_t i = 0; i < r.size(); ++i) r[i].push_back(simple_return(minute.bars[i]));
  }
  return r;
}

inline double mean(std::span<const double> x) {
  double sum = 0.0;
  for (const double v : x) sum += v;
  return sum / static_cast<double>(x.size());
}

inline double deviation(std::span<const double> x) {
  const double m = mean(x);
  double sum = 0.0;
  for (const double v : x) sum += (v - m) * (v - m);
  return std::sqrt(sum / static_cast<double>(x.size()));
}

/// Mean over its standard error.
inline double t_statistic(std::span<const double> x) {
  return mean(x) / deviation(x) * std::sqrt(static_cast<double>(x.size()));
}

inline double kurtosis(std::span<const double> x) {
  const double m = mean(x);
  const double s = deviation(x);
  double sum = 0.0;
  for (const double v : x) sum += std::pow((v - m) / s, 4);
  return sum / static_cast<double>(x.size());
}

inline double correlation(std::span<const double> x, std::span<const double> y) {
  const double mx = mean(x);
  const double my = mean(y);
  double sum = 0.0;
  for (std::size_t i = 0; i < x.size(); ++i) sum += (x[i] - mx) * (y[i] - my);
  return sum / static_cast<double>(x.size()) / deviation(x) / deviation(y);
}

inline double autocorrelation(std::span<const double> x, std::size_t lag) {
  return correlation(x.first(x.size() - lag), x.subspan(lag));
}

inline std::vector<double> absolute(std::vector<double> x) {
  for (double& v : x) v = std::abs(v);
  return x;
}

}  // namespace proteus::market
