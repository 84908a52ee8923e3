// A forecaster of returns (forecast.hpp) as something that `proteus train` drives: an iteration is
// a number of outer steps, its figures their means.
//
//   loss/query, loss/support   after the inner steps, and before the first of them
//   gain/adaptation            query loss of the base less that of the adapted model
//   gradient/norm              of the meta-gradient, before it is cut
//   rate/outer                 Adam's, of the iteration's last step
//   updates/skipped            since the start, for what was not finite
//   validation/loss            query loss after adaptation, and /loss_unadapted before it, over
//                              tasks of the validation period; NaN where none was taken
//
// Features are scaled as the training period has them, in validation too. Validation goes through
// the same tasks each time and draws no random number.
#pragma once

#include <memory>
#include <string>

#include "models/maml/forecast.hpp"
#include "models/maml/network.hpp"
#include "models/runs/data.hpp"
#include "models/runs/trainer.hpp"

namespace proteus::maml {

struct ForecastTraining {
  std::int64_t steps = 20'000;
  std::int64_t steps_per_iteration = 100;
  std::int64_t validate_every = 10;
  std::int64_t validation_tasks = 256;
  std::string regime;

  static constexpr auto settings() {
    using F = ForecastTraining;
    return std::tuple{
        setting("steps", &F::steps, "outer steps of the whole training", 1, 1'000'000'000),
        setting("steps_per_iteration", &F::steps_per_iteration,
                "outer steps between two rows of figures", 1, 1'000'000),
        setting("validate_every", &F::validate_every, "iterations between two validations", 1,
                1'000'000),
        setting("validation_tasks", &F::validation_tasks,
                "tasks of a validation at most, spread over its period", 1, 1'000'000),
        setting("regime", &F::regime,
                "tasks of this regime alone: bull, bear, high_volatility or "
                "sideways; empty: all")};
  }
};

struct ForecastTrainerSettings {
  NetworkSettings network;
  LearnerSettings learner;
  ForecastSettings tasks;
  ForecastTraining training;
};

/// Errors: OutOfRange (settings; series of different features), NotFound (no task fits into the
/// training period, or none into the validation period that there is).
Result<std::unique_ptr<runs::Trainer>> make_forecast_trainer(
    const ForecastTrainerSettings& settings, const runs::Data& data, std::uint64_t seed);

}  // namespace proteus::maml
