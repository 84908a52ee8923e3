// What all checkpoints of this room share: settings as text, networks as tensors, and back.
#pragma once

#include <fmt/format.h>

#include <string>
#include <vector>

#include "models/inference/checkpoint.hpp"
#include "models/inference/setting_lines.hpp"
#include "models/maml/adam.hpp"
#include "models/maml/mlp.hpp"

namespace proteus::maml::model_parts {

inline constexpr std::string_view kActivation = "activation";

/// One "key = value" a line, as the settings' names are.
template <class Settings>
std::string config_text(const Settings& settings, Activation activation) {
  return fmt::format("{} = {}\n", kActivation, inference::setting_text(activation)) +
         inference::setting_lines(settings);
}

Error corrupt(std::string what);

template <class Settings>
struct Config {
  Settings settings;
  Activation activation{};
};

/// Errors: Corrupt, with the setting that is missing or cannot be read.
template <class Settings>
Result<Config<Settings>> read_config(std::string_view text) {
  inference::SettingLines lines{text};
  Config<Settings> config;
  lines.read(kActivation, config.activation);
  lines.read_all(config.settings);
  if (!lines.bad().empty())
    return corrupt(fmt::format("setting {} is missing or cannot be read", lines.bad()));
  return config;
}

/// WORD.N.weight [in, out] and WORD.N.bias [out] of every layer, from parameters as Mlp has them.
void append_layers(const std::string& word, const Mlp& net, std::span<const float> values,
                   std::vector<inference::Tensor>& out);
/// And back, appended to `out`. Errors: Corrupt, for a tensor that is missing or of another shape.
Result<void> append_values(const inference::Checkpoint& checkpoint, const std::string& word,
                           const Mlp& net, std::vector<float>& out);
Result<std::vector<float>> floats_of(const inference::Checkpoint& checkpoint,
                                     const std::string& name,
                                     const std::vector<std::uint64_t>& shape);

/// WORD.mean, WORD.square [size], WORD.steps [].
void append_adam(const std::string& word, const AdamState<float>& adam,
                 std::vector<inference::Tensor>& out);
Result<AdamState<float>> adam_of(const inference::Checkpoint& checkpoint, const std::string& word,
                                 std::size_t size);

/// The network that the shapes of layer.N.weight describe; with as many free parameters as
/// outputs where there are `deviations`.
Result<Mlp> network_of(const inference::Checkpoint& checkpoint, Activation activation,
                       bool deviations);

}  // namespace proteus::maml::model_parts
