// Learners as checkpoints (models/inference/checkpoint.hpp), and back.
//
// Tensors: layer.N.weight [in, out], layer.N.bias [out]; rate.N.weight, rate.N.bias likewise where
// rates are learned; optimiser.mean, optimiser.square [learned] and optimiser.steps []. Kind
// "maml_forecast". Activation, method and inner rates stand in the entry `config`, one "key =
// value" a line, as the settings' names are.
#pragma once

#include "models/inference/checkpoint.hpp"
#include "models/maml/learner.hpp"
#include "strategies/features/policy_observation.hpp"

namespace proteus::maml {

inline constexpr std::string_view kForecastKind = "maml_forecast";

/// Fills kind, config, tensors; schema and normaliser from the features it was trained on. Seeds,
/// data hashes, code version and parent are the caller's.
inference::Checkpoint forecast_checkpoint(const Learner<float>& learner,
                                          const features::Schema& schema,
                                          const features::FeatureScaling& scaling);

struct LoadedForecaster {
  Learner<float> learner;
  features::FeatureScaling scaling;
};

/// A learner that forecasts, and goes on training, as the saved one would have. `schema`: of the
/// features it is to see. Errors: Refused (another kind or schema, with what differs), Corrupt (a
/// tensor or setting that is missing or does not fit).
Result<LoadedForecaster> load_forecaster(const inference::Checkpoint& checkpoint,
                                         const features::Schema& schema);

}  // namespace proteus::maml
