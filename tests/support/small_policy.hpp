// A recurrent policy small enough to follow by hand, in plain loops:
//
//   h' = tanh(a x + b h),  features = h',  outputs = W h' + c
//
// with a and b drawn from a seed. What a test wants of the logits it says through W and c.
#pragma once

#include <cmath>
#include <cstdint>
#include <memory>
#include <random>
#include <vector>

#include "engine/ports/policy.hpp"

namespace proteus::test {

class SmallPolicy final : public Policy {
 public:
  struct Trunk {
    std::vector<float> a;  ///< [state, inputs]
    std::vector<float> b;  ///< [state, state]
  };

  SmallPolicy(std::size_t inputs, std::size_t state, std::uint64_t seed)
      : shape_{inputs, state, state, 3} {
    std::mt19937_64 random(seed);
    const auto draw = [&](std::size_t n, float size) {
      std::vector<float> out(n);
      for (float& x : out)
        x = size * (static_cast<float>(random() >> 40) / static_cast<float>(1 << 23) - 1.0F);
      return out;
    };
    trunk_ = std::make_shared<Trunk>(Trunk{draw(state * inputs, 0.3F), draw(state * state, 0.3F)});
    head_ = draw(4 * (state + 1), 1.0F);
  }

  [[nodiscard]] const Shape& shape() const override { return shape_; }
  [[nodiscard]] std::size_t scratch(std::size_t) const override { return shape_.state; }
  void trunk(std::size_t rows, const float* inputs, float* states, float* features,
             std::span<float> scratch) const override {
    for (std::size_t r = 0; r < rows; ++r) {
      float* const h = states + r * shape_.state;
      const float* const x = inputs + r * shape_.inputs;
      for (std::size_t i = 0; i < shape_.state; ++i) {
        float sum = 0.0F;
        for (std::size_t k = 0; k < shape_.inputs; ++k)
          sum += trunk_->a[i * shape_.inputs + k] * x[k];
        for (std::size_t k = 0; k < shape_.state; ++k)
          sum += trunk_->b[i * shape_.state + k] * h[k];
        scratch[i] = std::tanh(sum);
      }
      for (std::size_t i = 0; i < shape_.state; ++i)
        features[r * shape_.state + i] = h[i] = scratch[i];
    }
  }
  void head(std::size_t rows, const float* features, float* outputs) const override {
    for (std::size_t r = 0; r < rows; ++r)
      for (std::size_t o = 0; o < 4; ++o) {
        float sum = head_[4 * shape_.features + o];
        for (std::size_t k = 0; k < shape_.features; ++k)
          sum += head_[o * shape_.features + k] * features[r * shape_.features + k];
        outputs[r * 4 + o] = sum;
      }
  }
  [[nodiscard]] const void* trunk_id() const override { return trunk_.get(); }
  [[nodiscard]] std::span<const float> weights(AdaptedPart) const override { return head_; }
  [[nodiscard]] Result<std::shared_ptr<const Policy>> with(
      AdaptedPart, std::span<const float> weights) const override {
    if (weights.size() != head_.size())
      return error(ErrorCode::Refused, "another number of weights");
    for (const float w : weights)
      if (!std::isfinite(w)) return error(ErrorCode::Refused, "a weight is not finite");
    auto made = std::make_shared<SmallPolicy>(*this);
    made->head_.assign(weights.begin(), weights.end());
    return std::shared_ptr<const Policy>{std::move(made)};
  }
  [[nodiscard]] std::string_view kernel() const override { return "small"; }

  /// Only biases count: these logits always.
  void say(float shorter, float flat, float longer, float value = 0.0F) {
    std::ranges::fill(head_, 0.0F);
    const std::size_t at = 4 * shape_.features;
    head_[at] = shorter;
    head_[at + 1] = flat;
    head_[at + 2] = longer;
    head_[at + 3] = value;
  }

 private:
  Shape shape_;
  std::shared_ptr<const Trunk> trunk_;
  std::vector<float> head_;
};

}  // namespace proteus::test
