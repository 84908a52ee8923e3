// RL² on markets as `proteus train` drives it (models/runs/trainer.hpp): the market environment,
// tasks from the training period, proximal policy optimisation over whole trials, and now and then
// a look at the validation period. With a core that has no memory it is the plain baseline of the
// same code, which the command line calls "ppo".
//
// Figures of an iteration, in this order: loss/policy, loss/value, loss/total, entropy, kl,
// clip_fraction, explained_variance, gradient_norm, reward, trial_return, turnover, busiest,
// collapse/entropy, collapse/turnover, collapse/exposure, skipped, rate, validation/return,
// validation/standard_error. A collapse is 1 or 0; `rate` is Adam's; `validation/return` is what an
// episode of the validation period earns on its capital, net of fees, slippage and funding, with
// the policy's likeliest actions and frozen moments: always the same tasks, and none of training's
// random numbers.
#pragma once

#include <array>
#include <memory>

#include "models/learners/ppo.hpp"
#include "models/learners/process_group.hpp"
#include "models/runs/data.hpp"
#include "models/runs/trainer.hpp"
#include "models/training/market_env.hpp"

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

/// `group`, if not null, must outlive it; it then has environments [rank n, (rank + 1) n) of all
/// and learns from all of them, and its archive holds this rank's. Errors: NotFound (no trial fits
/// into the training or the validation period), Unsupported (features of the series that differ,
/// cuda without any, continuous weights), OutOfRange (settings that do not fit each other).
Result<std::unique_ptr<runs::Trainer>> make_rl2_trainer(const Rl2Settings& settings,
                                                        const runs::Data& data, std::uint64_t seed,
                                                        Group* group = nullptr);

}  // namespace proteus::learners

template <>
struct proteus::EnumNames<proteus::learners::Device> {
  static constexpr std::array<std::string_view, 3> names{"auto", "cpu", "cuda"};
};
template <>
struct proteus::EnumNames<proteus::learners::TrialTime> {
  static constexpr std::array<std::string_view, 2> names{"episode", "trial"};
};
