// A file of settings for `proteus train`, read and checked.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "tools/train/data.hpp"
#include "tools/train/recipe.hpp"

namespace proteus::app::train {

struct Configuration {
  TrainSettings train;
  DataSettings data;
  Periods periods;
  DataSettings test_data;
  std::optional<training::Period> test_period;  ///< none: no test is asked for
  const ModelKind* model = nullptr;
  std::unique_ptr<Recipe> recipe;
  std::string resolved;  ///< all settings as TOML
  std::string shown;     ///< each with its value, its origin and its meaning
  std::string hash;
};

/// Errors: all complaints at once, each with line and key; Unsupported, for a model that needs
/// LibTorch where `models` has it not; those of reading the file.
Result<Configuration> read_configuration(const std::filesystem::path& file,
                                         const std::vector<std::string>& overrides,
                                         std::span<const ModelKind> models);

}  // namespace proteus::app::train
