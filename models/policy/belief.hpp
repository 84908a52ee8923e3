// A belief about the task, and what it has to know: from the core's features at one step, what any
// step of the same trial paid and led to, given what was seen and done there. Whoever can tell that
// knows the task as far as it has shown itself. The idea is that of VariBAD (Zintgraf et al. 2020),
// whose decoder does the same from a sample of a normal belief; here the belief is a plain vector:
// the features are already a summary of all that was seen, what is not known shows in the expected
// reward itself, and the noise of a sample would only make that harder to learn.
#pragma once

#include <torch/torch.h>

#include "engine/market/random.hpp"

namespace proteus::policy {

class BeliefHead : public torch::nn::Module {
 public:
  struct Shape {
    std::int64_t units = 32;    ///< of the belief
    std::int64_t decoder = 64;  ///< of the layer that foretells from it
    std::int64_t features = 0;  ///< of the core
    std::int64_t columns = 0;   ///< of an observation; may be 0
    std::int64_t actions = 0;   ///< numbers that say what was done
  };
  BeliefHead(const Shape& shape, market::Random& random);

  [[nodiscard]] std::int64_t columns() const { return columns_; }
  [[nodiscard]] std::int64_t units() const { return belief_bias_.size(0); }
  /// [rows, features] to [rows, units], each in [-1, 1].
  [[nodiscard]] torch::Tensor believe(const torch::Tensor& features) const;
  /// belief: [rows, units]; asked: [rows, columns + actions], an observation and what was done
  /// then. Returns [rows, 1 + columns]: reward and next observation.
  [[nodiscard]] torch::Tensor foretell(const torch::Tensor& belief,
                                       const torch::Tensor& asked) const;

 private:
  std::int64_t columns_;
  torch::Tensor belief_weight_;   ///< [units, features]
  torch::Tensor belief_bias_;     ///< [units]
  torch::Tensor decoder_weight_;  ///< [decoder, units + columns + actions]
  torch::Tensor decoder_bias_;    ///< [decoder]
  torch::Tensor told_weight_;     ///< [1 + columns, decoder]
  torch::Tensor told_bias_;       ///< [1 + columns]
};

}  // namespace proteus::policy
