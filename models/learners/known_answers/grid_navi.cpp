// KA-5: search once, then go straight to what was found.
#include "models/learners/known_answers/experiment.hpp"
#include "models/learners/known_answers/grid_navi_env.hpp"
#include "models/learners/known_answers/learned_answers.hpp"
#include "models/learners/known_answers/over_seeds.hpp"

namespace proteus::learners {

Result<std::vector<evaluation::Check>> learned_grid_navi(const evaluation::Parameters& p) {
  Experiment e;
  e.policy.encoder = 64;
  e.policy.core.hidden = 64;
  e.inputs.time = true;
  e.environments = 256;
  e.steps = 6'000'000;
  e.ppo.rollout_steps = static_cast<std::int64_t>(GridNavi::kSteps * GridNavi::kEpisodes);
  e.ppo.gamma = 0.97;
  e.ppo.rate = 2e-3;
  e.ppo.entropy_start = 0.05;
  const auto make = [](std::size_t n) { return std::make_unique<GridNavi>(n); };
  std::vector<double> last;
  BOOST_OUTCOME_TRY(auto values, over_seeds(e, make, p, [&](const Trained& t, std::uint64_t seed) {
                      const Evaluation test = t.test(e, seed);
                      last.push_back(test.episodes.back());
                      return test.mean;
                    }));
  std::vector<evaluation::Check> checks;
  add_checks(checks, "return over four episodes", values, {.median_low = 31.0}, !p.steps, 2);
  add_checks(checks, "return of the fourth episode", last, {.median_low = 10.5}, !p.steps, 2);
  return checks;
}

}  // namespace proteus::learners
