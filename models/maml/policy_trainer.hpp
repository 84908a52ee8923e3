// A policy that adapts to a market by policy gradients (policy_learner.hpp), as something that
// `proteus train` drives: an iteration is one outer step over a batch of tasks.
//
//   return/support             a trajectory's rewards added up, of the base, on the support bars
//   return/query               of the adapted policy, on the query bars; mean over tasks
//   loss/surrogate             outer loss of the last epoch
//   gradient/norm              of the meta-gradient, before it is cut
//   deviation                  of the base's actions
//   updates/skipped            since the start, for what was not finite
//   validation/loss            minus the return on the query bars after adaptation, and
//                              /loss_unadapted before it; NaN where none was taken
//   validation/gain            the difference: what adaptation earns
//
// Validation has random numbers of its own, the same each time.
#pragma once

#include <memory>
#include <string>

#include "models/maml/market_world.hpp"
#include "models/maml/network.hpp"
#include "models/maml/policy_learner.hpp"
#include "models/runs/data.hpp"
#include "models/runs/trainer.hpp"

namespace proteus::maml {

struct PolicyTraining {
  std::int64_t steps = 500;
  std::int64_t validate_every = 10;
  std::int64_t validation_tasks = 32;

  static constexpr auto settings() {
    using P = PolicyTraining;
    return std::tuple{
        setting("steps", &P::steps, "outer steps of the whole training", 1, 100'000'000),
        setting("validate_every", &P::validate_every, "outer steps between two validations", 1,
                1'000'000),
        setting("validation_tasks", &P::validation_tasks,
                "tasks of a validation at most, spread over its period", 1, 1'000'000)};
  }
};

struct PolicyTrainerSettings {
  NetworkSettings network;
  PolicyLearnerSettings learner;
  MarketTaskSettings tasks;
  training::EnvSettings env;
  matching::VenueSettings venue;
  training::ActionSettings actions{.set = training::ActionSet::Weight};
  training::RewardSettings reward;
  training::EngineRiskSettings risk;  ///< for env.sizing = engine
  PolicyTraining training;
};

/// Errors: Unsupported (actions that are not weights; a venue in quote mode), OutOfRange
/// (settings; series of different features), NotFound (no task fits into the training period, or
/// none into the validation period that there is).
Result<std::unique_ptr<runs::Trainer>> make_policy_trainer(const PolicyTrainerSettings& settings,
                                                           const runs::Data& data,
                                                           std::uint64_t seed);

}  // namespace proteus::maml
