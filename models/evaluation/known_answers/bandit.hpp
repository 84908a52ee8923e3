// Bernoulli bandits whose arms pay 1 with a chance that is drawn uniformly from [0, 1] for each:
// rules that need no training, and what the best rule of all earns, exactly.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/core/result.hpp"
#include "engine/market/random.hpp"

namespace proteus::evaluation {

struct Bandit {
  std::int64_t arms = 5;
  std::int64_t pulls = 100;
};

/// Gamma with whole shape k >= 1 and scale 1 (Marsaglia, Tsang 2000).
double gamma_draw(std::int64_t shape, market::Random& random);
/// Beta(a, b) as a ratio of gammas; whole a, b >= 1.
double beta_draw(std::int64_t a, std::int64_t b, market::Random& random);

enum class BanditRule : std::uint8_t {
  Random,    ///< any arm
  Greedy,    ///< the arm of the greatest posterior mean (s + 1) / (n + 2), ties by lot
  Thompson,  ///< each mean drawn from its posterior, the arm of the greatest draw
};

/// Expected total reward, estimated from `instances`, each with arms of its own: what a rule that
/// knows them would earn, less the mean regret against it.
double play(const Bandit& bandit, BanditRule rule, std::int64_t instances, std::uint64_t seed);

/// Expected total reward of the Bayes-optimal rule: value iteration over all posteriors, arms being
/// interchangeable. Errors: OutOfRange beyond about a million posteriors.
Result<double> bayes_optimal(const Bandit& bandit);

/// Two arms that pay with chances p and 1 - p, p uniform: whichever is pulled tells the same, so
/// the best rule takes the better arm at once. Expected regret against knowing p, exactly.
double dependent_arms_regret(std::int64_t pulls);

}  // namespace proteus::evaluation
