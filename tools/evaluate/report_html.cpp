// report.html: one file that any browser shows without a network, on a phone and on a desk, by day
// and by night.
#include <fmt/format.h>

#include <algorithm>

#include "models/runs/html.hpp"
#include "tools/evaluate/html_tables.hpp"
#include "tools/pages/page_style.hpp"
#include "tools/pages/svg_plot.hpp"

namespace proteus::app::evaluate {
namespace {

using pages::Interval95, pages::interval_plot, pages::line_plot, pages::LinePlot, pages::step_plot;

std::vector<double> percent_of(std::vector<double> values) {
  for (double& v : values) v *= 100.0;
  return values;
}

/// Equity from 1, all at one volatility.
std::string equity_plot(const Report& report) {
  LinePlot plot{.title = "Equity after all costs",
                .unit = fmt::format("every account at a volatility of {:.0f} % a year, start = 1",
                                    100.0 * kShownVolatility),
                .times = report.judged().track.closes,
                .log_scale = true};
  for (const Account& account : report.accounts) {
    const auto& f = account.figures;
    std::vector<double> equity;
    double at = 1.0;
    for (const double r : account.track.net)
      equity.push_back(at *=
                       1.0 + (f.volatility > 0.0 ? r * kShownVolatility / f.volatility : 0.0));
    const bool whole = std::ranges::all_of(equity, [](double e) { return e > 0.0; });
    if (whole) plot.lines.push_back({account.name, std::move(equity)});
  }
  return line_plot(plot);
}

std::string drawdown_plot(const Report& report) {
  std::vector<double> fall;
  double equity = 1.0;
  double peak = 1.0;
  for (const double r : report.judged().track.net) {
    equity *= 1.0 + r;
    peak = std::max(peak, equity);
    fall.push_back(equity / peak - 1.0);
  }
  return line_plot({.title = "Drawdown",
                    .unit = "% below the peak",
                    .times = report.judged().track.closes,
                    .lines = {{report.judged().name, percent_of(std::move(fall))}},
                    .filled = true});
}

/// Mean of what was traded over a month of bars, as a yearly number.
std::string turnover_plot(const Report& report) {
  const auto& track = report.judged().track;
  const auto month = std::max<std::size_t>(1, static_cast<std::size_t>(track.bars_a_year / 12.0));
  LinePlot plot{.title = "Turnover", .unit = "equities a year, mean of the last month"};
  std::vector<double> mean;
  double sum = 0.0;
  for (std::size_t i = 0; i < track.traded.size(); ++i) {
    sum += track.traded[i] - (i >= month ? track.traded[i - month] : 0.0);
    if (i + 1 < std::min(month, track.traded.size())) continue;
    plot.times.push_back(track.closes[i]);
    mean.push_back(sum / static_cast<double>(std::min(i + 1, month)) * track.bars_a_year);
  }
  plot.lines.push_back({report.judged().name, std::move(mean)});
  return line_plot(plot);
}

std::string ratio_plots(const Report& report) {
  std::vector<Interval95> ratios;
  std::vector<Interval95> differences;
  for (const Account& a : report.accounts) {
    if (a.figures.sharpe)
      ratios.push_back({a.name, a.sharpe.estimate, a.sharpe.low, a.sharpe.high});
    if (a.difference)
      differences.push_back(
          {a.name, a.difference->estimate, a.difference->low, a.difference->high});
  }
  return interval_plot("Net Sharpe ratio", "a year, 95 % of the bootstrap", ratios) +
         interval_plot("Judged less baseline", "difference of ratios at the same draws, 95 %",
                       differences);
}

std::string adaptation_plot(const Report& report) {
  std::vector<Interval95> points;
  for (const AdaptationPoint& p : report.adaptation)
    points.push_back({p.name, p.gain.estimate, p.gain.low, p.gain.high});
  return step_plot("Gain from adaptation", "ratio a year less that of the first way, 95 %", points);
}

std::string section(std::string_view heading, const std::string& body, std::string_view soft = "") {
  if (body.empty()) return {};
  return fmt::format("<h2>{}</h2>\n{}{}", heading,
                     soft.empty() ? std::string() : fmt::format("<p class=\"soft\">{}</p>\n", soft),
                     body);
}

std::string seeds_section(const Report& report) {
  if (report.seeds.empty()) return {};
  const Spread spread = spread_of(report.seeds);
  return section(
      "Seeds, each alone", seeds_table(report),
      fmt::format("Net Sharpe ratio: median {:.2f}, from {:.2f} to {:.2f} over {} seeds. "
                  "What is judged is their mean weight.",
                  spread.median, spread.least, spread.greatest, report.seeds.size()));
}

std::string head(const Report& report) {
  const auto& closes = report.judged().track.closes;
  std::string instruments;
  for (const std::string& name : report.instruments)
    instruments += (instruments.empty() ? "" : ", ") + name;
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
      "<title>Evaluation of {0}</title><style>{1}</style></head><body>\n<h1>Evaluation of "
      "{0}</h1>\n"
      "<p class=\"soft\">{2}, {3} bars out of sample, {4} to {5}. Costs: {6}.</p>\n",
      runs::escaped(report.plan.evaluate.name), pages::kStyle, runs::escaped(instruments),
      report.judged().figures.bars, format_time(closes.front()).substr(0, 10),
      format_time(closes.back()).substr(0, 10), runs::escaped(report.costs));
}

}  // namespace

std::string report_html(const Report& report) {
  std::string out = head(report);
  out += "<div class=\"verdict\">";
  for (const std::string& sentence : verdict_of(report))
    out += "<p>" + runs::escaped(sentence) + "</p>";
  out += "</div>\n<div class=\"plots\">\n" + equity_plot(report) + drawdown_plot(report) +
         ratio_plots(report) + turnover_plot(report) + adaptation_plot(report) + "</div>\n";
  out += section(
      "All accounts", accounts_table(report),
      "Ratios are after all costs, scaled to a year by Lo's factor. Differences are "
      "drawn at the same places for both and scaled by the square root. The mean is a year's, had "
      "the account moved by so much.");
  out += section("All figures", figures_table(report));
  out += section("Folds", folds_table(report), "Net Sharpe ratio, and return over the block.");
  out += seeds_section(report);
  if (!report.adaptation.empty()) out += section("Gain from adaptation", adaptation_table(report));
  out += section("Instruments", parts_table("instrument", report.by_instrument));
  out +=
      section("Regimes", parts_table("regime", report.by_regime),
              fmt::format("Each instrument's stretches of {} bars, named with all of them known.",
                          report.plan.evaluate.regime_bars));
  if (!report.validation.empty()) out += section("Choices on validation", validation_table(report));
  std::string notes;
  for (const std::string& note : report.notes) notes += "<li>" + runs::escaped(note) + "</li>";
  if (!notes.empty()) out += section("Notes", "<ul>" + notes + "</ul>");
  if (!report.checkpoints.empty()) out += section("Weights", checkpoints_table(report));
  out += section("How it was made",
                 fmt::format("<pre>{}</pre><details><summary>settings, hash {}</summary><pre>{}"
                             "</pre></details>\n",
                             runs::escaped(report.command), report.plan.hash,
                             runs::escaped(report.plan.resolved)));
  return out + "</body></html>\n";
}

}  // namespace proteus::app::evaluate
