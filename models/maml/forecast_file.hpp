// A forecaster that trades: from a checkpoint of kind "maml_forecast" to what a strategy must know
// of it (strategies/forecast/forecast_model.hpp).
#pragma once

#include <filesystem>
#include <string_view>

#include "models/inference/checkpoint.hpp"
#include "strategies/forecast/forecast_model.hpp"

namespace proteus::maml {

/// Errors, each a sentence with the file's name: NotFound, Io; Corrupt (truncated, foreign, a
/// setting or tensor that is missing or does not fit, a number that is not finite); Refused
/// (another kind of model; another schema: the first line that differs; bars of no one length).
Result<strategies::ForecastModel> read_forecast_file(const std::filesystem::path& path);
/// The same of a checkpoint that was read. `name`: of its file.
Result<strategies::ForecastModel> forecaster_of(const inference::Checkpoint& checkpoint,
                                                std::string_view name);

}  // namespace proteus::maml
