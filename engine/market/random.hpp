// Random numbers that come out the same on every machine: xoshiro256** (Blackman, Vigna 2018) and
// transforms of our own, since those of the standard library differ between libraries. Uses
// std::log, std::exp and std::sqrt alone. Not for secrets.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <string_view>

namespace proteus::market {

class Random {
 public:
  /// `stream` names an independent sequence of the same seed, so that adding one consumer leaves
  /// the numbers of the others as they were.
  explicit Random(std::uint64_t seed, std::string_view stream = {});

  std::uint64_t bits() {
    const auto turn = [](std::uint64_t x, int k) { return (x << k) | (x >> (64 - k)); };
    const std::uint64_t result = turn(state_[1] * 5, 7) * 9;
    const std::uint64_t t = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= t;
    state_[3] = turn(state_[3], 45);
    return result;
  }
  /// In (0, 1), both ends open, in steps of 2^-52: its logarithm is finite.
  double uniform() { return (static_cast<double>(bits() >> 12) + 0.5) * 0x1.0p-52; }
  /// Mean 0, variance 1. Polar method (Marsaglia, Bray 1964); the second of each pair is kept.
  double normal();
  /// Mean 1.
  double exponential() { return -std::log(uniform()); }
  /// Mean `mean` in [0, 30], by counting uniform factors (Knuth, TAOCP 2, 3.4.1).
  std::uint32_t poisson(double mean);
  bool chance(double probability) { return uniform() < probability; }

  /// Where the sequence stands (engine/core/archive.hpp).
  template <class Archive>
  void archive(Archive& a) {
    a(state_, kept_, has_kept_);
  }

 private:
  std::array<std::uint64_t, 4> state_{};
  double kept_ = 0.0;
  bool has_kept_ = false;
};

}  // namespace proteus::market
