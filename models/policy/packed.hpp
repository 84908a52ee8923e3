// A layer's weights as the product of kernels.hpp reads them, kept from step to step: packing them
// takes longer than a step of one environment. A change by any operation of Torch shows in the
// tensor's version; one through bare memory does not, and has to be told (forget).
// Thread: one owner.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

#include "models/inference/kernels.hpp"

namespace proteus::policy {

class Packed {
 public:
  /// Panels of weight' for `weight` [outputs, inputs]; valid until the next call.
  const float* turned(const torch::Tensor& weight) {
    const std::int64_t version = weight._version();
    if (version == version_) return panels_.data();
    const auto outputs = static_cast<std::size_t>(weight.size(0));
    const auto inputs = static_cast<std::size_t>(weight.size(1));
    panels_.resize(inference::packed_size(inputs, outputs));
    inference::pack_turned(weight.data_ptr<float>(), inputs, outputs, panels_.data());
    version_ = version;
    return panels_.data();
  }
  void forget() { version_ = -1; }

 private:
  std::vector<float> panels_;
  std::int64_t version_ = -1;
};

}  // namespace proteus::policy
