// What an actor has seen, done and been paid over some steps, time first: what an update learns
// from.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "models/learners/actor.hpp"
#include "models/learners/return_scale.hpp"

namespace proteus::learners {

struct Rollout {
  Rollout(std::size_t steps, std::size_t environments, std::size_t width, bool weighs = false);

  std::size_t steps;
  std::size_t environments;
  torch::Tensor inputs;  ///< [steps, environments, width]
  torch::Tensor start;   ///< [environments, state_size], before the first step
  torch::Tensor resets;  ///< [steps, environments] bytes: 1 where a trial begins with the step
  // [steps x environments]
  std::vector<std::int32_t> actions;
  std::vector<float> weights;  ///< before they are cut; empty where the environments take choices
  std::vector<float> log_chances;
  std::vector<float> values;
  std::vector<float> rewards;  ///< as the environment pays them
  std::vector<float> truncated_values;
  std::vector<training::StepEnd> ends;
  std::vector<float> last_values;  ///< [environments]

  /// What is not finite in it, in words; nothing where all is.
  [[nodiscard]] std::optional<std::string> fault() const;
};

/// Fills `rollout`, going on where the actor stands; `scale` counts every step.
void collect(Actor& actor, const VectorEnv& env, ReturnScale& scale, Rollout& rollout);

}  // namespace proteus::learners
