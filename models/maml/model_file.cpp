#include "models/maml/model_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <tuple>

namespace proteus::maml {
namespace {

using inference::Checkpoint;
using inference::Tensor;

constexpr std::string_view kActivation = "activation";

template <class T>
std::string text_of(const T& value) {
  if constexpr (std::is_enum_v<T>)
    return std::string(EnumNames<T>::names[static_cast<std::size_t>(value)]);
  else
    return fmt::format("{}", value);
}

template <class T>
bool read_text(std::string_view text, T& out) {
  if constexpr (std::is_enum_v<T>) {
    const auto& names = EnumNames<T>::names;
    const auto found = std::ranges::find(names, text);
    if (found == names.end()) return false;
    out = static_cast<T>(found - names.begin());
    return true;
  } else if constexpr (std::is_same_v<T, bool>) {
    out = text == "true";
    return out || text == "false";
  } else {
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), out);
    return failed == std::errc{} && end == text.data() + text.size();
  }
}

std::string config_text(const LearnerSettings& settings, Activation activation) {
  std::string out = fmt::format("{} = {}\n", kActivation, text_of(activation));
  std::apply(
      [&](const auto&... entry) {
        ((out += fmt::format("{} = {}\n", entry.name, text_of(settings.*entry.member))), ...);
      },
      LearnerSettings::settings());
  return out;
}

/// Nothing where an entry is missing or cannot be read; its name then stands in `bad`.
std::optional<std::pair<LearnerSettings, Activation>> read_config(std::string_view text,
                                                                  std::string& bad) {
  std::map<std::string_view, std::string_view> entries;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (const std::size_t mark = line.find(" = "); mark != line.npos)
      entries[line.substr(0, mark)] = line.substr(mark + 3);
  }
  const auto read = [&](std::string_view name, auto& out) {
    const auto found = entries.find(name);
    if (found == entries.end() || !read_text(found->second, out)) bad = name;
  };
  std::pair<LearnerSettings, Activation> result;
  read(kActivation, result.second);
  std::apply([&](const auto&... entry) { (read(entry.name, result.first.*entry.member), ...); },
             LearnerSettings::settings());
  if (!bad.empty()) return std::nullopt;
  return result;
}

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

/// The network that the weights' shapes describe.
Result<Mlp> network_of(const Checkpoint& checkpoint, Activation activation) {
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
  return Mlp::create(inputs, std::move(widths), outputs, activation);
}

}  // namespace

Checkpoint forecast_checkpoint(const Learner<float>& learner, const features::Schema& schema,
                               const features::FeatureScaling& scaling) {
  Checkpoint c;
  c.kind = kForecastKind;
  c.schema = schema.canonical_text();
  c.action_map = "output 0: return over the horizon, in usual returns over it";
  c.normaliser = {scaling.offset, scaling.factor, scaling.limit};
  c.config = config_text(learner.settings(), learner.net().activation());
  append_layers("layer", learner.net(), learner.base(), c.tensors);
  if (learner.settings().learned_rates)
    append_layers("rate", learner.net(), learner.learned().subspan(learner.base().size()),
                  c.tensors);
  const AdamState<float>& adam = learner.optimiser().state();
  const std::vector<std::int64_t> steps{adam.steps};
  c.tensors.push_back(
      Tensor::of("optimiser.mean", {adam.mean.size()}, std::span<const float>(adam.mean)));
  c.tensors.push_back(
      Tensor::of("optimiser.square", {adam.square.size()}, std::span<const float>(adam.square)));
  c.tensors.push_back(Tensor::of("optimiser.steps", {}, std::span<const std::int64_t>(steps)));
  return c;
}

Result<LoadedForecaster> load_forecaster(const Checkpoint& checkpoint,
                                         const features::Schema& schema) {
  BOOST_OUTCOME_TRY(inference::check_fits(checkpoint, kForecastKind, schema.canonical_text()));
  std::string bad;
  const auto config = read_config(checkpoint.config, bad);
  if (!config) return corrupt(fmt::format("setting {} is missing or cannot be read", bad));
  BOOST_OUTCOME_TRY(Mlp net, network_of(checkpoint, config->second));
  const std::size_t columns = checkpoint.normaliser.factor.size();
  if (net.inputs() != schema.features.size() || net.outputs() != 1 ||
      (columns != 0 && columns != net.inputs()))
    return corrupt(
        fmt::format("network has {} inputs and {} outputs, and its normaliser {} "
                    "columns, for {} features and one forecast",
                    net.inputs(), net.outputs(), columns, schema.features.size()));
  std::vector<float> learned;
  BOOST_OUTCOME_TRY(append_values(checkpoint, "layer", net, learned));
  if (config->first.learned_rates) {
    BOOST_OUTCOME_TRY(append_values(checkpoint, "rate", net, learned));
  }
  AdamState<float> adam;
  BOOST_OUTCOME_TRY(adam.mean, floats_of(checkpoint, "optimiser.mean", {learned.size()}));
  BOOST_OUTCOME_TRY(adam.square, floats_of(checkpoint, "optimiser.square", {learned.size()}));
  BOOST_OUTCOME_TRY(const Tensor* steps, checkpoint.tensor("optimiser.steps"));
  BOOST_OUTCOME_TRY(const std::vector<std::int64_t> count, steps->integers());
  if (count.size() != 1) return corrupt("tensor optimiser.steps is not one number");
  adam.steps = count.front();
  BOOST_OUTCOME_TRY(Learner<float> learner,
                    Learner<float>::create(config->first, std::move(net), 0));
  BOOST_OUTCOME_TRY(learner.restore(learned, std::move(adam)));
  features::FeatureScaling scaling{checkpoint.normaliser.offset, checkpoint.normaliser.factor,
                                   checkpoint.normaliser.limit};
  return LoadedForecaster{std::move(learner), std::move(scaling)};
}

}  // namespace proteus::maml
