// Numbers that look random and are a pure function of their keys: what a path, a book or a fault
// needs to be the same in every run and in any order of asking. Mixing step: splitmix64 (Steele,
// Lea, Flood 2014).
#pragma once

#include <cstdint>
#include <string_view>

namespace proteus::sim {

constexpr std::uint64_t mix(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}
constexpr std::uint64_t mix(std::uint64_t a, std::uint64_t b) { return mix(mix(a) ^ b); }

constexpr std::uint64_t mix(std::uint64_t key, std::string_view text) {
  for (const char c : text) key = mix(key, static_cast<unsigned char>(c));
  return key;
}

/// [0, 1)
constexpr double unit_of(std::uint64_t random) {
  return static_cast<double>(random >> 11) * 0x1.0p-53;
}

/// A stream of draws with a state of its own.
class Draws {
 public:
  explicit constexpr Draws(std::uint64_t seed) : state_(seed) {}
  constexpr std::uint64_t next() { return mix(state_++); }
  constexpr double unit() { return unit_of(next()); }

 private:
  std::uint64_t state_;
};

}  // namespace proteus::sim
