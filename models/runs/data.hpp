// What a run trains on: series in memory, their hashes, and which part of time is for what.
#pragma once

#include <memory>
#include <vector>

#include "models/inference/checkpoint.hpp"
#include "models/training/series.hpp"
#include "models/training/task_sampler.hpp"

namespace proteus::runs {

struct Data {
  std::vector<std::shared_ptr<const training::Series>> series;
  std::vector<inference::DataHash> hashes;  ///< one a series, in their order
  training::Period training;                ///< open on a side: all that there is
  training::Period validation;              ///< empty (both sides open): no validation
};

}  // namespace proteus::runs
