// Returns of configurations that are worth nothing, of which one may be worth something.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/market/random.hpp"

namespace proteus::evaluation {

struct NoiseColumns {
  std::int64_t columns = 50;
  std::int64_t periods = 1024;
  double first_sharpe = 0.0;  ///< a period, of the first column
};
/// Of a column that is found: 4.5 standard errors in half of 1024 periods.
inline constexpr double kGenuineSharpe = 0.2;

/// Independent normal returns of deviation 1, [column][period].
std::vector<std::vector<double>> noise_columns(const NoiseColumns& shape, market::Random& random);

}  // namespace proteus::evaluation
