// What a belief about the task is asked and held against (models/policy/belief.hpp): at each step
// of a rollout about one other step of the same trial, before or after it, drawn by lot.
#pragma once

#include "models/learners/rollout.hpp"

namespace proteus::learners {

/// Time first, as in the rollout.
struct BeliefQuestions {
  /// [steps, environments, columns + actions]: an observation, and an action one-hot or, first of
  /// its columns, a weight.
  torch::Tensor asked;
  torch::Tensor told;  ///< [steps, environments, 1 + columns]: reward and next observation
  /// [steps, environments, 1]: 0 where no observation came after it, since an episode ended or the
  /// rollout did; else 1.
  torch::Tensor has_next;
};

/// One question for each step. Rewards are multiplied with `reward_scale`, so that a market's 0.001
/// and a maze's 1 weigh alike. columns: of the inputs, the first, are the observation. The lots of
/// an environment are decided by `seed` and its number, that of the first being `first`.
BeliefQuestions belief_questions(const Rollout& rollout, std::size_t columns, std::size_t actions,
                                 float reward_scale, std::uint64_t seed, std::size_t first = 0);

/// Mean over the rows of half the squared error of the reward plus half the mean squared error of
/// the next observation's columns; a scalar with gradients. features: [rows, outputs of the core];
/// questions: of the same rows.
torch::Tensor belief_loss(const policy::BeliefHead& belief, const torch::Tensor& features,
                          const BeliefQuestions& questions);

}  // namespace proteus::learners
