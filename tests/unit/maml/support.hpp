// What the tests of this room share.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "engine/market/random.hpp"
#include "models/training/synthetic.hpp"

namespace proteus::maml {

inline std::shared_ptr<const training::Series> a_series(std::size_t bars, std::uint64_t seed = 1) {
  training::SyntheticSettings settings;
  settings.bars = bars;
  return training::synthetic_series(settings, seed).value();
}

inline std::vector<float> copy_of(std::span<const float> values) {
  return {values.begin(), values.end()};
}

inline std::vector<double> normals(std::size_t n, market::Random& random) {
  std::vector<double> values(n);
  for (double& x : values) x = random.normal();
  return values;
}

}  // namespace proteus::maml
