// KA-4: the only way to earn is to ask first, which pays little at once.
#include <string>

#include "models/learners/known_answers/bandit_env.hpp"
#include "models/learners/known_answers/experiment.hpp"
#include "models/learners/known_answers/learned_answers.hpp"
#include "models/learners/known_answers/over_seeds.hpp"

namespace proteus::learners {
namespace {

using evaluation::Check;

Experiment experiment_of(std::size_t pulls) {
  Experiment e;
  e.policy.encoder = 64;  // Tells tenths apart; without it the last ones are not.
  e.policy.core.hidden = 48;
  e.inputs.time = true;
  e.environments = 256;
  e.steps = 3'000'000;
  e.ppo.rollout_steps = static_cast<std::int64_t>(pulls);
  e.ppo.gamma = 1.0;
  e.ppo.lambda = 1.0;
  e.ppo.rate = 4e-3;
  e.ppo.entropy_start = 0.3;
  return e;
}

struct Variant {
  std::string what;
  std::size_t first;  ///< pulls of the first inner episode
  bool cut;
};

}  // namespace

Result<std::vector<Check>> learned_telling_arm(const evaluation::Parameters& p) {
  constexpr double kDemand = 20.4;
  const auto arms = static_cast<std::size_t>(p.arms.value_or(11));
  const auto pulls = static_cast<std::size_t>(p.pulls.value_or(5));
  const bool is_own = arms == 11 && pulls == 5 && !p.steps;
  std::vector<Check> checks;
  for (const auto& [what, first, cut] :
       {Variant{"RL2, one episode of all pulls", 0, false},
        Variant{"RL2, episodes of 1 and 4 pulls in one trial", 1, false},
        Variant{"RL2, the same with credit cut between them", 1, true}}) {
    Experiment experiment = experiment_of(pulls);
    experiment.ppo.cut_at_episodes = cut;
    const auto make = [&, f = first](std::size_t n) {
      return std::make_unique<TellingArmBandit>(n, arms - 1, pulls, f);
    };
    BOOST_OUTCOME_TRY(auto values,
                      over_seeds(experiment, make, p, [&](const Trained& t, auto seed) {
                        return t.test(experiment, seed).mean;
                      }));
    add_checks(checks, what, values, {.median_low = kDemand, .each_low = kDemand}, is_own && !cut);
  }
  return checks;
}

}  // namespace proteus::learners
