// Many replays of one source over a grid of settings, as many at once as there are cores: each a
// process of its own, so that one that fails costs no other.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "models/evaluation/sharpe.hpp"
#include "tools/app/options.hpp"

namespace proteus::app {

/// A setting and what it is to be.
struct GridAxis {
  std::string key;
  std::vector<std::string> values;
};
/// "risk.sizing.kelly_share=0.25,0.5": values end at commas, or, where one of them holds a comma,
/// at '|': "engine.instruments=linear:BTCUSDT,linear:ETHUSDT|linear:BTCUSDT". Errors: Malformed, in
/// a sentence; more than 10 000 combinations.
Result<std::vector<GridAxis>> parse_grid(const std::vector<std::string>& texts);

/// Every combination, the last axis running fastest; as overrides "key=value".
std::vector<std::vector<std::string>> combinations(const std::vector<GridAxis>& axes);

/// What came of one run.
struct GridRow {
  std::size_t number = 0;  ///< from 1, in the order of the combinations
  std::vector<std::string> settings;
  std::string failure;  ///< empty: it was played to its end
  double initial = 0.0;
  double equity = 0.0;
  double drawdown = 0.0;  ///< greatest, as a share of the peak, over decisions
  double fees = 0.0;
  double funding = 0.0;
  double slippage = 0.0;  ///< part of the prices that were paid
  std::uint64_t bars = 0;
  std::uint64_t fills = 0;
  double seconds = 0.0;
  std::string ledger_hash;
  std::string session;  ///< empty: it was not kept
  /// Of daily changes of equity; nothing: fewer than two days, or no change at all.
  std::optional<evaluation::SharpeSample> daily;

  [[nodiscard]] double change() const { return initial > 0.0 ? equity / initial - 1.0 : 0.0; }
  /// A year of 365 days; nothing: there is none.
  [[nodiscard]] std::optional<double> sharpe() const;
};

/// The best first: by change of equity; what failed last.
void sort_rows(std::vector<GridRow>& rows);
std::string grid_table(const std::vector<GridRow>& rows);
std::string grid_csv(const std::vector<GridRow>& rows);
std::string grid_json(const std::vector<GridRow>& rows);
/// What choosing the best of so many is worth; empty: there is nothing to choose from.
std::string grid_honesty(const std::vector<GridRow>& rows);

/// Plays all combinations of options.grid. Returns an ExitCode: kError where a run failed.
int run_replay_grid(const Options& options);

}  // namespace proteus::app
