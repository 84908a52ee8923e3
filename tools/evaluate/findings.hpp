// What the tracks of an evaluation say: figures, intervals, parts and verdicts. No engine runs
// here.
#pragma once

#include <vector>

#include "strategies/policy/policy_settings.hpp"
#include "tools/evaluate/memory_market.hpp"
#include "tools/evaluate/report.hpp"

namespace proteus::app::evaluate {

/// Net returns of one point of the grid over the validations of the folds so far, each bar once.
struct Validated {
  double bars_a_year = 0.0;
  std::vector<Timestamp> closes;  ///< ascending
  std::vector<double> net;
};
/// Adds the bars of a fold's validation that no fold before it has had: the validations of
/// neighbouring folds may overlap.
void add_new_bars(Validated& so_far, const evaluation::Track& validation);

/// Fills figures, intervals and differences of all accounts, the first of which is judged. Errors:
/// those of the bootstrap.
Result<void> weigh_accounts(std::vector<Account>& accounts, const EvaluateSettings& settings);
/// Figures of one block of a track.
evaluation::Figures block_figures(const evaluation::Track& track, std::size_t block);
std::vector<Part> parts_by_instrument(const evaluation::Track& track);
/// markets: one a block of the track, in order.
std::vector<Part> parts_by_regime(const evaluation::Track& track,
                                  const std::vector<MemoryMarket>& markets,
                                  std::size_t regime_bars);
/// One way to adapt, and what came of it.
struct AdaptationRun {
  std::string name;
  strategies::Adapt adapt = strategies::Adapt::Off;
  evaluation::Track track;
};
/// All are held against the first, and those with gradient steps also against the first that is the
/// same but for them. Errors: those of the bootstrap.
Result<std::vector<AdaptationPoint>> adaptation_curve(const std::vector<AdaptationRun>& runs,
                                                      const EvaluateSettings& settings);
/// One track a market. Errors: where gross returns never vary.
Result<NoiseResult> noise_of(const std::vector<evaluation::Track>& tracks);

}  // namespace proteus::app::evaluate
