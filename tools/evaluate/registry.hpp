// The count of everything that was ever tried: one line of JSON for each configuration and what it
// was scored on, appended and synced before anything is concluded from it. Each line has a number
// and a hash over all lines so far, so that one that is missing in between, changed or half written
// is seen (lines that were taken from the end are not): a damaged registry is refused, since the
// deflated Sharpe ratio is worth what the count is worth.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "engine/core/result.hpp"
#include "engine/core/time.hpp"

namespace proteus::app::evaluate {

struct Trial {
  std::string name;
  std::string config;     ///< hash of all that decides what it does
  std::string scored_on;  ///< "validation 2022-10-30/2022-12-29", "test ..."
  std::int64_t bars = 0;
  double bars_a_year = 0.0;
  std::optional<double> sharpe;  ///< net, a bar; absent where nothing varied
};

struct Tried {
  std::int64_t configurations = 0;  ///< distinct hashes
  std::int64_t lines = 0;
  /// Of the ratios a year (by sqrt) of the distinct configurations, each by its longest score.
  double variance_yearly = 0.0;
};

/// Appends under a lock and waits for the disk. Makes the file where it is not there. Errors: Io;
/// Corrupt, with the line that does not follow.
Result<void> register_trials(const std::filesystem::path& file, const std::vector<Trial>& trials,
                             Timestamp now);
/// The same for those whose configuration is not there yet; how many were. Errors: as above.
Result<std::size_t> register_new(const std::filesystem::path& file, std::vector<Trial> trials,
                                 Timestamp now);
/// Errors: Io; Corrupt; NotFound.
Result<Tried> read_registry(const std::filesystem::path& file);

}  // namespace proteus::app::evaluate
