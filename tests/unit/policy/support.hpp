// What the tests of this room share.
#pragma once

#include <torch/torch.h>

#include <initializer_list>
#include <utility>

#include "engine/market/random.hpp"

namespace proteus::policy {

// The sizes of a small agent and of the sequences it is played on.
inline constexpr std::int64_t kRows = 4;
inline constexpr std::int64_t kInputs = 6;
inline constexpr std::int64_t kActions = 3;

/// Standard normal numbers, the same for the same seed.
inline torch::Tensor numbers(torch::IntArrayRef shape, std::uint64_t seed) {
  market::Random random{seed};
  torch::Tensor out = torch::empty(shape);
  for (std::int64_t i = 0; i < out.numel(); ++i)
    out.data_ptr<float>()[i] = static_cast<float>(random.normal());
  return out;
}

/// Trials of kRows environments that begin in the middle, at these steps and in these rows.
inline torch::Tensor resets_at(
    std::int64_t steps, std::initializer_list<std::pair<std::int64_t, std::int64_t>> places) {
  torch::Tensor resets = torch::zeros({steps, kRows}, torch::kUInt8);
  for (const auto& [step, row] : places) resets[step][row] = 1;
  return resets;
}

inline double largest(const torch::Tensor& t) { return t.abs().max().item().toDouble(); }

}  // namespace proteus::policy
