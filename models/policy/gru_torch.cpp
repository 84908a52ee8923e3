#include "models/policy/gru_torch.hpp"

#include <torch/torch.h>

#include <vector>

namespace proteus::policy {
namespace {

GruWeights beside(const torch::Tensor& x, const GruWeights& w) {
  return {w.input_weight.to(x.device()), w.hidden_weight.to(x.device()),
          w.input_bias.to(x.device()), w.hidden_bias.to(x.device())};
}

torch::Tensor cell(const torch::Tensor& x, const torch::Tensor& state, const GruWeights& w) {
  return at::gru_cell(x, state, w.input_weight, w.hidden_weight, w.input_bias, w.hidden_bias);
}

}  // namespace

torch::Tensor gru_step(const torch::Tensor& x, const torch::Tensor& state,
                       const GruWeights& weights) {
  return cell(x, state, beside(x, weights));
}

torch::Tensor gru_sequence(const torch::Tensor& x, const torch::Tensor& start,
                           const torch::Tensor& resets, const GruWeights& weights) {
  const GruWeights w = beside(x, weights);
  torch::Tensor keep;
  if (resets.defined()) keep = (1 - resets.to(x.scalar_type())).unsqueeze(2);
  torch::Tensor state = start;
  std::vector<torch::Tensor> states;
  for (std::int64_t t = 0; t < x.size(0); ++t) {
    if (keep.defined()) state = state * keep[t];
    state = cell(x[t], state, w);
    states.push_back(state);
  }
  return torch::stack(states);
}

}  // namespace proteus::policy
