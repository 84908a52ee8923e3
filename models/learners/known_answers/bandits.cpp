// KA-2 and KA-3: bandits whose best rule is known.
#include <optional>

#include "models/learners/known_answers/bandit_env.hpp"
#include "models/learners/known_answers/experiment.hpp"
#include "models/learners/known_answers/learned_answers.hpp"
#include "models/learners/known_answers/over_seeds.hpp"

namespace proteus::learners {
namespace {

using Arms = BernoulliBandit::Arms;

Experiment experiment_of(std::size_t pulls, std::int64_t hidden, std::int64_t steps) {
  Experiment e;
  e.policy.encoder = 0;
  e.policy.core.hidden = hidden;
  e.inputs.time = true;
  e.environments = 512;
  e.steps = steps;
  e.test_trials = 200'000;
  e.ppo.rollout_steps = static_cast<std::int64_t>(pulls);
  e.ppo.gamma = 1.0;
  e.ppo.lambda = 1.0;
  e.ppo.rate = 3e-3;
  e.ppo.entropy_start = 0.02;
  return e;
}

MakeEnv bandits(std::size_t arms, std::size_t pulls, Arms kind) {
  return [=](std::size_t n) { return std::make_unique<BernoulliBandit>(n, arms, pulls, kind); };
}

/// Mean regret of a trial: by the chances of the arms that were pulled, not by their luck.
double regret(const Trained& trained, const Experiment& experiment, std::uint64_t seed) {
  auto& env = dynamic_cast<BernoulliBandit&>(*trained.env);
  Inputs inputs{trained.ppo->inputs(), env};
  Actor actor{*trained.policy, env, inputs, seed ^ 0x7265'6772'6574'0000U};
  std::vector<float> told(env.size() * inputs.width());
  const auto trials = static_cast<std::int64_t>(env.size());
  const std::int64_t rounds = (experiment.test_trials + trials - 1) / trials;
  double sum = 0.0;
  for (std::int64_t step = 0; step < rounds * static_cast<std::int64_t>(env.trial_steps());
       ++step) {
    actor.decide(told);
    actor.advance();
    for (const float r : env.regrets()) sum += static_cast<double>(r);
  }
  return sum / static_cast<double>(rounds * trials);
}

}  // namespace

Result<std::vector<evaluation::Check>> learned_bandit(const evaluation::Parameters& p) {
  const auto arms = static_cast<std::size_t>(p.arms.value_or(5));
  const auto pulls = static_cast<std::size_t>(p.pulls.value_or(10));
  const Experiment experiment = experiment_of(pulls, 64, 10'000'000);
  // A trial earns what knowing the arms would, less its regret; the former is exact.
  const double known = static_cast<double>(pulls * arms) / static_cast<double>(arms + 1);
  BOOST_OUTCOME_TRY(auto values, over_seeds(experiment, bandits(arms, pulls, Arms::Independent), p,
                                            [&](const Trained& t, std::uint64_t seed) {
                                              return known - regret(t, experiment, seed);
                                            }));
  std::vector<evaluation::Check> checks;
  add_checks(checks, "RL2, mean total reward", values,
             {.median_low = 6.58, .median_high = 6.69, .each_low = 6.55, .each_high = 6.69},
             arms == 5 && pulls == 10 && !p.steps);
  return checks;
}

Result<std::vector<evaluation::Check>> learned_dependent_arms(const evaluation::Parameters& p) {
  const auto pulls = static_cast<std::size_t>(p.pulls.value_or(30));
  const bool demanded = pulls == 30 && !p.steps;
  std::vector<evaluation::Check> checks;
  for (const bool told : {true, false}) {
    Experiment experiment = experiment_of(pulls, 32, 8'000'000);
    experiment.environments = 256;
    experiment.test_trials = 50'000;
    experiment.inputs.reward = told;
    BOOST_OUTCOME_TRY(auto values, over_seeds(experiment, bandits(2, pulls, Arms::Dependent), p,
                                              [&](const Trained& t, std::uint64_t seed) {
                                                return regret(t, experiment, seed);
                                              }));
    if (told)
      add_checks(checks, "RL2, regret", values, {.median_high = 1.15}, demanded);
    else
      add_checks(checks, "RL2 without the reward as an input, regret", values,
                 {.median_low = 7.2, .median_high = 7.8}, demanded);
  }
  return checks;
}

}  // namespace proteus::learners
