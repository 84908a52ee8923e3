// card.md: what a model is, what its recipe earned out of sample, and where it does not work. Made
// from the results alone, so that no card is kinder than they are.
#include <fmt/format.h>

#include <algorithm>

#include "tools/app/text.hpp"
#include "tools/evaluate/html_tables.hpp"

namespace proteus::app::evaluate {
namespace {

std::string what_it_is(const Report& report) {
  const Candidate& judged = report.plan.candidates.front();
  std::string out = "## What it is\n\n";
  if (judged.learned())
    out += fmt::format("A {}, trained {}. In each fold the mean {} of {} seeds trades.\n",
                       judged.forecasts() ? "forecaster" : "policy",
                       judged.settings.train.empty() ? "before this evaluation"
                                                     : "by `" + judged.settings.train + "`",
                       judged.forecasts() ? "forecast" : "weight",
                       std::max<std::size_t>(report.seeds.size(), 1));
  else
    out += "A plain rule without weights.\n";
  if (!report.features.empty())
    out += fmt::format("\nIt observes `{}` (the whole schema is in the checkpoint).\n",
                       report.features);
  out += fmt::format("\nInstruments: {}. Bars a year: {:g}.\n\nCosts: {}.\n",
                     fmt::join(report.instruments, ", "), report.bars_a_year, report.costs);
  return out;
}

/// Up to which bar the weights that trade in a fold were trained: as the plan says where this
/// evaluation trained them, and as they say themselves where they were given.
std::string trained_up_to(const Report& report, std::size_t f) {
  const Candidate& judged = report.plan.candidates.front();
  if (!judged.learned()) return "nothing is trained";
  if (!judged.settings.train.empty()) return day(report.folds[f].times.train_to);
  std::optional<Timestamp> last;
  for (const Trained& one : report.checkpoints)
    if (one.candidate == judged.name && one.fold == f + 1 && one.real && one.until)
      last = std::max(last, one.until);
  return last ? day(*last) : "generated bars alone";
}

std::string folds_of(const Report& report) {
  std::string out =
      "## Data and periods\n\n| fold | trained up to | chosen on | judged on | net Sharpe |\n"
      "|---|---|---|---|---|\n";
  for (std::size_t f = 0; f < report.folds.size(); ++f) {
    const FoldTimes& t = report.folds[f].times;
    const std::string chosen =
        report.plan.grid.empty() && report.plan.candidates.front().settings.train.empty()
            ? "nothing"
            : fmt::format("{} to {}", day(t.validation_from), day(t.validation_to));
    out += fmt::format("| {} | {} | {} | {} to {} | {} |\n", f + 1, trained_up_to(report, f),
                       chosen, day(t.test_from), day(t.test_to),
                       figure(report.folds[f].accounts.front().second.net_sharpe));
  }
  return out;
}

/// What adapting was worth, each way over the first.
std::string gain_of(const Report& report) {
  if (report.adaptation.empty()) return "";
  std::string out = fmt::format("\n| adapting | net Sharpe | less {} (95 %) |\n|---|---|---|\n",
                                report.adaptation.front().name);
  for (const AdaptationPoint& p : report.adaptation)
    out += fmt::format("| {} | {} | {:+.2f} ({:+.2f} to {:+.2f}) |\n", p.name,
                       figure(p.figures.net_sharpe), p.gain.estimate, p.gain.low, p.gain.high);
  return out;
}

std::string result_of(const Report& report) {
  std::string out =
      "## Result of the recipe, out of sample and net of all costs\n\nThis is the walk-forward "
      "result of the *recipe*. Weights that were refitted to the last bar have no result of their "
      "own: all bars that could judge them have trained them.\n\n";
  for (const std::string& sentence : verdict_of(report)) out += "- " + sentence + "\n";
  if (!report.seeds.empty()) {
    const Spread spread = spread_of(report.seeds);
    out += fmt::format("- Seeds alone: median {:.2f}, from {:.2f} to {:.2f} ({} seeds).\n",
                       spread.median, spread.least, spread.greatest, report.seeds.size());
  }
  out +=
      "\n| account | net Sharpe (95 %) | judged less this (95 %) | return a year | drawdown |\n"
      "|---|---|---|---|---|\n";
  for (const Account& a : report.accounts)
    out += fmt::format("| {} | {} ({:.2f} to {:.2f}) | {} | {} | {} |\n", a.name,
                       figure(a.figures.net_sharpe), a.sharpe.low, a.sharpe.high,
                       a.difference
                           ? fmt::format("{:+.2f} ({:+.2f} to {:+.2f})", a.difference->estimate,
                                         a.difference->low, a.difference->high)
                           : "",
                       percent(a.figures.yearly_return, 1), percent(a.figures.drawdown, 1));
  return out + gain_of(report);
}

/// Parts, folds and costs at which it lost; said also where there is none.
std::string where_not(const Report& report) {
  std::vector<std::string> lines;
  const auto look = [&](const char* what, const std::vector<Part>& parts) {
    for (const Part& part : parts)
      if (part.brought < 0.0)
        lines.push_back(fmt::format("{} {}: lost {} of equity, summed over {} bars", what,
                                    part.name, percent(-part.brought, 1), part.bars));
  };
  look("regime", report.by_regime);
  look("instrument", report.by_instrument);
  for (const FoldResult& fold : report.folds)
    if (const auto& f = fold.accounts.front().second; f.total_return < 0.0)
      lines.push_back(fmt::format("block {} to {}: lost {}", day(fold.times.test_from),
                                  day(fold.times.test_to), percent(-f.total_return, 1)));
  const auto& f = report.judged().figures;
  if (f.break_even_cost)
    lines.push_back(
        fmt::format("wherever trading costs more than {:.2f} bp of what is traded: "
                    "nothing is left there",
                    *f.break_even_cost * 1e4));
  for (const AdaptationPoint& point : report.adaptation) {
    // What gradient steps cost is told against the same policy without them.
    const auto& gain = point.gain_of_steps.value_or(point.gain);
    const std::string& against =
        point.gain_of_steps ? point.without_steps : report.adaptation.front().name;
    if (gain.high < 0.0)
      lines.push_back(fmt::format("adapting {}: it cost {:.2f} of the ratio against {}", point.name,
                                  -gain.estimate, against));
  }
  lines.emplace_back(
      "on instruments, bar lengths, venues and years other than these nothing is known of it");
  std::string out = "## Where it does not work\n\n";
  for (const std::string& line : lines) out += "- " + line + "\n";
  return out;
}

std::string made_by(const Report& report) {
  std::string out =
      fmt::format("## How this was made\n\n`{}`, proteus {}, {}, settings {}.\n\n```toml\n{}```\n",
                  report.command, report.version, format_time(report.made), report.plan.hash,
                  report.plan.resolved);
  out += fmt::format("\nThe registry had {} lines then, the last with the chain `{}`.\n",
                     report.tried.lines, report.tried.chain);
  for (const std::string& note : report.notes) out += "\nNote: " + note + ".\n";
  return out;
}

}  // namespace

std::string model_card(const Report& report) {
  return fmt::format("# {}\n\n{}\n{}\n{}\n{}\n{}", report.plan.evaluate.name, what_it_is(report),
                     folds_of(report), result_of(report), where_not(report), made_by(report));
}

}  // namespace proteus::app::evaluate
