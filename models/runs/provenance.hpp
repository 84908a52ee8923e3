// Where a run comes from, and whether it may go on here.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "models/inference/checkpoint.hpp"
#include "models/runs/run_settings.hpp"

namespace proteus::runs {

/// What every checkpoint of the run says of where it comes from.
struct Provenance {
  std::string config;  ///< the run's settings, resolved, as TOML
  std::vector<std::uint64_t> seeds;
  std::vector<inference::DataHash> data;
  std::string code_version;
};

/// Success where a run goes on with the settings, seeds, data and program it was begun with.
/// Errors: Refused, with what differs.
Result<void> check_same(const inference::Checkpoint& saved, const Provenance& here);
/// Success where `path` was saved by this rank, among as many. Errors: Refused.
Result<void> check_ranks(std::int64_t rank, std::int64_t ranks, const RunSettings& here,
                         const std::filesystem::path& path);

}  // namespace proteus::runs
