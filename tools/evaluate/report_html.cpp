// report.html: one file that any browser shows without a network, on a phone and on a desk, by day
// and by night.
#include <fmt/format.h>

#include <algorithm>

#include "models/runs/html.hpp"
#include "tools/evaluate/html_tables.hpp"
#include "tools/evaluate/svg_plot.hpp"

namespace proteus::app::evaluate {
namespace {

constexpr std::string_view kStyle = R"(
:root{color-scheme:light dark;--ink:#1d2733;--soft:#5b6773;--line:#d9dee4;--ground:#fff;--box:#f5f7f9;
--s0:#1462b8;--s1:#b8530f;--s2:#2b7d45;--s3:#8a3fa8;--s4:#6b7280;--s5:#0f7f86;--s6:#a03050}
@media(prefers-color-scheme:dark){:root{--ink:#e4e9ee;--soft:#a3afba;--line:#333d47;--ground:#14191f;
--box:#1b222a;--s0:#6cb2ff;--s1:#f0a060;--s2:#6fca8c;--s3:#cf95e8;--s4:#a3adb8;--s5:#5cc9d0;--s6:#f08ca4}}
*{box-sizing:border-box}
body{margin:0 auto;padding:1.2rem;max-width:72rem;background:var(--ground);color:var(--ink);
font:15px/1.5 system-ui,sans-serif}
h1{font-size:1.4rem;margin:0 0 .3rem}h2{font-size:1.1rem;margin:2rem 0 .5rem}
p{margin:.4rem 0}.soft,figcaption span{color:var(--soft)}
.verdict{background:var(--box);border-left:4px solid var(--s0);padding:.6rem 1rem;margin:1rem 0}
.plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,30rem),1fr));gap:1.2rem}
figure{margin:0;min-width:0}figcaption{margin-bottom:.2rem}
figure>svg{width:100%;height:auto;display:block}
text{font:13px system-ui,sans-serif;fill:var(--soft)}.y,.last,.name{text-anchor:end}
.middle{text-anchor:middle}.name{fill:var(--ink)}
.grid{stroke:var(--line)}.zero{stroke:var(--soft);stroke-width:1.4}
.line{fill:none;stroke-width:1.6}.area{fill:var(--s0);opacity:.18}
.series-0{stroke:var(--s0);stroke-width:2.4}.series-1{stroke:var(--s1)}.series-2{stroke:var(--s2)}
.series-3{stroke:var(--s3)}.series-4{stroke:var(--s4)}.series-5{stroke:var(--s5)}
.series-6{stroke:var(--s6)}
.interval{stroke:var(--s0);stroke-width:2.4}.dot{fill:var(--s0)}
.legend{display:flex;flex-wrap:wrap;gap:.1rem 1rem;font-size:.88rem}
.legend svg{width:24px;height:8px;margin-right:.35rem}
.wide{overflow-x:auto}table{border-collapse:collapse;font-size:.9rem;font-variant-numeric:tabular-nums}
th,td{padding:.25rem .7rem .25rem 0;border-bottom:1px solid var(--line);text-align:right;
vertical-align:top}
th:first-child,td:first-child{text-align:left}tbody th{font-weight:500}
tbody th{min-width:9rem}thead th{color:var(--soft);font-weight:500}
pre{background:var(--box);padding:.8rem;overflow-x:auto;font-size:.82rem}
td,thead th{white-space:nowrap}thead th{vertical-align:bottom}
@media(max-width:40rem){body{padding:.8rem}text{font-size:20px}svg .odd{display:none}}
)";

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
      runs::escaped(report.plan.evaluate.name), kStyle, runs::escaped(instruments),
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
