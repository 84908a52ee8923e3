// A stack of S5 layers (Smith, Warrington, Linderman 2023, "Simplified state space layers for
// sequence modeling") that forgets where a trial begins (Lu et al. 2023, "Structured state space
// models for in-context reinforcement learning"). After a product that brings the inputs to
// `hidden` units, each layer is
//
//   u = norm(x)    s' = a s + f (B u)    y = 2 Re(C s') + D u    g = gelu(y)
//   x := x + g sigmoid(W g + b)
//
// with hidden / 2 complex states s (rounded up; the other half would be their conjugates). They
// begin at the eigenvalues of HiPPO-N, their steps spread over [0.001, 0.1] by logarithm; both are
// learned. What it remembers of an earlier step it remembers linearly: nothing saturates, and the
// gradient through time is a product of the same few numbers. The recurrence's gradients are
// written out by hand and have none themselves. What lies on another device than the CPU is brought
// here and back.
#pragma once

#include <vector>

#include "models/policy/core.hpp"

namespace proteus::policy {

class S5Core : public Core {
 public:
  S5Core(std::int64_t inputs, std::int64_t hidden, std::int64_t layers, market::Random& random);

  [[nodiscard]] std::int64_t outputs() const override { return hidden_; }
  /// Of each layer the real parts of its states, then the imaginary ones.
  [[nodiscard]] std::int64_t state_size() const override {
    return 2 * states_ * static_cast<std::int64_t>(layers_.size());
  }
  torch::Tensor step(const torch::Tensor& x, torch::Tensor& state) const override;
  torch::Tensor sequence(const torch::Tensor& x, const torch::Tensor& state,
                         const torch::Tensor& resets) const override;

 private:
  struct Layer {
    torch::Tensor norm_weight;    ///< [hidden]
    torch::Tensor norm_bias;      ///< [hidden]
    torch::Tensor log_decay;      ///< [states]: log of minus the real part of the eigenvalues
    torch::Tensor frequency;      ///< [states]: their imaginary part
    torch::Tensor log_step;       ///< [states]
    torch::Tensor input_weight;   ///< [2 states, hidden]: B, real parts above imaginary ones
    torch::Tensor output_weight;  ///< [hidden, 2 states]: 2 Re C beside -2 Im C
    torch::Tensor through;        ///< [hidden]: D
    torch::Tensor gate_weight;    ///< [hidden, hidden]
    torch::Tensor gate_bias;      ///< [hidden]
  };
  Layer make_layer(std::int64_t index, market::Random& random);
  [[nodiscard]] torch::Tensor normalised(const Layer& layer, const torch::Tensor& x) const;
  /// What comes after the recurrence. x, u: [rows, hidden]; states: [rows, 2 states].
  [[nodiscard]] static torch::Tensor finish(const Layer& layer, const torch::Tensor& x,
                                            const torch::Tensor& u, const torch::Tensor& states);

  std::int64_t hidden_;
  std::int64_t states_;
  torch::Tensor input_weight_;  ///< [hidden, inputs]
  torch::Tensor input_bias_;
  std::vector<Layer> layers_;
};

/// Positive imaginary parts of the eigenvalues of HiPPO-N of 2 x `count` states (the normal part of
/// HiPPO-LegS; all real parts are -1/2), ascending.
std::vector<double> hippo_frequencies(std::int64_t count);

}  // namespace proteus::policy
