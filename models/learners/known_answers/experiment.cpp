#include "models/learners/known_answers/experiment.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>

namespace proteus::learners {

Evaluation Trained::test(const Experiment& experiment, std::uint64_t seed, Choice choice) const {
  return test_in(*env, experiment, seed, choice);
}

Evaluation Trained::test_in(VectorEnv& other, const Experiment& experiment, std::uint64_t seed,
                            Choice choice) const {
  // Tasks of the test are none that training has drawn.
  constexpr std::uint64_t kTest = 0x7465'7374'0000'0000U;
  return evaluate(*policy, other, ppo->inputs(), experiment.test_trials, seed ^ kTest, choice);
}

Result<Trained> train(const Experiment& experiment, const MakeEnv& make, std::uint64_t seed) {
  Trained trained;
  trained.env = make(experiment.environments);
  trained.policy = std::make_unique<policy::ActorCritic>(
      experiment.policy, input_width(experiment.inputs, *trained.env), numbers_said(*trained.env),
      seed, static_cast<std::int64_t>(trained.env->columns()));
  BOOST_OUTCOME_TRY(trained.ppo, Ppo::create(*trained.policy, *trained.env, experiment.inputs,
                                             experiment.ppo, experiment.steps, seed));
  BOOST_OUTCOME_TRY(trained.ppo->run());
  return trained;
}

Result<std::vector<double>> over_seeds(
    Experiment experiment, const MakeEnv& make, const evaluation::Parameters& parameters,
    const std::function<double(const Trained&, std::uint64_t seed)>& value) {
  experiment.steps = parameters.steps.value_or(experiment.steps);
  std::vector<double> values;
  for (std::int64_t i = 0; i < parameters.seeds; ++i) {
    const std::uint64_t seed = parameters.seed + static_cast<std::uint64_t>(i);
    BOOST_OUTCOME_TRY(const Trained trained, train(experiment, make, seed));
    values.push_back(value(trained, seed));
  }
  return values;
}

}  // namespace proteus::learners
