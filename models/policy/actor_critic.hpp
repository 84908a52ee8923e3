// The policy and the value of a state from one network: an encoder, a core that may have a memory,
// and a head of logits and value. With the encoder, a GRU of 128 units and the inputs of the
// trading environment (11 features, 3 of the account, 3 actions, reward, done) it is the agent of
// Duan et al. 2016 and Wang et al. 2016 in the size of 102 148 parameters.
//
// Parameters and gradients each lie in one array: the optimiser, the gradient's norm, a hash and an
// exchange between processes are loops over it.
#pragma once

#include <span>

#include "models/policy/core.hpp"

namespace proteus::policy {

struct ActorCriticSettings {
  std::int64_t encoder = 128;
  CoreSettings core;

  static constexpr auto settings() {
    using A = ActorCriticSettings;
    return std::tuple{setting("encoder", &A::encoder,
                              "units between the inputs and the core; 0: the core sees the inputs",
                              0, 4096)};
  }
};

class ActorCritic : public torch::nn::Module {
 public:
  /// Weights orthogonal, biases zero, policy gain 0.01, value gain 1.
  ActorCritic(const ActorCriticSettings& settings, std::int64_t inputs, std::int64_t actions,
              std::uint64_t seed);

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

  /// All parameters, one after the other in the order of named_parameters(); writing changes them.
  [[nodiscard]] std::span<float> values();
  [[nodiscard]] std::span<const float> values() const;
  /// Their gradients, in which backward() adds.
  [[nodiscard]] std::span<float> gradients();

 private:
  void flatten();
  [[nodiscard]] torch::Tensor encode(const torch::Tensor& x) const;

  ActorCriticSettings settings_;
  std::int64_t inputs_;
  std::int64_t actions_;
  torch::Tensor encoder_weight_;
  torch::Tensor encoder_bias_;
  std::shared_ptr<Core> core_;
  torch::Tensor head_weight_;  ///< [actions + 1, outputs of the core]; the value is last
  torch::Tensor head_bias_;
  torch::Tensor flat_;
  torch::Tensor flat_gradient_;
};

/// FNV-1a of the bytes: equal for equal bits alone.
std::uint64_t parameter_hash(std::span<const float> values);

}  // namespace proteus::policy
