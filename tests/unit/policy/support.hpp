// What the tests of this room share.
#pragma once

#include <torch/torch.h>

#include "engine/market/random.hpp"

namespace proteus::policy {

/// Standard normal numbers, the same for the same seed.
inline torch::Tensor numbers(torch::IntArrayRef shape, std::uint64_t seed) {
  market::Random random{seed};
  torch::Tensor out = torch::empty(shape);
  for (std::int64_t i = 0; i < out.numel(); ++i)
    out.data_ptr<float>()[i] = static_cast<float>(random.normal());
  return out;
}

}  // namespace proteus::policy
