// A plain network of rectified layers without a memory: what a policy is that cannot adapt, and the
// baseline of those that do.
#pragma once

#include <vector>

#include "models/policy/core.hpp"

namespace proteus::policy {

class MemorylessCore : public Core {
 public:
  MemorylessCore(std::int64_t inputs, std::int64_t hidden, std::int64_t layers,
                 market::Random& random);

  [[nodiscard]] std::int64_t outputs() const override { return hidden_; }
  [[nodiscard]] std::int64_t state_size() const override { return 0; }
  torch::Tensor step(const torch::Tensor& x, torch::Tensor& state) const override;
  torch::Tensor sequence(const torch::Tensor& x, const torch::Tensor& state,
                         const torch::Tensor& resets) const override;

 private:
  struct Layer {
    torch::Tensor weight;
    torch::Tensor bias;
  };
  [[nodiscard]] torch::Tensor through(torch::Tensor x) const;

  std::int64_t hidden_;
  std::vector<Layer> layers_;
};

}  // namespace proteus::policy
