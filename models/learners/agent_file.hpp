// An RL² agent as a checkpoint (models/inference/checkpoint.hpp), and back: kind "rl2_agent".
//
//   tensors     the policy's parameters under the names that Torch gives them, with their shapes
//   schema      the observation's canonical text: features, account, what its time counts
//   action_map  what each choice means, and of how much
//   normaliser  offset and factor of each column of the observation and, last, of the previous
//               reward; empty where the agent was trained without
//   config      every setting of rl2_settings.hpp but those of the engine's sizing and limits,
//   which
//               no decision of the policy rests on (the run's config has them), one "key = value" a
//               line; and of the agent that they make: inputs, choices, state_size, trial_steps
//
// A policy decides over a trial of trial_steps at most: that is the length it was trained on.
#pragma once

#include <memory>

#include "models/inference/checkpoint.hpp"
#include "models/learners/rl2_settings.hpp"

namespace proteus::learners {

using inference::kAgentKind;

/// Seeds, data hashes, code version, parent and the run's config are the caller's.
inference::Checkpoint agent_checkpoint(const policy::ActorCritic& policy, const Inputs& inputs,
                                       const features::PolicyObservation& observation,
                                       const Rl2Settings& settings);

struct LoadedAgent {
  std::unique_ptr<policy::ActorCritic> policy;
  Inputs inputs;  ///< frozen, of one environment; for others Inputs(inputs, env)
  features::PolicyObservation observation;
  Rl2Settings settings;

  /// What one environment's memory takes.
  [[nodiscard]] std::int64_t state_size() const { return policy->state_size(); }
  /// After so many steps the trial is over, and the memory begins anew.
  [[nodiscard]] std::size_t trial_steps() const { return inputs.shape().trial_steps; }
};

/// An agent that decides, bit for bit, as the saved one did. `features`: those it is to see.
/// Errors: Refused (another kind of checkpoint, other features; with what differs), Corrupt (a
/// tensor or a setting that is missing or does not fit; with its name).
Result<LoadedAgent> load_agent(const inference::Checkpoint& checkpoint,
                               const features::Schema& features);

}  // namespace proteus::learners
