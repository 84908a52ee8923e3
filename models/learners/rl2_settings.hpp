// All settings of RL² on markets. Those of its parts stand in their own structs, each with the room
// it belongs to.
#pragma once

#include <array>

#include "models/learners/inputs.hpp"
#include "models/learners/ppo.hpp"
#include "models/policy/actor_critic.hpp"
#include "models/training/market_env.hpp"
#include "models/training/task_sampler.hpp"
#include "strategies/features/policy_observation.hpp"

namespace proteus::learners {

enum class Device : std::uint8_t { Auto, Cpu, Cuda };
enum class TrialTime : std::uint8_t { Episode, Trial };

struct Rl2Settings {
  policy::ActorCriticSettings policy;  ///< with policy.core, which has settings of its own
  InputSettings inputs{.normalise = true};
  PpoSettings ppo;
  training::EnvSettings env;
  matching::VenueSettings venue;
  training::ActionSettings actions;
  training::RewardSettings reward;
  training::EngineRiskSettings risk;  ///< for env.sizing = engine
  training::SamplerSettings sampler;
  // Its own.
  std::int64_t environments = 64;
  std::int64_t steps = 10'000'000;
  TrialTime time = TrialTime::Trial;
  std::int64_t validate_every = 20;
  std::int64_t validation_trials = 64;
  Device device = Device::Cpu;

  static constexpr auto settings() {
    using R = Rl2Settings;
    return std::tuple{
        setting("environments", &R::environments,
                "markets that a process plays in lock-step; several processes have so many each", 1,
                65'536),
        setting("steps", &R::steps, "of all environments of all processes together", 1, 1e12),
        setting("time", &R::time,
                "what the observation's time counts: the share of the episode or of the trial"),
        setting("validate_every", &R::validate_every,
                "iterations between looks at the validation period; 0: never", 0, 1e9),
        setting("validation_trials", &R::validation_trials, "trials of such a look", 1, 1e6),
        setting("device", &R::device,
                "where learning computes: auto (cuda where there is one), cpu or cuda; acting is "
                "always on the CPU")};
  }
};

/// Steps of a whole trial.
[[nodiscard]] inline std::size_t trial_steps(const training::SamplerSettings& sampler) {
  return static_cast<std::size_t>(sampler.episodes) *
         static_cast<std::size_t>(sampler.episode_bars);
}
[[nodiscard]] inline features::TimeShare time_share(TrialTime time) {
  return time == TrialTime::Trial ? features::TimeShare::Trial : features::TimeShare::Episode;
}

}  // namespace proteus::learners

template <>
struct proteus::EnumNames<proteus::learners::Device> {
  static constexpr std::array<std::string_view, 3> names{"auto", "cpu", "cuda"};
};
template <>
struct proteus::EnumNames<proteus::learners::TrialTime> {
  static constexpr std::array<std::string_view, 2> names{"episode", "trial"};
};
