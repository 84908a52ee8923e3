// A file of settings for `proteus evaluate`, read and checked: folds, candidates, and what each
// candidate trades with.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tools/app/settings.hpp"
#include "tools/evaluate/settings.hpp"

namespace proteus::app::evaluate {

/// Times of one fold. Training reads [train_from, train_to), choices are made on
/// [validation_from, validation_to), and [test_from, test_to) judges.
struct FoldTimes {
  Timestamp train_from{};  ///< the epoch: from the first bar
  Timestamp train_to{};
  Timestamp validation_from{};
  Timestamp validation_to{};
  Timestamp test_from{};
  Timestamp test_to{};
};

/// What a candidate is in the report.
enum class Role : std::uint8_t { Judged, Candidate, Baseline };
std::string_view to_string(Role role);

struct Candidate {
  std::string name;
  Role role = Role::Candidate;
  CandidateSettings settings;
  std::vector<std::string> overrides;  ///< of the trading settings, all of them
  bool follows_judged = false;         ///< the choices made for the judged one are its own
  /// Whether it trades a forecaster.
  [[nodiscard]] bool forecasts() const;
  /// Key of the trading settings that names its weights.
  [[nodiscard]] std::string_view weights_key() const {
    return forecasts() ? "forecast.checkpoints" : "policy.checkpoints";
  }
  /// Whether it trades with weights that were trained or given.
  [[nodiscard]] bool learned() const {
    return !settings.train.empty() || !settings.checkpoints.empty();
  }
};

/// One key of the grid, with the values that are tried.
struct GridAxis {
  std::string key;
  std::vector<std::string> values;
};

/// One way to adapt.
struct Adaptation {
  std::string name;
  std::vector<std::string> overrides;
};

struct Plan {
  EvaluateSettings evaluate;
  BarSettings data;
  FoldSettings fold_settings;
  ChildSettings train;
  std::vector<FoldTimes> folds;
  std::vector<Candidate> candidates;  ///< the judged one first, baselines last
  std::vector<GridAxis> grid;
  std::vector<Adaptation> adaptations;
  std::string resolved;  ///< all settings as TOML
  std::string hash;
  std::string file;  ///< that it was read from
};

/// `file` empty: defaults and overrides alone. `extra_candidate`: one that the file need not name.
/// Errors: every complaint about the file at once, with line and key; those of the trading settings
/// of each candidate.
Result<Plan> read_plan(const std::filesystem::path& file, const std::vector<std::string>& overrides,
                       const std::string& extra_candidate = {});

/// Trading settings of one candidate with `more` on top.
Result<Loaded> trading_settings(const Plan& plan, const Candidate& candidate,
                                const std::vector<std::string>& more = {});

/// Overrides of every point of the grid; one empty list where there is none.
std::vector<std::vector<std::string>> grid_points(const std::vector<GridAxis>& grid);

}  // namespace proteus::app::evaluate
