// The mean of what every seed gave, and how far it is known.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <span>

namespace proteus::bench {

struct SeedInterval {
  double mean = 0.0;
  double low = 0.0;  ///< of the mean: 95 %, Student's t; both are the mean for a single seed
  double high = 0.0;
};

/// At least one value. Beyond ten seeds the interval is a little wider than it need be.
inline SeedInterval seed_interval(std::span<const double> values) {
  constexpr std::array<double, 9> kT{12.706, 4.303, 3.182, 2.776, 2.571,
                                     2.447,  2.365, 2.306, 2.262};  // 1, 2, ... degrees of freedom
  const auto n = static_cast<double>(values.size());
  SeedInterval i;
  for (const double v : values) i.mean += v / n;
  double half = 0.0;
  if (values.size() > 1) {
    double squares = 0.0;
    for (const double v : values) squares += (v - i.mean) * (v - i.mean) / (n - 1.0);
    half = kT[std::min(values.size() - 2, kT.size() - 1)] * std::sqrt(squares / n);
  }
  i.low = i.mean - half;
  i.high = i.mean + half;
  return i;
}

}  // namespace proteus::bench
