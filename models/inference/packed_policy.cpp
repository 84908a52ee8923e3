#include "models/inference/packed_policy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "engine/core/assert.hpp"

namespace proteus::inference {
namespace {

/// Index of the first number that is not finite; the size where all are.
std::size_t first_not_finite(std::span<const float> values) {
  const auto found = std::ranges::find_if(values, [](float x) { return !std::isfinite(x); });
  return static_cast<std::size_t>(found - values.begin());
}

Result<void> check_weights(std::span<const float> weights, std::size_t wanted) {
  if (weights.size() != wanted)
    return error(ErrorCode::Refused, fmt::format("{} weights are given, and the policy has {}",
                                                 weights.size(), wanted));
  if (const std::size_t at = first_not_finite(weights); at < weights.size())
    return error(ErrorCode::Refused, fmt::format("weight {} of {} is {}, which is no finite number",
                                                 at, weights.size(), weights[at]));
  return success();
}

Result<void> check_offered(const Architecture& a) {
  if (a.core == CoreKind::S5)
    return error(ErrorCode::Unsupported,
                 "its core is s5, and only gru and memoryless are computed without LibTorch");
  if (a.inputs == 0 || a.hidden == 0 || a.layers == 0 || a.actions == 0)
    return error(ErrorCode::Refused,
                 fmt::format("a policy of {} inputs, {} units, {} layers and {} actions decides "
                             "nothing",
                             a.inputs, a.hidden, a.layers, a.actions));
  return success();
}

}  // namespace

/// The caller's scratch, divided.
struct PackedPolicy::Room {
  std::size_t rows;
  float* encoded;
  float* input_gates;
  float* hidden_gates;
  float* before;  ///< of layers above one another: those of one, without the others between
  float* between[2];

  static std::size_t size(const Architecture& a, std::size_t rows) {
    const std::size_t gates = a.remembers() ? 6 * a.hidden : 0;
    return kLinePad + rows * (a.encoder + gates + (a.layers > 1 ? 3 * a.hidden : 0)) + 5 * kLinePad;
  }
  Room(const Architecture& a, std::size_t n, float* at) : rows(n) {
    const auto take = [&](std::size_t width) {
      float* place = at_line(at);
      at = place + n * width;
      return place;
    };
    const std::size_t gates = a.remembers() ? 3 * a.hidden : 0;
    const std::size_t layer = a.layers > 1 ? a.hidden : 0;
    encoded = take(a.encoder);
    input_gates = take(gates);
    hidden_gates = take(gates);
    before = take(layer);
    between[0] = take(layer);
    between[1] = take(layer);
  }
};

PackedPolicy::Made PackedPolicy::create(const Architecture& architecture,
                                        std::span<const float> weights, KernelChoice kernel) {
  BOOST_OUTCOME_TRY(check_offered(architecture));
  BOOST_OUTCOME_TRY(check_weights(weights, architecture.parameters()));
  BOOST_OUTCOME_TRY(const Kernels* chosen, inference::kernels(kernel));
  auto trunk = pack_trunk(architecture, weights, *chosen);
  const std::size_t head = trunk->at.head_weight;
  const std::size_t size = architecture.outputs() * (architecture.hidden + 1);
  return std::shared_ptr<const PackedPolicy>(
      new PackedPolicy(std::move(trunk), weights.subspan(head, size)));
}

std::shared_ptr<const PackedPolicy::Trunk> PackedPolicy::pack_trunk(const Architecture& a,
                                                                    std::span<const float> weights,
                                                                    const Kernels& kernels) {
  auto trunk = std::make_shared<Trunk>();
  trunk->architecture = a;
  trunk->shape = a.shape();
  trunk->kernels = &kernels;
  trunk->at = weight_offsets(a);
  trunk->weights.assign(weights.begin(), weights.end());
  const auto add = [&](std::size_t from, std::size_t columns, std::size_t inner) {
    const std::size_t begin = trunk->panels.size();
    trunk->panels.resize(begin + packed_size(inner, columns));
    pack_turned(weights.data() + from, inner, columns, trunk->panels.data() + begin);
    return begin;
  };
  if (a.encoder > 0) trunk->encoder = add(trunk->at.encoder_weight, a.encoder, a.inputs);
  const std::size_t width = a.remembers() ? 3 * a.hidden : a.hidden;
  for (std::size_t i = 0; i < a.layers; ++i) {
    auto& layer = trunk->layers.emplace_back();
    layer.input = add(trunk->at.layers[i].input_weight, width, a.below(i));
    if (a.remembers()) layer.hidden = add(trunk->at.layers[i].hidden_weight, width, a.hidden);
  }
  return trunk;
}

PackedPolicy::PackedPolicy(std::shared_ptr<const Trunk> trunk, std::span<const float> head)
    : trunk_(std::move(trunk)), head_(head.begin(), head.end()) {
  const Shape& n = trunk_->shape;
  head_panels_.resize(packed_size(n.features, n.outputs()));
  pack_turned(head_.data(), n.features, n.outputs(), head_panels_.data());
}

std::size_t PackedPolicy::scratch(std::size_t rows) const {
  return Room::size(trunk_->architecture, rows);
}

void PackedPolicy::trunk(std::size_t rows, const float* inputs, float* states, float* features,
                         std::span<float> scratch) const {
  const Architecture& a = trunk_->architecture;
  PROTEUS_ASSERT(scratch.size() >= Room::size(a, rows));
  const Room room(a, rows, scratch.data());
  const float* below = inputs;
  if (a.encoder > 0) {
    trunk_->kernels->multiply({.rows = rows,
                               .inner = a.inputs,
                               .columns = a.encoder,
                               .a = inputs,
                               .a_row = a.inputs,
                               .panels = trunk_->panels.data() + trunk_->encoder,
                               .c = room.encoded});
    trunk_->kernels->end_layer(
        {rows, a.encoder, trunk_->weights.data() + trunk_->at.encoder_bias, room.encoded, true});
    below = room.encoded;
  }
  for (std::size_t i = 0; i < a.layers; ++i) {
    float* after = i + 1 == a.layers ? features : room.between[i % 2];
    if (a.remembers())
      gru_layer(i, room, below, states, after);
    else
      plain_layer(i, rows, below, after);
    below = after;
  }
}

void PackedPolicy::gru_layer(std::size_t i, const Room& room, const float* below, float* states,
                             float* after) const {
  const Architecture& a = trunk_->architecture;
  const std::size_t n = a.hidden;
  const std::size_t width = a.layers * n;
  float* own = states + i * n;
  trunk_->kernels->multiply({.rows = room.rows,
                             .inner = a.below(i),
                             .columns = 3 * n,
                             .a = below,
                             .a_row = a.below(i),
                             .panels = trunk_->panels.data() + trunk_->layers[i].input,
                             .c = room.input_gates,
                             .skip_zeros = i == 0 && a.encoder > 0});
  trunk_->kernels->multiply({.rows = room.rows,
                             .inner = n,
                             .columns = 3 * n,
                             .a = own,
                             .a_row = width,
                             .panels = trunk_->panels.data() + trunk_->layers[i].hidden,
                             .c = room.hidden_gates});
  const float* before = own;
  if (a.layers > 1) {
    for (std::size_t row = 0; row < room.rows; ++row)
      std::copy_n(own + row * width, n, room.before + row * n);
    before = room.before;
  }
  const float* weights = trunk_->weights.data();
  trunk_->kernels->gru({room.rows, n, room.input_gates, room.hidden_gates,
                        weights + trunk_->at.layers[i].input_bias,
                        weights + trunk_->at.layers[i].hidden_bias, before, after, nullptr});
  for (std::size_t row = 0; row < room.rows; ++row)
    std::copy_n(after + row * n, n, own + row * width);
}

void PackedPolicy::plain_layer(std::size_t i, std::size_t rows, const float* below,
                               float* after) const {
  const Architecture& a = trunk_->architecture;
  trunk_->kernels->multiply({.rows = rows,
                             .inner = a.below(i),
                             .columns = a.hidden,
                             .a = below,
                             .a_row = a.below(i),
                             .panels = trunk_->panels.data() + trunk_->layers[i].input,
                             .c = after,
                             .skip_zeros = i > 0 || a.encoder > 0});
  trunk_->kernels->end_layer(
      {rows, a.hidden, trunk_->weights.data() + trunk_->at.layers[i].input_bias, after, true});
}

void PackedPolicy::head(std::size_t rows, const float* features, float* outputs) const {
  const Shape& n = shape();
  trunk_->kernels->multiply({.rows = rows,
                             .inner = n.features,
                             .columns = n.outputs(),
                             .a = features,
                             .a_row = n.features,
                             .panels = head_panels_.data(),
                             .c = outputs});
  trunk_->kernels->end_layer(
      {rows, n.outputs(), head_.data() + n.outputs() * n.features, outputs, false});
}

std::span<const float> PackedPolicy::weights(AdaptedPart part) const {
  if (part == AdaptedPart::Head) return head_;
  std::call_once(gathered_, [this] {
    all_ = trunk_->weights;
    std::ranges::copy(head_, all_.begin() + static_cast<std::ptrdiff_t>(trunk_->at.head_weight));
  });
  return all_;
}

Result<std::shared_ptr<const Policy>> PackedPolicy::with(AdaptedPart part,
                                                         std::span<const float> weights) const {
  if (part == AdaptedPart::Head) {
    BOOST_OUTCOME_TRY(check_weights(weights, head_size()));
    return std::shared_ptr<const Policy>(new PackedPolicy(trunk_, weights));
  }
  BOOST_OUTCOME_TRY(check_weights(weights, architecture().parameters()));
  auto trunk = pack_trunk(architecture(), weights, *trunk_->kernels);
  const auto head = weights.subspan(trunk->at.head_weight, head_size());
  return std::shared_ptr<const Policy>(new PackedPolicy(std::move(trunk), head));
}

}  // namespace proteus::inference
