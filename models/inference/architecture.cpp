#include "models/inference/architecture.hpp"

#include <fmt/format.h>

namespace proteus::inference {

std::vector<WeightPlace> weight_places(const Architecture& a) {
  std::vector<WeightPlace> places;
  std::size_t begin = 0;
  const auto add = [&](std::string name, std::vector<std::uint64_t> shape) {
    std::size_t size = 1;
    for (const std::uint64_t extent : shape) size *= extent;
    places.push_back({std::move(name), std::move(shape), begin, size});
    begin += size;
  };
  if (a.encoder > 0) {
    add("encoder_weight", {a.encoder, a.inputs});
    add("encoder_bias", {a.encoder});
  }
  add("head_weight", {a.outputs(), a.hidden});
  add("head_bias", {a.outputs()});
  for (std::size_t i = 0; i < a.layers; ++i) {
    if (!a.remembers()) {
      add(fmt::format("core.weight_l{}", i), {a.hidden, a.below(i)});
      add(fmt::format("core.bias_l{}", i), {a.hidden});
      continue;
    }
    add(fmt::format("core.weight_ih_l{}", i), {3 * a.hidden, a.below(i)});
    add(fmt::format("core.weight_hh_l{}", i), {3 * a.hidden, a.hidden});
    add(fmt::format("core.bias_ih_l{}", i), {3 * a.hidden});
    add(fmt::format("core.bias_hh_l{}", i), {3 * a.hidden});
  }
  return places;
}

std::size_t Architecture::parameters() const {
  const auto places = weight_places(*this);
  return places.back().begin + places.back().size;
}

WeightOffsets weight_offsets(const Architecture& a) {
  const auto places = weight_places(a);
  WeightOffsets o;
  std::size_t at = 0;
  const auto next = [&] { return places[at++].begin; };
  if (a.encoder > 0) {
    o.encoder_weight = next();
    o.encoder_bias = next();
  }
  o.head_weight = next();
  o.head_bias = next();
  for (std::size_t i = 0; i < a.layers; ++i) {
    auto& layer = o.layers.emplace_back();
    layer.input_weight = next();
    if (a.remembers()) layer.hidden_weight = next();
    layer.input_bias = next();
    if (a.remembers()) layer.hidden_bias = next();
  }
  return o;
}

}  // namespace proteus::inference
