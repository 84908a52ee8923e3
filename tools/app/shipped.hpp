// What comes with the program: trained models, and the settings that trade one of them where nobody
// names a strategy. Installed they lie in share/proteus beside bin, in a source tree at its root.
//
//   ROOT/models/shipped/NAME/*.safetensors    a model, "shipped:NAME" in settings
//   ROOT/config/policy.toml                   settings below the user's
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/result.hpp"

namespace proteus::app {

/// Before the name of a shipped model, where files of a model are asked for.
inline constexpr std::string_view kShippedPrefix = "shipped:";

/// ROOT: the nearest folder above `program` that has a models/shipped, in its share/proteus or
/// itself. Errors: NotFound, where was looked and what to do.
Result<std::filesystem::path> shipped_root(const std::filesystem::path& program);
/// That of the program that runs.
Result<std::filesystem::path> shipped_root();

/// The settings that trade where nobody names a strategy. Errors: NotFound.
Result<std::filesystem::path> shipped_settings();

/// The checkpoints of a shipped model, in the order of their names. Errors: NotFound, with the
/// names that there are; Io, where its folder cannot be read.
Result<std::vector<std::string>> shipped_checkpoints(const std::filesystem::path& root,
                                                     std::string_view name);

/// Checkpoint files with every "shipped:NAME" replaced by those of the model.
Result<std::vector<std::string>> with_shipped(const std::vector<std::string>& files);

}  // namespace proteus::app
