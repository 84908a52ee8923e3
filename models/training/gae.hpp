// Advantages of a rollout: generalised advantage estimation (Schulman, Moritz, Levine, Jordan,
// Abbeel 2016, eq. 16).
//
//   delta_t = r_t + gamma V(s'_t) - V(s_t)
//   A_t     = delta_t + gamma lambda A_{t+1}
//
// V(s'_t) is 0 where the world ended (terminated) and the value of the state that would have come
// where we merely stopped looking (truncated); A_{t+1} is 0 after either. An inner episode's end is
// no end of the trial: by default returns run across it, since what is learned in one episode pays
// in the next, and cutting there removes the reason to explore.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace proteus::training {

/// What ended with a step.
enum class StepEnd : std::uint8_t {
  None,
  EpisodeTerminated,  ///< the inner episode; the trial goes on with the next step
  EpisodeTruncated,   ///< the same, stopped before its world ended
  TrialTerminated,
  TrialTruncated,
};

struct GaeSettings {
  double gamma = 0.99;           ///< [0, 1], of the reward one step later
  double lambda = 0.95;          ///< [0, 1]; 0: one step, 1: Monte Carlo
  bool cut_at_episodes = false;  ///< inner episodes end like trials
};

/// `steps` of `environments` side by side; every span is [steps, environments], row by row (time
/// first).
struct GaeInput {
  std::size_t steps = 0;
  std::size_t environments = 0;
  std::span<const float> rewards;
  std::span<const float> values;  ///< V(s_t)
  std::span<const StepEnd> ends;
  /// V(s'_t), read only where a step was truncated; may be empty where none was.
  std::span<const float> truncated_values;
  /// [environments]: V of the state after the last step, read only where that step ended nothing.
  std::span<const float> last_values;
};

/// Writes `advantages` and `returns` (advantage + value: what the value function is to learn). Sums
/// run in double. Sizes that do not fit and settings out of range are errors of the program and
/// asserted.
void gae(const GaeInput& input, const GaeSettings& settings, std::span<float> advantages,
         std::span<float> returns);

}  // namespace proteus::training
