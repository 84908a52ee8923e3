// A layer on the device that its input is on.
#pragma once

#include <torch/torch.h>

namespace proteus::policy {

/// x weight' + bias, where x lies: parameters are copied along, and their gradients come back.
inline torch::Tensor affine(const torch::Tensor& bias, const torch::Tensor& x,
                            const torch::Tensor& weight) {
  return at::addmm(bias.to(x.device()), x, weight.to(x.device()).t());
}

}  // namespace proteus::policy
