// A GRU of one or more layers, one above the other. Its gradients are written out by hand: one
// product a step and a handful for the whole sequence, where Torch's own would make thousands of
// small tensors. They have no gradients of their own; what needs those takes at::gru_cell. Inputs
// on another device than the CPU go through Torch's operations (gru_torch.hpp).
#pragma once

#include <vector>

#include "models/policy/core.hpp"
#include "models/policy/gru_torch.hpp"

namespace proteus::policy {

class GruCore : public Core {
 public:
  GruCore(std::int64_t inputs, std::int64_t hidden, std::int64_t layers, market::Random& random);

  [[nodiscard]] std::int64_t outputs() const override { return hidden_; }
  [[nodiscard]] std::int64_t state_size() const override {
    return hidden_ * static_cast<std::int64_t>(layers_.size());
  }
  torch::Tensor step(const torch::Tensor& x, torch::Tensor& state) const override;
  torch::Tensor sequence(const torch::Tensor& x, const torch::Tensor& state,
                         const torch::Tensor& resets) const override;

 private:
  using Layer = GruWeights;
  [[nodiscard]] torch::Tensor state_of(const torch::Tensor& state, std::size_t layer) const {
    return state.narrow(1, static_cast<std::int64_t>(layer) * hidden_, hidden_);
  }

  std::int64_t hidden_;
  std::vector<Layer> layers_;
};

}  // namespace proteus::policy
