// Capped exponential pauses with jitter from a seeded stream of our own, so that the same seed
// gives the same pauses everywhere.
#pragma once

#include <algorithm>
#include <cstdint>

#include "engine/core/time.hpp"

namespace proteus::bybit {

/// splitmix64 (Steele, Lea, Flood 2014).
class JitterStream {
 public:
  explicit JitterStream(std::uint64_t seed) : state_(seed) {}
  /// Uniform in [0, 1).
  double next() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15ULL;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return static_cast<double>((z ^ (z >> 31)) >> 11) * 0x1.0p-53;
  }

 private:
  std::uint64_t state_;
};

class Backoff {
 public:
  Backoff(Duration min, Duration max, std::uint64_t seed) : min_(min), max_(max), jitter_(seed) {}

  /// Between half and all of min * 2^attempt, at most max.
  Duration pause(int attempt) {
    Duration full = min_;
    for (int i = 0; i < attempt && full < max_; ++i) full *= 2;
    full = std::min(full, max_);
    const double share = 0.5 + 0.5 * jitter_.next();
    return Duration{static_cast<std::int64_t>(share * static_cast<double>(full.count()))};
  }

 private:
  Duration min_;
  Duration max_;
  JitterStream jitter_;
};

}  // namespace proteus::bybit
