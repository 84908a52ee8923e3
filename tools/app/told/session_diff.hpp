// `proteus diff A B`: the first decision, order or fill by which two sessions differ, and what
// their profits differ by. Reads alone.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "tools/app/told/course.hpp"
#include "tools/app/told/telling.hpp"

namespace proteus::app::told {

struct SessionDiff {
  std::uint64_t compared = 0;   ///< decisions, orders and fills that are the same
  bool one_ends_first = false;  ///< one has steps behind the last that both have
  std::optional<Difference> difference;
  Cause cause = Cause::None;              ///< of it
  std::vector<FieldDifference> settings;  ///< that differ; then: of the first, now: of the second
  std::vector<FieldDifference> programs;
  Money profit_a, profit_b;
  ProfitSplit split;
  std::vector<std::string> notes;
  [[nodiscard]] bool same() const { return compared > 0 && !one_ends_first && !difference; }
};

/// Errors: NotFound, no session; those of the logs.
Result<SessionDiff> diff_sessions(const std::filesystem::path& a, const std::filesystem::path& b);

}  // namespace proteus::app::told
