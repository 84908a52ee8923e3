// What a trained policy earns, over many whole trials.
#pragma once

#include <vector>

#include "models/learners/actor.hpp"

namespace proteus::learners {

struct Evaluation {
  std::int64_t trials = 0;
  double mean = 0.0;             ///< of a trial's rewards, added up
  double standard_error = 0.0;   ///< of the mean
  std::vector<double> episodes;  ///< mean of each inner episode's rewards
};

/// At least `trials` whole trials, as many of each environment. `trained`: the inputs it was
/// trained with; their moments stay as they are.
Evaluation evaluate(const policy::ActorCritic& policy, VectorEnv& env, const Inputs& trained,
                    std::int64_t trials, std::uint64_t seed, Choice choice = Choice::Sampled);

}  // namespace proteus::learners
