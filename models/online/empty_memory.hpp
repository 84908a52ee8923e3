// A policy read with an empty memory at every bar, as adapt = "off" and "gradient" read it: it
// looks like a policy without a state. The learner's steps then see the features that trading sees.
#pragma once

#include <algorithm>
#include <memory>

#include "engine/ports/policy.hpp"

namespace proteus::online {

class EmptyMemory final : public Policy {
 public:
  explicit EmptyMemory(std::shared_ptr<const Policy> policy)
      : policy_(std::move(policy)), shape_(policy_->shape()) {
    shape_.state = 0;
  }
  [[nodiscard]] const Shape& shape() const override { return shape_; }
  [[nodiscard]] std::size_t scratch(std::size_t rows) const override {
    return states(rows) + policy_->scratch(rows);
  }
  void trunk(std::size_t rows, const float* inputs, float*, float* features,
             std::span<float> scratch) const override {
    const std::span<float> empty = scratch.first(states(rows));
    std::ranges::fill(empty, 0.0F);
    policy_->trunk(rows, inputs, empty.data(), features, scratch.subspan(empty.size()));
  }
  void head(std::size_t rows, const float* features, float* outputs) const override {
    policy_->head(rows, features, outputs);
  }
  [[nodiscard]] const void* trunk_id() const override { return this; }
  [[nodiscard]] std::span<const float> weights(AdaptedPart part) const override {
    return policy_->weights(part);
  }
  [[nodiscard]] Result<std::shared_ptr<const Policy>> with(
      AdaptedPart part, std::span<const float> weights) const override {
    BOOST_OUTCOME_TRY(auto policy, policy_->with(part, weights));
    return std::shared_ptr<const Policy>{std::make_shared<EmptyMemory>(std::move(policy))};
  }
  [[nodiscard]] std::string_view kernel() const override { return policy_->kernel(); }

 private:
  /// Numbers of the empty states, rounded up so that what follows stays aligned as it was.
  [[nodiscard]] std::size_t states(std::size_t rows) const {
    return (rows * policy_->shape().state + 15) / 16 * 16;
  }
  std::shared_ptr<const Policy> policy_;
  Shape shape_;
};

}  // namespace proteus::online
