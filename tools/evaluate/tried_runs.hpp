// Trainings that were looked at outside of an evaluation count as tried as well: whoever chooses
// one of many by its validation has chosen.
#pragma once

#include <filesystem>
#include <vector>

#include "tools/evaluate/registry.hpp"

namespace proteus::app::evaluate {

/// One trial for each distinct configuration among the runs of `proteus train` in `folder`, however
/// many seeds and periods it has; without a ratio. Errors: NotFound (no such folder), Io;
/// Corrupt, where the settings of a run cannot be read.
Result<std::vector<Trial>> tried_runs(const std::filesystem::path& folder);

}  // namespace proteus::app::evaluate
