// KA-6: plain PPO, without a memory, on a pole to balance.
#include "models/learners/known_answers/cart_pole_env.hpp"
#include "models/learners/known_answers/experiment.hpp"
#include "models/learners/known_answers/learned_answers.hpp"
#include "models/learners/known_answers/over_seeds.hpp"

namespace proteus::learners {

Result<std::vector<evaluation::Check>> learned_cart_pole(const evaluation::Parameters& p) {
  Experiment e;
  e.policy.encoder = 0;
  e.policy.core = {policy::CoreKind::Memoryless, 64, 2};
  e.inputs = {.action = false, .reward = false, .done = false, .normalise = true};
  e.environments = 8;
  e.steps = 500'000;
  e.test_trials = 400;
  e.ppo.rollout_steps = 128;
  e.ppo.rate = 1e-3;
  const auto make = [](std::size_t n) { return std::make_unique<CartPole>(n); };
  BOOST_OUTCOME_TRY(auto values, over_seeds(e, make, p, [&](const Trained& t, std::uint64_t seed) {
                      return t.test(e, seed).mean;
                    }));
  std::vector<evaluation::Check> checks;
  add_checks(checks, "return after 500 000 steps", values, {.median_low = 475.0, .each_low = 440.0},
             !p.steps, 1);
  return checks;
}

}  // namespace proteus::learners
