// Everything that an evaluation found out: what report.html, report.json, card.md and the table on
// the terminal are made of.
#pragma once

#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "models/evaluation/bootstrap.hpp"
#include "models/evaluation/figures.hpp"
#include "models/evaluation/overfitting.hpp"
#include "tools/evaluate/plan.hpp"
#include "tools/evaluate/registry.hpp"

namespace proteus::app::evaluate {

/// One account over all test blocks.
struct Account {
  std::string name;
  Role role = Role::Candidate;
  std::string config;  ///< hash of what decides what it does
  evaluation::Track track;
  evaluation::Figures figures;
  evaluation::BootstrapResult sharpe;  ///< net, a year
  /// The judged one's ratio a year less this one's, at the same draws; absent for the judged one.
  std::optional<evaluation::BootstrapResult> difference;
};

struct SeedResult {
  std::int64_t seed = 0;
  evaluation::Figures figures;
};
struct FoldResult {
  FoldTimes times;
  std::string chosen;  ///< point of the grid; empty: there was no choice
  std::vector<std::pair<std::string, evaluation::Figures>> accounts;
};
struct ValidationScore {
  std::size_t fold = 0;
  std::string point;
  std::optional<double> sharpe;  ///< net, a year by sqrt
  bool chosen = false;
};
/// A part of the judged account's result: of one instrument or one regime.
struct Part {
  std::string name;
  std::size_t bars = 0;          ///< instrument-bars
  double brought = 0.0;          ///< sum of shares of equity
  std::optional<double> sharpe;  ///< of what it brought a bar, a year by sqrt
  std::optional<double> market;  ///< mean log return of the market there, a year
};
struct AdaptationPoint {
  std::string name;
  evaluation::Figures figures;
  evaluation::BootstrapResult gain;  ///< ratio a year less that of the first way
  std::string without_steps;         ///< the way that is this one without its gradient steps
  /// What those steps alone bring; absent where there are none, or no way without them was run.
  std::optional<evaluation::BootstrapResult> gain_of_steps;
};
struct NoiseResult {
  std::size_t markets = 0;
  std::size_t bars = 0;
  double gross_sharpe = 0.0;    ///< a year by sqrt
  double standard_error = 0.0;  ///< of it
  double net_return = 0.0;      ///< mean, a year
  double cost = 0.0;            ///< fees, slippage and funding, mean a year
  [[nodiscard]] bool passed() const { return std::abs(gross_sharpe) <= 2.0 * standard_error; }
};
struct Trained {
  std::string candidate;
  std::size_t fold = 0;
  std::int64_t seed = 0;
  std::string file;
  std::string hash;
  bool real = false;               ///< kline files were among what it was trained on
  std::optional<Timestamp> until;  ///< it has seen no bar that closed later
};

struct Report {
  Plan plan;
  std::string folder;
  std::string command;
  std::string version;
  Timestamp made{};
  double bars_a_year = 0.0;
  std::vector<std::string> instruments;
  std::string costs;              ///< sentence
  std::string features;           ///< schema that the weights were trained on; empty: no weights
  std::vector<Account> accounts;  ///< the judged one first
  std::vector<SeedResult> seeds;
  std::vector<FoldResult> folds;
  std::vector<ValidationScore> validation;
  std::vector<Part> by_instrument;
  std::vector<Part> by_regime;
  std::vector<AdaptationPoint> adaptation;
  std::optional<NoiseResult> noise;
  std::optional<evaluation::Overfitting> overfitting;
  std::string overfitting_over;
  Tried tried;
  std::optional<evaluation::DeflatedSharpe> deflated;
  std::vector<Trained> checkpoints;
  std::vector<std::string> notes;  ///< what was assumed or left out: sentences

  [[nodiscard]] const Account& judged() const { return accounts.front(); }
};

/// Baselines and candidates whose ratio is above the judged one's, and those whose interval of the
/// difference holds 0.
struct Standing {
  std::vector<std::string> loses_to;
  std::vector<std::string> not_told_apart;
  std::vector<std::string> beats;  ///< the whole interval lies above 0
};
Standing standing_of(const Report& report);
/// What a person has to know first: result after costs, what it loses to, what chance could do.
std::vector<std::string> verdict_of(const Report& report);

std::string report_json(const Report& report);
std::string report_html(const Report& report);
std::string model_card(const Report& report);
/// For the terminal.
std::string report_text(const Report& report);

}  // namespace proteus::app::evaluate
