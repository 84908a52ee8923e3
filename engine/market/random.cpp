#include "engine/market/random.hpp"

#include "engine/core/assert.hpp"

namespace proteus::market {
namespace {

/// splitmix64 (Steele, Lea, Flood 2014): spreads any seed, also 0 and 1, over the whole state.
std::uint64_t splitmix(std::uint64_t& x) {
  x += 0x9e3779b97f4a7c15ULL;
  std::uint64_t z = x;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

/// FNV-1a, 64 bits.
std::uint64_t hash(std::string_view text) {
  std::uint64_t h = 0xcbf29ce484222325ULL;
  for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return h;
}

}  // namespace

Random::Random(std::uint64_t seed, std::string_view stream) {
  std::uint64_t x = seed;
  x = splitmix(x) ^ hash(stream);
  for (std::uint64_t& word : state_) word = splitmix(x);
}

double Random::normal() {
  if (has_kept_) {
    has_kept_ = false;
    return kept_;
  }
  double u = 0.0;
  double v = 0.0;
  double s = 0.0;
  do {
    u = 2.0 * uniform() - 1.0;
    v = 2.0 * uniform() - 1.0;
    s = u * u + v * v;
  } while (s >= 1.0 || s == 0.0);
  const double factor = std::sqrt(-2.0 * std::log(s) / s);
  kept_ = v * factor;
  has_kept_ = true;
  return u * factor;
}

std::uint32_t Random::poisson(double mean) {
  PROTEUS_ASSERT(mean >= 0.0 && mean <= 30.0);
  const double limit = std::exp(-mean);
  std::uint32_t count = 0;
  for (double product = uniform(); product > limit; product *= uniform()) ++count;
  return count;
}

}  // namespace proteus::market
