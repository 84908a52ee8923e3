// KA-2 and KA-3: bandits whose best rule is known.
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

/// KA-3 with one core and one set of inputs.
Experiment dependent_arms(std::size_t pulls, policy::CoreKind core, std::int64_t steps) {
  Experiment e = experiment_of(pulls, 32, steps);
  e.policy.core.kind = core;
  e.environments = 256;
  e.test_trials = 50'000;
  return e;
}

/// The regret of staying after a win and leaving after a loss, all that one pull tells: from the
/// second pull on that takes the better arm with chance p, the greater of both. With p uniform in
/// [1/2, 1] the means are of (2p - 1) / 2 once, then of (2p - 1) (1 - p).
double win_stay_regret(std::size_t pulls) {
  return 1.0 / 4.0 + static_cast<double>(pulls - 1) / 12.0;
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
  struct Line {
    const char* what;
    policy::CoreKind core;
    std::int64_t steps;
    bool told;  ///< the reward is an input
    SeedDemand demand;
  };
  constexpr double kDemand = 1.15;
  const double plain = win_stay_regret(pulls);
  std::vector<evaluation::Check> checks;
  for (const Line& line :
       {Line{"RL2, regret", policy::CoreKind::Gru, 8'000'000, true, {.median_high = kDemand}},
        Line{"RL2 without the reward as an input, regret",
             policy::CoreKind::Gru,
             8'000'000,
             false,
             {.median_low = 7.2, .median_high = 7.8}},
        Line{"S5, regret", policy::CoreKind::S5, 4'000'000, true, {.median_high = kDemand}},
        Line{"memoryless PPO, regret",
             policy::CoreKind::Memoryless,
             2'000'000,
             true,
             {.median_high = 1.1 * plain, .each_low = 2.0 * kDemand}}}) {
    Experiment experiment = dependent_arms(pulls, line.core, line.steps);
    experiment.inputs.reward = line.told;
    BOOST_OUTCOME_TRY(auto values, over_seeds(experiment, bandits(2, pulls, Arms::Dependent), p,
                                              [&](const Trained& t, std::uint64_t seed) {
                                                return regret(t, experiment, seed);
                                              }));
    add_checks(checks, line.what, values, line.demand, demanded);
  }
  return checks;
}

}  // namespace proteus::learners
