#include "tools/evaluate/html_tables.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "tools/app/text.hpp"
#include "tools/pages/html_table.hpp"

namespace proteus::app::evaluate {
namespace {

using pages::Cells, pages::html_table;

std::string interval(const evaluation::BootstrapResult& r) {
  return fmt::format("{:+.2f} to {:+.2f}", r.low, r.high);
}

}  // namespace

std::string day(Timestamp t) { return format_time(t).substr(0, 10); }

std::string figure(const std::optional<double>& value, int places) {
  return value ? fmt::format("{:.{}f}", *value, places) : "none";
}

Spread spread_of(const std::vector<SeedResult>& seeds) {
  std::vector<double> ratios;
  for (const SeedResult& seed : seeds) ratios.push_back(seed.figures.net_sharpe.value_or(0.0));
  std::ranges::sort(ratios);
  const std::size_t n = ratios.size();
  const double median = n % 2 == 1 ? ratios[n / 2] : 0.5 * (ratios[n / 2 - 1] + ratios[n / 2]);
  return {median, ratios.front(), ratios.back()};
}

std::string accounts_table(const Report& report) {
  std::vector<Cells> rows;
  for (const Account& account : report.accounts) {
    const auto& f = account.figures;
    const double ratio = f.sharpe ? f.sharpe->ratio * std::sqrt(report.bars_a_year) : 0.0;
    rows.push_back({account.name, figure(f.net_sharpe),
                    f.sharpe ? interval(account.sharpe) : "none",
                    account.difference ? fmt::format("{:+.2f} ({})", account.difference->estimate,
                                                     interval(*account.difference))
                                       : "",
                    figure(f.gross_sharpe), percent(f.yearly_return, 1), percent(f.volatility, 1),
                    percent(ratio * kShownVolatility, 1), percent(f.drawdown, 1),
                    figure(f.turnover, 0), percent(f.exposure, 0)});
  }
  return html_table(
      {"account", "net Sharpe", "95 %", "judged less this (95 %)", "gross Sharpe", "return a year",
       "volatility", fmt::format("mean at {:.0f} %", 100.0 * kShownVolatility), "drawdown",
       "turnover a year", "exposure"},
      rows);
}

std::string figures_table(const Report& report) {
  const Account& judged = report.judged();
  const auto& f = judged.figures;
  std::vector<Cells> rows{
      {"bars judged", std::to_string(f.bars)},
      {"fills, round trips", fmt::format("{}, {}", f.fills, f.trips)},
      {"turnover a year, in equities", figure(f.turnover, 1)},
      {"mean exposure, share of equity", percent(f.exposure, 1)},
      {"bars that end with a position", percent(f.in_market, 1)},
      {"net Sharpe ratio a year (Lo's factor)",
       fmt::format("{}, 95 % {}", figure(f.net_sharpe), interval(judged.sharpe))},
      {"its standard error", figure(f.standard_error)},
      {"gross Sharpe ratio a year", figure(f.gross_sharpe)},
      {"Sortino ratio a year", figure(f.sortino)},
      {"Calmar ratio", figure(f.calmar)},
      {"greatest drawdown", percent(f.drawdown, 1)},
      {"return over all bars, net", percent(f.total_return, 1)},
      {"round trips that won", f.win_rate ? percent(*f.win_rate, 1) : "none"},
      {"profit factor of round trips", figure(f.profit_factor)},
      {"cost of trading that leaves nothing",
       f.break_even_cost ? fmt::format("{:.2f} bp", *f.break_even_cost * 1e4) : "none"},
      {"paid: fees, slippage, funding (shares of equity, summed)",
       fmt::format("{}, {}, {}", percent(f.fees, 1), percent(f.slippage, 1),
                   percent(f.funding, 1))},
      {"chance that the true ratio is above 0 (PSR)",
       f.probabilistic ? percent(*f.probabilistic, 1) : "none"},
      {fmt::format("deflated by {} configurations (DSR)", report.tried.configurations),
       report.deflated ? percent(report.deflated->probability, 1) : "none"}};
  if (report.overfitting)
    rows.push_back({fmt::format("probability of overfitting, over {}", report.overfitting_over),
                    percent(report.overfitting->probability, 1)});
  if (report.noise)
    rows.push_back(
        {fmt::format("gross Sharpe ratio on {} driftless markets, {} bars", report.noise->markets,
                     report.noise->bars),
         fmt::format("{:.2f}, standard error {:.2f}: {}", report.noise->gross_sharpe,
                     report.noise->standard_error,
                     report.noise->passed() ? "as it must be" : "not 0: something looks ahead")});
  return html_table({"figure", judged.name}, rows);
}

std::string folds_table(const Report& report) {
  const auto& candidates = report.plan.candidates;
  const bool trained =
      std::ranges::any_of(candidates, [](const Candidate& c) { return !c.settings.train.empty(); });
  const bool chosen = !report.folds.front().chosen.empty();
  Cells heads{"block judged"};
  if (trained) heads.emplace_back("trained up to");
  if (trained || chosen) heads.emplace_back("chosen on");
  if (chosen) heads.emplace_back("choice");
  for (const Account& account : report.accounts) heads.push_back(account.name);
  std::vector<Cells> rows;
  for (const FoldResult& fold : report.folds) {
    const FoldTimes& t = fold.times;
    Cells row{fmt::format("{} to {}", day(t.test_from), day(t.test_to))};
    if (trained) row.push_back(day(t.train_to));
    if (trained || chosen)
      row.push_back(fmt::format("{} to {}", day(t.validation_from), day(t.validation_to)));
    if (chosen) row.push_back(fold.chosen);
    for (const auto& [name, f] : fold.accounts)
      row.push_back(fmt::format("{} ({})", figure(f.net_sharpe), percent(f.total_return, 1)));
    rows.push_back(std::move(row));
  }
  return html_table(heads, rows);
}

std::string seeds_table(const Report& report) {
  std::vector<Cells> rows;
  for (const SeedResult& seed : report.seeds)
    rows.push_back({std::to_string(seed.seed), figure(seed.figures.net_sharpe),
                    figure(seed.figures.gross_sharpe), percent(seed.figures.yearly_return, 1),
                    percent(seed.figures.drawdown, 1), figure(seed.figures.turnover, 0)});
  return html_table(
      {"seed", "net Sharpe", "gross Sharpe", "return a year", "drawdown", "turnover a year"}, rows);
}

std::string parts_table(std::string_view heading, const std::vector<Part>& parts) {
  const bool market =
      std::ranges::any_of(parts, [](const Part& p) { return p.market.has_value(); });
  Cells heads{std::string(heading), "bars", "brought, share of equity", "Sharpe"};
  if (market) heads.emplace_back("market's log return a year");
  std::vector<Cells> rows;
  for (const Part& part : parts) {
    rows.push_back(
        {part.name, std::to_string(part.bars), percent(part.brought, 1), figure(part.sharpe)});
    if (market) rows.back().push_back(figure(part.market));
  }
  return html_table(heads, rows);
}

std::string adaptation_table(const Report& report) {
  std::vector<Cells> rows;
  const auto told = [](const evaluation::BootstrapResult& gain) {
    return fmt::format("{:+.2f} ({})", gain.estimate, interval(gain));
  };
  for (const AdaptationPoint& point : report.adaptation)
    rows.push_back({point.name, figure(point.figures.net_sharpe), told(point.gain),
                    point.gain_of_steps
                        ? fmt::format("{} over {}", told(*point.gain_of_steps), point.without_steps)
                        : std::string(),
                    percent(point.figures.yearly_return, 1), figure(point.figures.turnover, 0)});
  return html_table({"adapting", "net Sharpe", "gain over the first (95 %)",
                     "gain of its steps (95 %)", "return a year", "turnover a year"},
                    rows);
}

std::string validation_table(const Report& report) {
  std::vector<Cells> rows;
  for (const ValidationScore& score : report.validation)
    rows.push_back({fmt::format("fold {}: {}", score.fold, score.point), figure(score.sharpe),
                    score.chosen ? "chosen" : ""});
  return html_table({"point of the grid", "Sharpe on validation so far", ""}, rows);
}

std::string checkpoints_table(const Report& report) {
  std::vector<Cells> rows;
  for (const Trained& one : report.checkpoints)
    rows.push_back({fmt::format("{}, fold {}, seed {}", one.candidate, one.fold, one.seed),
                    one.hash.substr(0, 16), one.file});
  return html_table({"weights", "content hash", "file"}, rows);
}

}  // namespace proteus::app::evaluate
