// What a trained network answers, whatever computes it. It is immutable: what is remembered between
// steps belongs to the caller, and so does the room to compute in.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "engine/core/result.hpp"

namespace proteus {

/// Which weights an adaptation may change.
enum class AdaptedPart : std::uint8_t { Head, All };

class Policy {
 public:
  struct Shape {
    std::size_t inputs = 0;
    std::size_t state = 0;     ///< numbers remembered from step to step; zero when a trial begins
    std::size_t features = 0;  ///< numbers between trunk and head
    std::size_t actions = 0;   ///< the head gives their logits and, last, the value
    [[nodiscard]] std::size_t outputs() const { return actions + 1; }
  };

  virtual ~Policy() = default;
  [[nodiscard]] virtual const Shape& shape() const = 0;
  /// Floats that trunk() needs to compute in for so many rows.
  [[nodiscard]] virtual std::size_t scratch(std::size_t rows) const = 0;
  /// One step of all but the last layer. inputs: [rows, inputs]; states: [rows, state], replaced by
  /// those after it; features: [rows, features]. A row's result does not depend on the others.
  virtual void trunk(std::size_t rows, const float* inputs, float* states, float* features,
                     std::span<float> scratch) const = 0;
  /// The last layer: outputs [rows, actions + 1].
  virtual void head(std::size_t rows, const float* features, float* outputs) const = 0;
  /// Policies that answer the same here have the same trunk, and may step in one batch.
  [[nodiscard]] virtual const void* trunk_id() const = 0;

  /// The weights that an adaptation of this part changes, in a fixed order; for the head
  /// [actions + 1, features] row by row, then the biases.
  [[nodiscard]] virtual std::span<const float> weights(AdaptedPart part) const = 0;
  /// This policy with others in their place. Errors: Refused, where their number differs or one is
  /// not finite.
  [[nodiscard]] virtual Result<std::shared_ptr<const Policy>> with(
      AdaptedPart part, std::span<const float> weights) const = 0;
  /// What computes it ("avx512"), for the record.
  [[nodiscard]] virtual std::string_view kernel() const = 0;
};

}  // namespace proteus
