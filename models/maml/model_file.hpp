// Learners as checkpoints (models/inference/checkpoint.hpp), and back.
//
// Tensors: layer.N.weight [in, out], layer.N.bias [out]; optimiser.mean, optimiser.square [learned]
// and optimiser.steps []. Of kind "maml_forecast" also rate.N.weight, rate.N.bias where rates are
// learned; of kind "maml_policy" log_deviation [outputs] and deviation_optimiser.*. Activation,
// method and inner rates stand in the entry `config`, one "key = value" a line, as the settings'
// names are; of a forecaster also its tasks, and the interval of its bars.
#pragma once

#include <optional>

#include "models/inference/checkpoint.hpp"
#include "models/maml/forecast.hpp"
#include "models/maml/learner.hpp"
#include "models/maml/policy_learner.hpp"
#include "strategies/features/policy_observation.hpp"

namespace proteus::maml {

inline constexpr std::string_view kForecastKind = "maml_forecast";
inline constexpr std::string_view kPolicyKind = "maml_policy";

/// Fills kind, config, tensors; schema and normaliser from the features it was trained on. Seeds,
/// data hashes, code version and parent are the caller's. `interval`: of the bars it was trained
/// on; nothing: of several, so that it cannot trade.
inference::Checkpoint forecast_checkpoint(const Learner<float>& learner,
                                          const features::Schema& schema,
                                          const features::FeatureScaling& scaling,
                                          const ForecastSettings& tasks,
                                          std::optional<Interval> interval);

struct LoadedForecaster {
  Learner<float> learner;
  features::FeatureScaling scaling;
};

/// A learner that forecasts, and goes on training, as the saved one would have. `schema`: of the
/// features it is to see. Errors: Refused (another kind or schema, with what differs), Corrupt (a
/// tensor or setting that is missing or does not fit).
Result<LoadedForecaster> load_forecaster(const inference::Checkpoint& checkpoint,
                                         const features::Schema& schema);

/// Likewise. The schema is that of the whole observation, which has the scaling in it.
inference::Checkpoint policy_checkpoint(const PolicyLearner& learner,
                                        const features::PolicyObservation& observation,
                                        const features::FeatureScaling& scaling);

struct LoadedPolicy {
  PolicyLearner learner;
  features::PolicyObservation observation;
};

/// A policy that adapts, and goes on training, as the saved one would have; its random numbers
/// begin anew. `schema`: of the features it is to see. Errors: as load_forecaster.
Result<LoadedPolicy> load_policy(const inference::Checkpoint& checkpoint,
                                 const features::Schema& schema);

}  // namespace proteus::maml
