#include "models/learners/evaluate.hpp"

#include <cmath>

namespace proteus::learners {
namespace {

/// One environment's running trial. Each counts the same number of trials: counting whichever end
/// first would favour the short ones.
struct RunningEpisodes {
  double sum = 0.0;
  std::size_t episode = 0;
  std::int64_t left = 0;
};

}  // namespace

Evaluation evaluate(const policy::ActorCritic& policy, VectorEnv& env, const Inputs& trained,
                    std::int64_t trials, std::uint64_t seed, Choice choice) {
  Inputs inputs{trained, env};
  Actor actor{policy, env, inputs, seed, choice};
  const auto n = static_cast<std::int64_t>(env.size());
  const std::int64_t each = (trials + n - 1) / n;
  std::vector<RunningEpisodes> running(env.size(), {0.0, 0, each});
  std::vector<float> input(env.size() * inputs.width());
  Evaluation result;
  double squares = 0.0;
  while (result.trials < each * n) {
    actor.decide(input);
    actor.advance();
    for (std::size_t i = 0; i < running.size(); ++i) {
      RunningEpisodes& r = running[i];
      if (r.left == 0) continue;
      const double reward = env.rewards()[i];
      r.sum += reward;
      if (r.episode >= result.episodes.size()) result.episodes.resize(r.episode + 1, 0.0);
      result.episodes[r.episode] += reward;
      if (env.ends()[i] == training::StepEnd::None) continue;
      ++r.episode;
      if (!ends_trial(env.ends()[i])) continue;
      result.mean += r.sum;
      squares += r.sum * r.sum;
      ++result.trials;
      r = {0.0, 0, r.left - 1};
    }
  }
  const double count = static_cast<double>(result.trials);
  result.mean /= count;
  for (double& e : result.episodes) e /= count;
  result.standard_error =
      std::sqrt(std::max(0.0, squares / count - result.mean * result.mean) / count);
  return result;
}

}  // namespace proteus::learners
