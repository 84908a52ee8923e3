// The same agent with a memory (RL²) and without (PPO), trained for as many steps on the same
// markets, on trials that neither has seen.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/core/result.hpp"

namespace proteus::bench {

struct MemoryBench {
  std::int64_t seeds = 5;
  std::int64_t steps = 2'000'000;
  std::int64_t environments = 32;
  std::int64_t hidden = 64;
  std::int64_t bars = 4'000;  ///< of a generated market
  std::int64_t episode_bars = 200;
  std::int64_t draws = 2'000;
  std::vector<std::string> klines;  ///< none: generated markets
  std::string funding;
  std::string train_to = "2021-07-01";
  std::string until = "2022-07-01";
};

/// Prints a table: a line a seed, Sharpe ratios a year of all trials at equal weight, net; their
/// paired difference with its interval; the same behind changes of the regime.
Result<void> print_comparison(const MemoryBench& bench);

}  // namespace proteus::bench
