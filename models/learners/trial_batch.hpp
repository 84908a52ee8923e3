// Trials of a policy side by side, each on its own stretch of bars, played bar by bar.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "models/policy/actor_critic.hpp"
#include "models/training/policy_panel.hpp"
#include "strategies/policy/policy_trial.hpp"

namespace proteus::learners {

struct TrialStart {
  const training::PolicyPanel* panel = nullptr;
  std::size_t bar = 0;    ///< of the first step
  std::size_t steps = 0;  ///< up to the batch's
  bool mirrored = false;  ///< every return, and every odd feature, with the other sign
};

struct PlayedTrials {
  torch::Tensor inputs;                       ///< [steps, trials, inputs]
  std::vector<strategies::MarketMove> moves;  ///< [steps, trials]
  std::vector<std::uint8_t> decides;          ///< [steps, trials]
  std::vector<float> exposures;               ///< [steps, trials]: held from each close
  std::vector<float> teacher;  ///< [steps, trials]: what a plain rule would hold; or empty
  bool finite = true;
};

/// Plays all trials for `steps` bars; one that is shorter rests at its end. noise, if not null, is
/// added to the features: [steps, trials, features].
PlayedTrials play(const policy::ActorCritic& policy, const strategies::MarketSettings& market,
                  std::span<const TrialStart> starts, std::size_t steps,
                  const float* noise = nullptr);

}  // namespace proteus::learners
