// A forecaster with what its checkpoint says of it: all that a strategy needs to trade it. Made
// from a file by models/maml/forecast_file; strategies see no file.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "engine/core/bar.hpp"
#include "engine/ports/forecaster.hpp"
#include "strategies/features/kind.hpp"
#include "strategies/features/policy_observation.hpp"

namespace proteus::strategies {

struct ForecastSpec {
  std::string name;  ///< of the checkpoint's file, for messages
  std::string hash;  ///< its content hash
  features::Kind features = features::Kind::Chapter;
  Interval interval = Interval::H1;  ///< of the bars it was trained on
  features::FeatureScaling scaling;
  std::int64_t horizon = 5;        ///< bars that a forecast looks ahead
  std::int64_t support_rows = 20;  ///< that it adapted on in training
  std::int64_t inner_steps = 5;    ///< that it was trained with
};

struct ForecastModel {
  ForecastSpec spec;
  std::shared_ptr<Forecaster> forecaster;
};

/// Success where they may trade together, on bars of `interval`: the same bars, features, horizon
/// and support. Errors: Refused, naming the checkpoint and what differs.
Result<void> check_forecasters(std::span<const ForecastModel> models, Interval interval);

}  // namespace proteus::strategies
