// The count of everything that was ever tried: one line of JSON for each configuration and what it
// was scored on, appended and synced before anything is concluded from it. Each line has a number
// and a hash over all lines so far, so that one that is missing in between, changed or half written
// is seen; the number and hash of the last line also stand in a file beside it, <registry>.head, so
// that lines taken from the end are seen as well. A damaged registry is refused, since the deflated
// Sharpe ratio is worth what the count is worth. Who cuts the registry and removes or rewrites the
// head is not seen by the program: reports and cards have both numbers.
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
  std::string chain;    ///< hash that the last line carries; empty: there is none
  bool headed = false;  ///< a head vouches for the end
  /// Of the ratios a year (by sqrt) of the distinct configurations, each by its longest score.
  double variance_yearly = 0.0;
};

/// Appends under a lock and waits for the disk. Makes the file where it is not there. Errors: Io;
/// Corrupt, with the line that does not follow, or where lines lack that the head counts.
Result<void> register_trials(const std::filesystem::path& file, const std::vector<Trial>& trials,
                             Timestamp now);
/// The same for those whose configuration is not there yet; how many were. Errors: as above.
Result<std::size_t> register_new(const std::filesystem::path& file, std::vector<Trial> trials,
                                 Timestamp now);
/// Errors: Io; Corrupt; NotFound.
Result<Tried> read_registry(const std::filesystem::path& file);

}  // namespace proteus::app::evaluate
