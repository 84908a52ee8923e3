// What a state is worth, as a linear function of simple features (Duan, Chen, Houthooft, Schulman,
// Abbeel 2016, "Benchmarking deep reinforcement learning", section 3): the observation, its
// squares, and time, its square and its cube. Fitted to the returns of the very rollout that it
// judges, anew for each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace proteus::maml {

/// Rows: step by step, trajectories side by side: row t * trajectories + i.
struct RolloutShape {
  std::size_t trajectories = 0;
  std::size_t horizon = 0;
  std::size_t columns = 0;  ///< of an observation
  [[nodiscard]] std::size_t rows() const { return trajectories * horizon; }
};

/// Generalised advantages (training/gae.hpp) of trajectories that end at the horizon or before,
/// less their mean and divided by their deviation over the rollout. `observations`: [rows,
/// columns]; `rewards`: [rows]; `live`: [rows], 0 from a trajectory's end on, where rewards are 0
/// and advantages become 0.
std::vector<float> advantages(const RolloutShape& shape, std::span<const float> observations,
                              std::span<const float> rewards, std::span<const std::uint8_t> live,
                              double gamma, double lambda);

}  // namespace proteus::maml
