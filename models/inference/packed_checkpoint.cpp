// A packed policy from a checkpoint of kind rl2_agent: what is checked before anything is computed.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "models/inference/packed_policy.hpp"
#include "models/inference/setting_lines.hpp"

namespace proteus::inference {
namespace {

Error corrupt(std::string_view name, std::string_view what) {
  return error(ErrorCode::Corrupt, fmt::format("{}: the checkpoint's {}", name, what));
}

/// What the checkpoint says of itself; made and stored numbers have to agree.
Result<Architecture> read_architecture(const Checkpoint& checkpoint, std::string_view name) {
  SettingLines lines{checkpoint.config};
  Architecture a;
  bool reads_belief = false;
  std::size_t belief = 0;
  std::size_t state = 0;
  lines.read("encoder", a.encoder);
  lines.read("core", a.core);
  lines.read("hidden", a.hidden);
  lines.read("layers", a.layers);
  lines.read("belief", belief);
  lines.read("belief_read", reads_belief);
  lines.read("inputs", a.inputs);
  lines.read("choices", a.actions);
  lines.read("state_size", state);
  if (!lines.bad().empty())
    return corrupt(name, fmt::format("setting {} is missing or cannot be read", lines.bad()));
  for (const auto& [what, value, most] : {std::tuple{"inputs", a.inputs, std::size_t{65'536}},
                                          {"hidden", a.hidden, std::size_t{4'096}},
                                          {"layers", a.layers, std::size_t{8}},
                                          {"choices", a.actions, std::size_t{4'096}}})
    if (value < 1 || value > most)
      return corrupt(name,
                     fmt::format("setting {} is {}, and 1 to {} is possible", what, value, most));
  if (a.encoder > 4'096)
    return corrupt(name,
                   fmt::format("setting encoder is {}, and 0 to 4096 is possible", a.encoder));
  if (a.core == CoreKind::S5)
    return error(ErrorCode::Unsupported,
                 fmt::format("{}: its core is s5, and only gru and memoryless are computed without "
                             "LibTorch",
                             name));
  if (belief > 0 && reads_belief)
    return error(
        ErrorCode::Unsupported,
        fmt::format("{}: its policy reads a belief, which is not computed without LibTorch "
                    "(train with belief_read = false)",
                    name));
  if (state != a.shape().state)
    return corrupt(
        name, fmt::format("state_size is {}, and its settings make {}", state, a.shape().state));
  return a;
}

Result<void> read_tensor(const Checkpoint& checkpoint, std::string_view name,
                         const WeightPlace& place, std::span<float> out) {
  const auto tensor = std::ranges::find(checkpoint.tensors, place.name, &Tensor::name);
  if (tensor == checkpoint.tensors.end())
    return corrupt(name, fmt::format("tensor {} is missing", place.name));
  if (tensor->shape != place.shape)
    return corrupt(name, fmt::format("tensor {} has the shape [{}], and [{}] is wanted", place.name,
                                     fmt::join(tensor->shape, ", "), fmt::join(place.shape, ", ")));
  const auto values = tensor->floats();
  if (!values || values.value().size() != out.size())
    return corrupt(name, fmt::format("tensor {} holds no 32-bit floats of its shape", place.name));
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = values.value()[i];
    if (!std::isfinite(out[i]))
      return corrupt(name, fmt::format("tensor {} holds {} at {}, which is no finite number",
                                       place.name, out[i], i));
  }
  return success();
}

/// Beside the policy stand what a run that goes on needs and a belief that it does not read.
bool belongs(const Tensor& tensor, const std::vector<WeightPlace>& places) {
  return tensor.name.starts_with("training.") || tensor.name.starts_with("belief.") ||
         std::ranges::find(places, tensor.name, &WeightPlace::name) != places.end();
}

}  // namespace

PackedPolicy::Made PackedPolicy::create(const Checkpoint& checkpoint, std::string_view name,
                                        KernelChoice kernel) {
  if (checkpoint.kind != kAgentKind)
    return error(ErrorCode::Refused,
                 fmt::format("{}: the checkpoint holds a {}, and a {} is wanted", name,
                             checkpoint.kind, kAgentKind));
  BOOST_OUTCOME_TRY(const Architecture architecture, read_architecture(checkpoint, name));
  const auto places = weight_places(architecture);
  for (const Tensor& tensor : checkpoint.tensors)
    if (!belongs(tensor, places))
      return corrupt(name,
                     fmt::format("tensor {} is none of a policy with these settings", tensor.name));
  // Memory follows the file's size, not what its settings claim.
  std::vector<float> weights;
  for (const WeightPlace& place : places) {
    const auto tensor = std::ranges::find(checkpoint.tensors, place.name, &Tensor::name);
    const bool whole =
        tensor != checkpoint.tensors.end() && tensor->bytes.size() == place.size * sizeof(float);
    weights.resize(place.begin + (whole ? place.size : 0));
    BOOST_OUTCOME_TRY(
        read_tensor(checkpoint, name, place, std::span(weights).subspan(place.begin)));
  }
  return create(architecture, weights, kernel);
}

}  // namespace proteus::inference
