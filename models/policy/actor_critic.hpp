// The policy and the value of a state from one network: an encoder, a core that may have a memory,
// and a head of logits and value. With the encoder, a GRU of 128 units and the inputs of the
// trading environment (11 features, 3 of the account, 3 actions, reward, done) it is the agent of
// Duan et al. 2016 and Wang et al. 2016 in the size of 102 148 parameters.
//
// Parameters and gradients each lie in one array: the optimiser, the gradient's norm, a hash and an
// exchange between processes are loops over it.
#pragma once

#include <span>

#include "models/policy/belief.hpp"
#include "models/policy/core.hpp"
#include "models/policy/packed.hpp"

namespace proteus::policy {

struct ActorCriticSettings {
  std::int64_t encoder = 128;
  CoreSettings core;
  std::int64_t belief = 0;
  std::int64_t belief_decoder = 64;
  bool belief_read = false;

  static constexpr auto settings() {
    using A = ActorCriticSettings;
    return std::tuple{
        setting("encoder", &A::encoder,
                "units between the inputs and the core; 0: the core sees the inputs", 0, 4096),
        setting("belief", &A::belief,
                "numbers of the belief about the task, which has to foretell rewards "
                "and observations; 0: none",
                0, 4096),
        setting("belief_decoder", &A::belief_decoder, "units of the layer that foretells from it",
                1, 4096),
        setting("belief_read", &A::belief_read,
                "the policy reads the belief beside the core's features")};
  }
};

class ActorCritic : public torch::nn::Module {
 public:
  /// Weights orthogonal, biases zero, policy gain 0.01, value gain 1. columns: of the inputs, the
  /// first, are the observation; what a belief has to foretell, and used by that alone. A belief
  /// that the policy does not read leaves the other weights as they are without one.
  ActorCritic(const ActorCriticSettings& settings, std::int64_t inputs, std::int64_t actions,
              std::uint64_t seed, std::int64_t columns = 0);

  [[nodiscard]] const ActorCriticSettings& settings() const { return settings_; }
  [[nodiscard]] std::int64_t inputs() const { return inputs_; }
  [[nodiscard]] std::int64_t actions() const { return actions_; }
  [[nodiscard]] std::int64_t state_size() const { return core_->state_size(); }
  [[nodiscard]] std::int64_t parameter_count() const { return flat_.numel(); }

  /// One step without gradients: [environments, inputs] to [environments, actions + 1], the logits
  /// and, last, the value. `state` becomes the one after the step (Core::step).
  torch::Tensor step(const torch::Tensor& x, torch::Tensor& state) const;
  /// Whole sequences: [steps, environments, inputs] to [steps, environments, actions + 1]
  /// (Core::sequence). Inputs on another device than the CPU are computed there; parameters and
  /// their gradients stay on the CPU.
  [[nodiscard]] torch::Tensor sequence(const torch::Tensor& x, const torch::Tensor& state,
                                       const torch::Tensor& resets) const;

  /// What sequence() does in two halves: [steps, environments, inputs] to the core's features,
  /// [steps x environments, outputs of the core], and those to [steps x environments, actions + 1].
  [[nodiscard]] torch::Tensor features(const torch::Tensor& x, const torch::Tensor& state,
                                       const torch::Tensor& resets) const;
  [[nodiscard]] torch::Tensor head(const torch::Tensor& features) const;
  /// [actions + 1, outputs of the core] and [actions + 1].
  [[nodiscard]] const torch::Tensor& head_weight() const { return head_weight_; }
  [[nodiscard]] const torch::Tensor& head_bias() const { return head_bias_; }
  /// Null without one.
  [[nodiscard]] const BeliefHead* belief() const { return belief_.get(); }

  /// All parameters, one after the other in the order of named_parameters(); writing changes them.
  /// Ask again for each change: a step between asking and writing may go on with what was before.
  [[nodiscard]] std::span<float> values();
  [[nodiscard]] std::span<const float> values() const;
  /// Their gradients, in which backward() adds.
  [[nodiscard]] std::span<float> gradients();

 private:
  void flatten();
  [[nodiscard]] torch::Tensor encode(const torch::Tensor& x) const;
  static torch::Tensor layer(const torch::Tensor& x, const torch::Tensor& weight,
                             const torch::Tensor& bias, Packed& packed, bool rectify);

  ActorCriticSettings settings_;
  std::int64_t inputs_;
  std::int64_t actions_;
  torch::Tensor encoder_weight_;
  torch::Tensor encoder_bias_;
  std::shared_ptr<Core> core_;
  std::shared_ptr<BeliefHead> belief_;
  torch::Tensor head_weight_;  ///< [actions + 1, outputs of the core]; the value is last
  torch::Tensor head_bias_;
  torch::Tensor head_belief_;  ///< [actions + 1, units of the belief], where the policy reads it
  torch::Tensor flat_;
  torch::Tensor flat_gradient_;
  mutable Packed encoder_packed_;
  mutable Packed head_packed_;
};

/// FNV-1a of the bytes: equal for equal bits alone.
std::uint64_t parameter_hash(std::span<const float> values);

}  // namespace proteus::policy
