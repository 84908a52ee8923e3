#include "models/learners/market_score.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace proteus::learners {
namespace {

/// One environment's running trial.
struct RunningTrial {
  double sum = 0.0;  ///< of its episodes' returns
  std::int64_t episodes = 0;
  std::int64_t left = 0;  ///< trials
};

}  // namespace

Result<MarketScore> market_score(const policy::ActorCritic& policy, MarketVectorEnv& env,
                                 const Inputs& trained, std::int64_t trials, std::uint64_t seed,
                                 Choice choice, Group* group) {
  Inputs inputs{trained, env};
  Actor actor{policy, env, inputs, seed, choice};
  const auto n = static_cast<std::int64_t>(env.size()) * (group != nullptr ? group->size() : 1);
  const std::int64_t each = (trials + n - 1) / n;
  std::vector<RunningTrial> running(env.size(), {0.0, 0, each});
  std::vector<float> input(env.size() * inputs.width());
  std::array<double, 3> sums{};  // trials, their mean episodes' returns, and the squares of these
  while (sums[0] < static_cast<double>(each) * static_cast<double>(env.size())) {
    actor.decide(input);
    actor.advance();
    for (std::size_t i = 0; i < running.size(); ++i) {
      RunningTrial& r = running[i];
      if (r.left == 0 || env.ends()[i] == training::StepEnd::None) continue;
      const training::StepInfo& info = env.infos()[i];
      r.sum += info.total_pnl / (info.capital - info.total_pnl);
      ++r.episodes;
      if (!ends_trial(env.ends()[i])) continue;
      const double mean = r.sum / static_cast<double>(r.episodes);
      sums[0] += 1.0;
      sums[1] += mean;
      sums[2] += mean * mean;
      r = {0.0, 0, r.left - 1};
    }
  }
  if (group != nullptr) {
    BOOST_OUTCOME_TRY(group->sum(std::span<double>(sums), "the validation"));
  }
  const double mean = sums[1] / sums[0];
  return MarketScore{static_cast<std::int64_t>(sums[0]), mean,
                     std::sqrt(std::max(0.0, sums[2] / sums[0] - mean * mean) / sums[0])};
}

}  // namespace proteus::learners
