// What can be said to the known answers from outside, so that anyone can pose a variant.
#pragma once

#include <cstdint>
#include <optional>

namespace proteus::evaluation {

/// Where a size is not given, each experiment takes the one its known answer belongs to.
struct Parameters {
  std::int64_t seeds = 3;             ///< runs of a random experiment; its value is their median
  std::uint64_t seed = 1;             ///< of the first run; the next ones follow
  std::optional<std::int64_t> arms;   ///< of bandits
  std::optional<std::int64_t> pulls;  ///< of bandits
  std::optional<std::int64_t> instances;  ///< of bandits, a seed
  std::optional<std::int64_t> paths;      ///< of markets, a seed
  std::optional<std::int64_t> bars;       ///< of a market's path
  std::optional<std::int64_t> horizon;    ///< steps of an episode of KA-5 and KA-9
  std::optional<std::int64_t> steps;  ///< of a training: environments' steps, or outer iterations
};

}  // namespace proteus::evaluation
