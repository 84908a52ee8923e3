// The forecasters' checkpoints that a configuration names: read, checked against the rest of the
// settings, and what they decide of these.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "config/reader.hpp"
#include "tools/app/settings.hpp"

namespace proteus::app {

/// A relative path counts from the working folder or, where nothing lies there, from `folder`, that
/// of the configuration. Every complaint goes to the reader, under the key that it is about. Empty
/// after one.
std::vector<strategies::ForecastModel> take_forecasters(Settings& settings, config::Reader& reader,
                                                        const std::filesystem::path& folder);

/// A line a checkpoint for people: file, hash, features, horizon, window, steps.
std::vector<std::string> forecast_lines(const Loaded& loaded);

}  // namespace proteus::app
