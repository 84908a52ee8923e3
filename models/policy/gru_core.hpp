// A GRU of one or more layers, one above the other. Its gradients are written out by hand, some
// steps at a time, so that what the products of these steps read and write stays in the cache; the
// products are those of kernels.hpp, with weights packed once a sequence, or once for all steps
// between two changes. Gradients have no gradients of their own; what needs those takes
// at::gru_cell. Inputs on another device than the CPU go through Torch's operations
// (gru_torch.hpp).
#pragma once

#include <vector>

#include "models/policy/core.hpp"
#include "models/policy/gru_torch.hpp"
#include "models/policy/packed.hpp"

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
  void weights_changed() override;

 private:
  using Layer = GruWeights;
  [[nodiscard]] torch::Tensor state_of(const torch::Tensor& state, std::size_t layer) const {
    return state.narrow(1, static_cast<std::int64_t>(layer) * hidden_, hidden_);
  }
  struct PackedLayer {
    Packed input;
    Packed hidden;
  };

  std::int64_t hidden_;
  std::vector<Layer> layers_;
  mutable std::vector<PackedLayer> packed_;  ///< for step()
  mutable std::vector<float> input_gates_;   ///< scratch of step()
  mutable std::vector<float> hidden_gates_;
};

}  // namespace proteus::policy
