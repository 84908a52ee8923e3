// A learning experiment: what is trained, on what, for how long; and the same for several seeds.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "models/evaluation/known_answers/parameters.hpp"
#include "models/learners/evaluate.hpp"
#include "models/learners/ppo.hpp"

namespace proteus::learners {

struct Experiment {
  policy::ActorCriticSettings policy;
  InputSettings inputs;
  PpoSettings ppo;
  std::size_t environments = 256;
  std::int64_t steps = 1'000'000;  ///< of all environments together
  std::int64_t test_trials = 20'000;
};

using MakeEnv = std::function<std::unique_ptr<VectorEnv>(std::size_t environments)>;

/// What came of one training.
struct Trained {
  std::unique_ptr<policy::ActorCritic> policy;
  std::unique_ptr<VectorEnv> env;
  std::unique_ptr<Ppo> ppo;  ///< holds the inputs; refers to the two above

  [[nodiscard]] Evaluation test(const Experiment& experiment, std::uint64_t seed,
                                Choice choice = Choice::Sampled) const;
  /// In another environment that shows and takes the same.
  [[nodiscard]] Evaluation test_in(VectorEnv& other, const Experiment& experiment,
                                   std::uint64_t seed, Choice choice = Choice::Sampled) const;
};

/// Errors: those of Ppo.
Result<Trained> train(const Experiment& experiment, const MakeEnv& make, std::uint64_t seed);

/// value(trained, seed) of a training with each seed of `parameters`; its `steps`, where given, are
/// the experiment's.
Result<std::vector<double>> over_seeds(
    Experiment experiment, const MakeEnv& make, const evaluation::Parameters& parameters,
    const std::function<double(const Trained&, std::uint64_t seed)>& value);

}  // namespace proteus::learners
