// A packed policy from a checkpoint: what is checked before anything is computed.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "models/inference/packed_policy.hpp"
#include "models/inference/setting_lines.hpp"

namespace proteus::inference {
namespace {

const Tensor* find(const Checkpoint& checkpoint, std::string_view name) {
  const auto found = std::ranges::find(checkpoint.tensors, name, &Tensor::name);
  return found == checkpoint.tensors.end() ? nullptr : &*found;
}

/// Rows (0) or columns (1) of a matrix.
Result<std::size_t> extent(const Checkpoint& checkpoint, std::string_view name,
                           std::string_view matrix, std::size_t which) {
  const Tensor* tensor = find(checkpoint, matrix);
  if (tensor == nullptr) return corrupt(name, fmt::format("tensor {} is missing", matrix));
  if (tensor->shape.size() != 2)
    return corrupt(name, fmt::format("tensor {} has the shape [{}], and a matrix is wanted", matrix,
                                     fmt::join(tensor->shape, ", ")));
  return tensor->shape[which];
}

Result<void> check_sizes(const Architecture& a, std::string_view name) {
  struct Bound {
    std::string_view what;
    std::size_t value, least, most;
  };
  for (const Bound& b : {Bound{"encoder", a.encoder, 0, 4'096}, Bound{"hidden", a.hidden, 1, 4'096},
                         Bound{"layers", a.layers, 1, 8}})
    if (b.value < b.least || b.value > b.most)
      return corrupt(name, fmt::format("setting {} is {}, and {} to {} is possible", b.what,
                                       b.value, b.least, b.most));
  return success();
}

/// An agent's checkpoint says also what its settings make.
Result<void> check_made(SettingLines& lines, const Architecture& a, std::string_view name) {
  for (const auto& [what, made] : {std::pair<std::string_view, std::size_t>{"inputs", a.inputs},
                                   {"choices", a.actions},
                                   {"state_size", a.shape().state}}) {
    std::size_t stored = 0;
    lines.read(what, stored);
    if (!lines.bad().empty() || stored != made)
      return corrupt(name,
                     fmt::format("{} is {}, and its tensors and settings make {}", what,
                                 lines.bad().empty() ? fmt::to_string(stored) : "missing", made));
  }
  return success();
}

/// The sizes of the layers stand in the settings, those of inputs and outputs in the tensors.
Result<Architecture> read_architecture(const Checkpoint& checkpoint, std::string_view name) {
  SettingLines lines{checkpoint.config};
  Architecture a;
  bool reads_belief = false;
  std::size_t belief = 0;
  lines.read("encoder", a.encoder);
  lines.read("core", a.core);
  lines.read("hidden", a.hidden);
  lines.read("layers", a.layers);
  lines.read("belief", belief);
  lines.read("belief_read", reads_belief);
  if (!lines.bad().empty())
    return corrupt(name, fmt::format("setting {} is missing or cannot be read", lines.bad()));
  BOOST_OUTCOME_TRY(check_sizes(a, name));
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
  const std::string_view first = a.encoder > 0   ? "encoder_weight"
                                 : a.remembers() ? "core.weight_ih_l0"
                                                 : "core.weight_l0";
  BOOST_OUTCOME_TRY(a.inputs, extent(checkpoint, name, first, 1));
  BOOST_OUTCOME_TRY(const std::size_t outputs, extent(checkpoint, name, "head_weight", 0));
  if (a.inputs < 1 || outputs < 2)
    return corrupt(
        name, fmt::format("tensors make a policy of {} inputs and {} outputs", a.inputs, outputs));
  a.actions = outputs - 1;
  if (checkpoint.kind == kAgentKind) {
    BOOST_OUTCOME_TRY(check_made(lines, a, name));
  }
  return a;
}

Result<void> read_tensor(const Checkpoint& checkpoint, std::string_view name,
                         const WeightPlace& place, std::span<float> out) {
  const Tensor* tensor = find(checkpoint, place.name);
  if (tensor == nullptr) return corrupt(name, fmt::format("tensor {} is missing", place.name));
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

/// Beside the policy stand what a run that goes on needs, what it has seen, and a belief that it
/// does not read.
bool belongs(const Tensor& tensor, const std::vector<WeightPlace>& places) {
  return tensor.name.starts_with("training.") || tensor.name.starts_with("seen_") ||
         tensor.name.starts_with("belief.") ||
         std::ranges::find(places, tensor.name, &WeightPlace::name) != places.end();
}

}  // namespace

PackedPolicy::Made PackedPolicy::create(const Checkpoint& checkpoint, std::string_view name,
                                        KernelChoice kernel) {
  if (checkpoint.kind != kAgentKind && checkpoint.kind != kMarketPolicyKind)
    return error(ErrorCode::Refused,
                 fmt::format("{}: the checkpoint holds a {}, and a {} or a {} is wanted", name,
                             checkpoint.kind, kMarketPolicyKind, kAgentKind));
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
