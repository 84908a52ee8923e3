// An experiment over several seeds.
#pragma once

#include <algorithm>
#include <vector>

#include "models/evaluation/known_answers/parameters.hpp"

namespace proteus::evaluation {

/// Mean of the two in the middle where the number is even; `values` is not empty.
inline double median(std::vector<double> values) {
  std::ranges::sort(values);
  const std::size_t n = values.size();
  return 0.5 * (values[(n - 1) / 2] + values[n / 2]);
}

/// Median of run(seed) over the seeds of `parameters`, which are at least one.
template <class Run>
double median_over_seeds(const Parameters& parameters, Run run) {
  std::vector<double> values;
  for (std::int64_t i = 0; i < parameters.seeds; ++i)
    values.push_back(run(parameters.seed + static_cast<std::uint64_t>(i)));
  return median(std::move(values));
}

}  // namespace proteus::evaluation
