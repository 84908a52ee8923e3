#include "models/maml/model_parts.hpp"

namespace proteus::maml::model_parts {

using inference::Checkpoint;
using inference::Tensor;

void append_layers(const std::string& word, const Mlp& net, std::span<const float> values,
                   std::vector<Tensor>& out) {
  for (std::size_t l = 0; l < net.layers().size(); ++l) {
    const Layer& layer = net.layers()[l];
    out.push_back(Tensor::of(fmt::format("{}.{}.weight", word, l), {layer.in, layer.out},
                             values.subspan(layer.weights, layer.in * layer.out)));
    out.push_back(Tensor::of(fmt::format("{}.{}.bias", word, l), {layer.out},
                             values.subspan(layer.biases, layer.out)));
  }
}

Error corrupt(std::string what) {
  return error(ErrorCode::Corrupt, "the checkpoint's " + std::move(what));
}

Result<std::vector<float>> floats_of(const Checkpoint& checkpoint, const std::string& name,
                                     const std::vector<std::uint64_t>& shape) {
  BOOST_OUTCOME_TRY(const Tensor* tensor, checkpoint.tensor(name));
  if (tensor->shape != shape)
    return corrupt(fmt::format("tensor {} has the shape [{}], and [{}] is wanted", name,
                               fmt::join(tensor->shape, ", "), fmt::join(shape, ", ")));
  return tensor->floats();
}

Result<void> append_values(const Checkpoint& checkpoint, const std::string& word, const Mlp& net,
                           std::vector<float>& out) {
  for (std::size_t l = 0; l < net.layers().size(); ++l) {
    const Layer& layer = net.layers()[l];
    BOOST_OUTCOME_TRY(
        const auto weights,
        floats_of(checkpoint, fmt::format("{}.{}.weight", word, l), {layer.in, layer.out}));
    out.insert(out.end(), weights.begin(), weights.end());
    BOOST_OUTCOME_TRY(const auto biases,
                      floats_of(checkpoint, fmt::format("{}.{}.bias", word, l), {layer.out}));
    out.insert(out.end(), biases.begin(), biases.end());
  }
  return success();
}

void append_adam(const std::string& word, const AdamState<float>& adam, std::vector<Tensor>& out) {
  const std::vector<std::int64_t> steps{adam.steps};
  out.push_back(Tensor::of(word + ".mean", {adam.mean.size()}, std::span<const float>(adam.mean)));
  out.push_back(
      Tensor::of(word + ".square", {adam.square.size()}, std::span<const float>(adam.square)));
  out.push_back(Tensor::of(word + ".steps", {}, std::span<const std::int64_t>(steps)));
}

Result<AdamState<float>> adam_of(const Checkpoint& checkpoint, const std::string& word,
                                 std::size_t size) {
  AdamState<float> adam;
  BOOST_OUTCOME_TRY(adam.mean, floats_of(checkpoint, word + ".mean", {size}));
  BOOST_OUTCOME_TRY(adam.square, floats_of(checkpoint, word + ".square", {size}));
  BOOST_OUTCOME_TRY(const Tensor* steps, checkpoint.tensor(word + ".steps"));
  BOOST_OUTCOME_TRY(const std::vector<std::int64_t> count, steps->integers());
  if (count.size() != 1) return corrupt(fmt::format("tensor {}.steps is not one number", word));
  adam.steps = count.front();
  return adam;
}

Result<Mlp> network_of(const Checkpoint& checkpoint, Activation activation, bool deviations) {
  std::vector<std::size_t> widths;
  std::size_t inputs = 0;
  for (std::size_t l = 0;; ++l) {
    const std::string name = fmt::format("layer.{}.weight", l);
    const auto found = std::ranges::find(checkpoint.tensors, name, &Tensor::name);
    if (found == checkpoint.tensors.end()) break;
    if (found->shape.size() != 2 || (l > 0 && found->shape[0] != widths.back()))
      return corrupt(fmt::format("tensor {} does not follow the layer before it", name));
    if (l == 0) inputs = found->shape[0];
    widths.push_back(found->shape[1]);
  }
  if (widths.empty()) return corrupt("tensor layer.0.weight is missing");
  const std::size_t outputs = widths.back();
  widths.pop_back();
  return Mlp::create(inputs, std::move(widths), outputs, activation, deviations ? outputs : 0);
}

}  // namespace proteus::maml::model_parts
