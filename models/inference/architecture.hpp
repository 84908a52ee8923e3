// The shape of a recurrent actor-critic, and where each of its weights stands in the flat order in
// which trainer, packed policy and learner exchange them: that of policy::ActorCritic::values().
//
//   encoder_weight      [encoder, inputs]           none of the two where encoder is 0
//   encoder_bias        [encoder]
//   head_weight         [actions + 1, hidden]       the value is last
//   head_bias           [actions + 1]
//   and for each layer i of the core, a GRU                        or a plain one
//   core.weight_ih_li   [3 hidden, width below]                    core.weight_li [hidden, below]
//   core.weight_hh_li   [3 hidden, hidden]                         core.bias_li   [hidden]
//   core.bias_ih_li     [3 hidden]
//   core.bias_hh_li     [3 hidden]
//
// Matrices lie row by row; gates are in the order reset, update, candidate.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/settings.hpp"
#include "engine/ports/policy.hpp"

namespace proteus::inference {

enum class CoreKind : std::uint8_t { Gru, Memoryless, S5 };

struct Architecture {
  std::size_t inputs = 0;
  std::size_t encoder = 128;  ///< 0: the core sees the inputs
  CoreKind core = CoreKind::Gru;
  std::size_t hidden = 128;
  std::size_t layers = 1;
  std::size_t actions = 3;

  [[nodiscard]] std::size_t outputs() const { return actions + 1; }
  [[nodiscard]] bool remembers() const { return core == CoreKind::Gru; }
  /// Numbers below layer `i` of the core.
  [[nodiscard]] std::size_t below(std::size_t i) const {
    if (i > 0) return hidden;
    return encoder > 0 ? encoder : inputs;
  }
  [[nodiscard]] Policy::Shape shape() const {
    return {inputs, remembers() ? layers * hidden : 0, hidden, actions};
  }
  [[nodiscard]] std::size_t parameters() const;
  friend bool operator==(const Architecture&, const Architecture&) = default;
};

/// A tensor in the flat order.
struct WeightPlace {
  std::string name;
  std::vector<std::uint64_t> shape;
  std::size_t begin = 0;
  std::size_t size = 0;
};

/// All of them, in order, without holes. The architecture has a GRU or a memoryless core.
std::vector<WeightPlace> weight_places(const Architecture& architecture);

/// Where the parts begin, for those who go through the weights layer by layer.
struct WeightOffsets {
  /// Of a layer of the core; a memoryless one has input_weight and input_bias alone.
  struct Layer {
    std::size_t input_weight = 0;
    std::size_t hidden_weight = 0;
    std::size_t input_bias = 0;
    std::size_t hidden_bias = 0;
  };
  std::size_t encoder_weight = 0;
  std::size_t encoder_bias = 0;
  std::size_t head_weight = 0;
  std::size_t head_bias = 0;
  std::vector<Layer> layers;
};
WeightOffsets weight_offsets(const Architecture& architecture);

}  // namespace proteus::inference

template <>
struct proteus::EnumNames<proteus::inference::CoreKind> {
  static constexpr std::array<std::string_view, 3> names{"gru", "memoryless", "s5"};
};
