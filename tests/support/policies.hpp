// Policies for tests, without any training: seeded weights of the size that a layer's width asks
// for, and checkpoints that hold them.
#pragma once

#include <fmt/format.h>

#include <cmath>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "engine/market/random.hpp"
#include "models/inference/packed_policy.hpp"

namespace proteus::test {

/// The default agent: 102 148 parameters.
inline inference::Architecture default_architecture() { return {.inputs = 19}; }

/// No size a multiple of any vector's width.
inline inference::Architecture small_architecture() {
  return {.inputs = 7, .encoder = 21, .hidden = 13};
}

inline std::vector<float> normals(std::size_t size, std::uint64_t seed, std::string_view stream,
                                  double deviation = 1.0) {
  market::Random random{seed, stream};
  std::vector<float> out(size);
  for (float& x : out) x = static_cast<float>(deviation * random.normal());
  return out;
}

/// In the flat order. Matrices keep the size of what goes through them; biases are small.
inline std::vector<float> random_weights(const inference::Architecture& architecture,
                                         std::uint64_t seed) {
  std::vector<float> all;
  for (const auto& place : inference::weight_places(architecture)) {
    const bool bias = place.shape.size() == 1;
    const double gain = place.name == "encoder_weight" ? std::sqrt(2.0) : 1.0;
    const double deviation = bias ? 0.1 : gain / std::sqrt(static_cast<double>(place.shape[1]));
    const auto values = normals(place.size, seed, place.name, deviation);
    all.insert(all.end(), values.begin(), values.end());
  }
  return all;
}

inline std::shared_ptr<const inference::PackedPolicy> random_policy(
    const inference::Architecture& architecture, std::uint64_t seed,
    inference::KernelChoice kernel = inference::KernelChoice::Auto) {
  return inference::PackedPolicy::create(architecture, random_weights(architecture, seed), kernel)
      .value();
}

/// As a trainer writes it, but for the settings that no policy is made of.
inline inference::Checkpoint policy_checkpoint(const inference::Architecture& a,
                                               std::span<const float> weights) {
  inference::Checkpoint c;
  c.kind = inference::kAgentKind;
  c.schema = "schema";
  c.action_map = "0 short, 1 flat, 2 long";
  c.config = fmt::format(
      "encoder = {}\nbelief = 0\nbelief_decoder = 64\nbelief_read = false\ncore = {}\nhidden = "
      "{}\nlayers = {}\ninputs = {}\nchoices = {}\nstate_size = {}\ntrial_steps = 720\n",
      a.encoder, EnumNames<inference::CoreKind>::names[static_cast<std::size_t>(a.core)], a.hidden,
      a.layers, a.inputs, a.actions, a.shape().state);
  for (const auto& place : inference::weight_places(a))
    c.tensors.push_back(
        inference::Tensor::of(place.name, place.shape, weights.subspan(place.begin, place.size)));
  return c;
}

}  // namespace proteus::test
