// A trained actor-critic without LibTorch: encoder (rectified), layers of a GRU or of a plain
// network, head. The weights are packed once for the kernels (kernels.hpp) and never change; what
// computing needs and what is remembered belong to the caller, so that one policy serves any number
// of threads and a step asks for no memory.
//
// A row of a batch gets the same bits whatever the other rows are, and whichever kernel computes
// it. With LibTorch's own operations outputs agree within 1e-5, its exponentials being others.
#pragma once

#include <mutex>
#include <vector>

#include "engine/ports/policy.hpp"
#include "models/inference/aligned.hpp"
#include "models/inference/architecture.hpp"
#include "models/inference/checkpoint.hpp"
#include "models/inference/kernels.hpp"

namespace proteus::inference {

class PackedPolicy final : public Policy {
 public:
  using Made = Result<std::shared_ptr<const PackedPolicy>>;

  /// Of a checkpoint of kind rl2_agent or market_policy. `name`: of its file, for messages. A
  /// belief that the policy does not read is left out. Errors, each with the file's name: Refused
  /// (another kind of model), Unsupported (a core or a head that this cannot compute; a kernel that
  /// the processor cannot run), Corrupt (a setting or a tensor that is missing, of another shape,
  /// too many or not finite; with its name).
  static Made create(const Checkpoint& checkpoint, std::string_view name,
                     KernelChoice kernel = KernelChoice::Auto);
  /// Of weights in the flat order (architecture.hpp). Errors: Unsupported as above; Refused, where
  /// their number is another or one is not finite.
  static Made create(const Architecture& architecture, std::span<const float> weights,
                     KernelChoice kernel = KernelChoice::Auto);

  [[nodiscard]] const Architecture& architecture() const { return trunk_->architecture; }
  /// Those that compute it, for who computes gradients of it.
  [[nodiscard]] const Kernels& kernels() const { return *trunk_->kernels; }

  [[nodiscard]] const Shape& shape() const override { return trunk_->shape; }
  [[nodiscard]] std::size_t scratch(std::size_t rows) const override;
  void trunk(std::size_t rows, const float* inputs, float* states, float* features,
             std::span<float> scratch) const override;
  void head(std::size_t rows, const float* features, float* outputs) const override;
  [[nodiscard]] const void* trunk_id() const override { return trunk_.get(); }

  /// All: in the flat order. Gathered at the first call; may be called from several threads.
  [[nodiscard]] std::span<const float> weights(AdaptedPart part) const override;
  /// With another head the trunk is shared.
  [[nodiscard]] Result<std::shared_ptr<const Policy>> with(
      AdaptedPart part, std::span<const float> weights) const override;
  [[nodiscard]] std::string_view kernel() const override { return trunk_->kernels->name; }

 private:
  struct Trunk {
    Architecture architecture;
    Shape shape;
    const Kernels* kernels = nullptr;
    WeightOffsets at;
    /// In the flat order; what stands at the head's place is not that of every policy.
    std::vector<float> weights;
    /// Panels: encoder, and for each layer those of its input and of its memory.
    AlignedFloats panels;
    std::size_t encoder = 0;  ///< where each begins in `panels`
    struct Layer {
      std::size_t input = 0;
      std::size_t hidden = 0;
    };
    std::vector<Layer> layers;
  };
  struct Room;

  PackedPolicy(std::shared_ptr<const Trunk> trunk, std::span<const float> head);
  static std::shared_ptr<const Trunk> pack_trunk(const Architecture& architecture,
                                                 std::span<const float> weights,
                                                 const Kernels& kernels);
  void gru_layer(std::size_t i, const Room& room, const float* below, float* states,
                 float* after) const;
  void plain_layer(std::size_t i, std::size_t rows, const float* below, float* after) const;
  [[nodiscard]] std::size_t head_size() const { return shape().outputs() * (shape().features + 1); }

  std::shared_ptr<const Trunk> trunk_;
  std::vector<float> head_;  ///< weight, then bias
  AlignedFloats head_panels_;
  mutable std::once_flag gathered_;
  mutable std::vector<float> all_;
};

}  // namespace proteus::inference
