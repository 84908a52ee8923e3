// An experiment over several seeds.
#pragma once

#include <algorithm>
#include <atomic>
#include <optional>
#include <thread>
#include <vector>

#include "models/evaluation/known_answers/parameters.hpp"

namespace proteus::evaluation {

/// Mean of the two in the middle where the number is even; `values` is not empty.
inline double median(std::vector<double> values) {
  std::ranges::sort(values);
  const std::size_t n = values.size();
  return 0.5 * (values[(n - 1) / 2] + values[n / 2]);
}

/// run(seed) for the seeds of `parameters`, side by side on the processor's cores, in the order of
/// the seeds. Runs share nothing: what comes out does not depend on how many there are at once.
template <class Run>
auto over_seeds(const Parameters& parameters, Run run) {
  using Value = decltype(run(parameters.seed));
  std::vector<std::optional<Value>> slots(static_cast<std::size_t>(parameters.seeds));
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t i = next++; i < slots.size(); i = next++)
      slots[i].emplace(run(parameters.seed + i));
  };
  {
    std::vector<std::jthread> threads;
    const std::size_t cores = std::max(1U, std::thread::hardware_concurrency());
    for (std::size_t i = 1; i < std::min(cores, slots.size()); ++i) threads.emplace_back(work);
    work();
  }
  std::vector<Value> values;
  for (auto& slot : slots) values.push_back(std::move(*slot));
  return values;
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
