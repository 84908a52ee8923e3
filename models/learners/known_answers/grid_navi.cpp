// KA-5: search once, then go straight to what was found.
#include "models/learners/known_answers/experiment.hpp"
#include "models/learners/known_answers/grid_navi_env.hpp"
#include "models/learners/known_answers/learned_answers.hpp"
#include "models/learners/known_answers/over_seeds.hpp"

namespace proteus::learners {
namespace {

std::size_t steps_of(const evaluation::Parameters& p) {
  return static_cast<std::size_t>(p.horizon.value_or(static_cast<std::int64_t>(GridNavi::kSteps)));
}

Experiment experiment_of(const evaluation::Parameters& p, std::int64_t steps) {
  Experiment e;
  e.policy.encoder = 64;
  e.policy.core.hidden = 64;
  e.inputs.time = true;
  e.environments = 256;
  e.steps = steps;
  e.ppo.rollout_steps = static_cast<std::int64_t>(steps_of(p) * GridNavi::kEpisodes);
  e.ppo.gamma = 0.97;
  e.ppo.rate = 2e-3;
  e.ppo.entropy_start = 0.05;
  return e;
}

MakeEnv grids(const evaluation::Parameters& p) {
  return [steps = steps_of(p)](std::size_t n) { return std::make_unique<GridNavi>(n, steps); };
}

bool is_demanded(const evaluation::Parameters& p) {
  return !p.steps && steps_of(p) == GridNavi::kSteps;
}

/// With a belief and without, after so few steps that the difference shows.
Result<void> add_belief(const evaluation::Parameters& p, std::vector<evaluation::Check>& checks) {
  constexpr std::int64_t kSteps = 750'000;
  const auto mean_of = [](const Experiment& e) {
    return [&e](const Trained& t, std::uint64_t seed) { return t.test(e, seed).mean; };
  };
  const Experiment plain = experiment_of(p, kSteps);
  Experiment believing = plain;
  believing.policy.belief = 32;
  believing.policy.belief_read = true;
  believing.ppo.belief_share = 0.5;
  BOOST_OUTCOME_TRY(const auto without, over_seeds(plain, grids(p), p, mean_of(plain)));
  BOOST_OUTCOME_TRY(const auto with, over_seeds(believing, grids(p), p, mean_of(believing)));
  std::vector<double> gains;
  for (std::size_t i = 0; i < with.size(); ++i) gains.push_back(with[i] - without[i]);
  add_checks(checks, "after 750 000 steps, without a belief", without, {}, is_demanded(p), 2);
  add_checks(checks, "after 750 000 steps, with a belief", with, {}, is_demanded(p), 2);
  add_checks(checks, "gain by the belief", gains, {.median_low = 2.0}, is_demanded(p), 2);
  return success();
}

}  // namespace

Result<std::vector<evaluation::Check>> learned_grid_navi(const evaluation::Parameters& p) {
  const Experiment e = experiment_of(p, 6'000'000);
  std::vector<double> last;
  BOOST_OUTCOME_TRY(auto values,
                    over_seeds(e, grids(p), p, [&](const Trained& t, std::uint64_t seed) {
                      const Evaluation test = t.test(e, seed);
                      last.push_back(test.episodes.back());
                      return test.mean;
                    }));
  std::vector<evaluation::Check> checks;
  add_checks(checks, "return over four episodes", values, {.median_low = 31.0}, is_demanded(p), 2);
  add_checks(checks, "return of the fourth episode", last, {.median_low = 10.5}, is_demanded(p), 2);
  BOOST_OUTCOME_TRY(add_belief(p, checks));
  return checks;
}

}  // namespace proteus::learners
