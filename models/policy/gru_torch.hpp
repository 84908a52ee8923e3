// The GRU with Torch's own operations, for inputs that are not in this machine's memory (CUDA).
// Weights stay where they are and are copied along, so that their gradients come back to them.
#pragma once

#include <torch/types.h>

namespace proteus::policy {

/// In the order and layout of torch.nn.GRU: gates r, z, n below one another.
struct GruWeights {
  torch::Tensor input_weight;   ///< [3 hidden, inputs]
  torch::Tensor hidden_weight;  ///< [3 hidden, hidden]
  torch::Tensor input_bias;     ///< [3 hidden]
  torch::Tensor hidden_bias;    ///< [3 hidden]
};

/// x: [environments, inputs], state: [environments, hidden], both on one device. Returns the state
/// after the step, there.
torch::Tensor gru_step(const torch::Tensor& x, const torch::Tensor& state,
                       const GruWeights& weights);

/// x: [steps, environments, inputs]; start: [environments, hidden]; resets: [steps, environments]
/// bytes, 1 where nothing before counts, or undefined; all on one device. Returns the states after
/// each step, [steps, environments, hidden].
torch::Tensor gru_sequence(const torch::Tensor& x, const torch::Tensor& start,
                           const torch::Tensor& resets, const GruWeights& weights);

}  // namespace proteus::policy
