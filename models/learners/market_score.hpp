// What a policy earns on markets, in money and not in whatever reward it was trained for.
#pragma once

#include "models/learners/actor.hpp"
#include "models/learners/market_vector_env.hpp"

namespace proteus::learners {

struct MarketScore {
  std::int64_t trials = 0;
  double episode_return = 0.0;  ///< mean of equity at the end / capital - 1: net of all costs
  double standard_error = 0.0;  ///< of the mean, over trials
};

/// At least `trials` whole trials, as many of each environment of every rank, with tasks that
/// `seed` decides. `trained`: the inputs it was trained with; their moments stay as they are.
/// Errors: those of Group.
Result<MarketScore> market_score(const policy::ActorCritic& policy, MarketVectorEnv& env,
                                 const Inputs& trained, std::int64_t trials, std::uint64_t seed,
                                 Choice choice, Group* group = nullptr);

}  // namespace proteus::learners
