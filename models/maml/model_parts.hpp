// What all checkpoints of this room share: settings as text, networks as tensors, and back.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "models/inference/checkpoint.hpp"
#include "models/maml/adam.hpp"
#include "models/maml/mlp.hpp"

namespace proteus::maml::model_parts {

inline constexpr std::string_view kActivation = "activation";

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

/// One "key = value" a line, as the settings' names are.
template <class Settings>
std::string config_text(const Settings& settings, Activation activation) {
  std::string out = fmt::format("{} = {}\n", kActivation, text_of(activation));
  std::apply(
      [&](const auto&... entry) {
        ((out += fmt::format("{} = {}\n", entry.name, text_of(settings.*entry.member))), ...);
      },
      Settings::settings());
  return out;
}

Error corrupt(std::string what);

/// Lines without " = " are not read.
std::map<std::string_view, std::string_view> entries_of(std::string_view text);

template <class Settings>
struct Config {
  Settings settings;
  Activation activation{};
};

/// Errors: Corrupt, with the setting that is missing or cannot be read.
template <class Settings>
Result<Config<Settings>> read_config(std::string_view text) {
  const auto entries = entries_of(text);
  std::string bad;
  const auto read = [&](std::string_view name, auto& out) {
    const auto found = entries.find(name);
    if (found == entries.end() || !read_text(found->second, out)) bad = name;
  };
  Config<Settings> config;
  read(kActivation, config.activation);
  std::apply([&](const auto&... entry) { (read(entry.name, config.settings.*entry.member), ...); },
             Settings::settings());
  if (!bad.empty()) return corrupt(fmt::format("setting {} is missing or cannot be read", bad));
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
