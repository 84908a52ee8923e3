// What bench_maml prints: one function a table. Quality comes out the same for the same seed; time
// is the thread's own processor time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "engine/core/result.hpp"
#include "engine/core/time.hpp"

namespace proteus::bench {

struct MamlBench {
  std::uint64_t seed = 1;
  std::int64_t iterations = 10'000;  ///< outer steps of each method
  std::int64_t held_out = 100;       ///< tasks that steps are counted on
  std::int64_t market_steps = 3'000;
  std::int64_t market_seeds = 5;
  std::size_t bars = 3'000;  ///< of a synthetic series
  std::vector<std::filesystem::path> klines;
  std::optional<Timestamp> until;  ///< no later bar of them is read
  bool markets_alone = false;      ///< of the tables, print only this one
  bool scratch_alone = false;
};

/// Sinusoids by every method: error, time, memory.
Result<void> print_methods(const MamlBench& bench);
/// Steps to the loss that one step from MAML's base reaches, from scratch.
Result<void> print_steps_to_equal_loss(const MamlBench& bench);
/// Sharpe ratios of a forecaster on test bars, adapted and not, and their paired difference.
Result<void> print_gain_on_markets(const MamlBench& bench);

}  // namespace proteus::bench
