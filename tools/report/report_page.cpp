// report.html: one file that any browser shows without a network and without a script.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "models/runs/html.hpp"
#include "tools/app/text.hpp"
#include "tools/pages/html_table.hpp"
#include "tools/pages/page_style.hpp"
#include "tools/pages/svg_plot.hpp"
#include "tools/report/report.hpp"

namespace proteus::app::report {
namespace {

using pages::Cells, pages::LinePlot;
using runs::escaped;

constexpr std::size_t kTripsShown = 12;  // best and worst

/// A number with its key in report.json, so that both can be held against one another.
std::string datum(const std::string& key, double value, const std::string& text) {
  return fmt::format("<data id=\"{}\" value=\"{}\">{}</data>", key, value, escaped(text));
}
std::string datum(const std::string& key, Money value, const std::string& text) {
  return fmt::format("<data id=\"{}\" value=\"{}\">{}</data>", key, value.to_string(),
                     escaped(text));
}
std::string soft(std::string_view text) {
  return text.empty() ? std::string() : fmt::format("<p class=\"soft\">{}</p>\n", escaped(text));
}
std::string part(std::string_view heading, const std::string& body, std::string_view words = "") {
  if (body.empty()) return {};
  return fmt::format("<section><h2>{}</h2>\n{}{}</section>\n", escaped(heading), soft(words), body);
}

std::string minute(Timestamp t) {
  std::string text = format_time(t).substr(0, 16);
  text[10] = ' ';
  return text;
}
std::string two(Money money) { return fixed(money.to_string(), 2); }

LinePlot equity_plot_of(const Report& r) {
  const auto& track = r.books.track;
  LinePlot plot{.title = "Equity after all costs",
                .unit = "quote currency; what came or went as money is left out",
                .times = track.closes,
                .lines = {{"this run", {}}, {"buy-and-hold", {}}, {"nothing held", {}}}};
  const double start = r.books.money.start.to_double();
  double mine = start;
  double theirs = start;
  for (std::size_t i = 0; i < track.bars(); ++i) {
    plot.lines[0].values.push_back(mine *= 1.0 + track.net[i]);
    plot.lines[1].values.push_back(theirs *= 1.0 + r.buy_and_hold[i]);
    plot.lines[2].values.push_back(start);
  }
  const auto [least, most] = std::ranges::minmax(plot.lines[0].values);
  const auto [low, high] = std::ranges::minmax(plot.lines[1].values);
  plot.log_scale = std::min(least, low) > 0.0 && std::max(most, high) > 5.0 * std::min(least, low);
  if (plot.log_scale) plot.unit += "; logarithmic";
  return plot;
}

std::vector<double> falls_of(const std::vector<double>& returns) {
  std::vector<double> out;
  double index = 1.0;
  double peak = 1.0;
  for (const double r : returns) {
    index *= 1.0 + r;
    peak = std::max(peak, index);
    out.push_back(100.0 * (index / peak - 1.0));
  }
  return out;
}

std::vector<double> in_percent(std::vector<double> values) {
  for (double& v : values) v *= 100.0;
  return values;
}

/// Value traded over the last month of bars, as a yearly number.
std::vector<double> turnover_of(const Report& r) {
  const auto& track = r.books.track;
  const auto month = std::max<std::size_t>(1, static_cast<std::size_t>(track.bars_a_year / 12.0));
  std::vector<double> out;
  double sum = 0.0;
  for (std::size_t i = 0; i < track.bars(); ++i) {
    sum += track.traded[i] - (i >= month ? track.traded[i - month] : 0.0);
    const auto n = static_cast<double>(std::min(i + 1, month));
    // Over a few bars nothing can be said of a year.
    out.push_back(i + 1 < std::min(month, track.bars() / 10) ? 0.0 : sum / n * track.bars_a_year);
  }
  return out;
}

std::string plots(const Report& r) {
  const auto& track = r.books.track;
  const auto line = [&](std::string title, std::string unit, std::vector<pages::Line> lines) {
    return pages::line_plot({.title = std::move(title),
                             .unit = std::move(unit),
                             .times = track.closes,
                             .lines = std::move(lines),
                             .filled = true});
  };
  return "<div class=\"plots\">\n" + pages::line_plot(equity_plot_of(r)) +
         line("Drawdown", "% below the peak",
              {{"this run", falls_of(track.net)}, {"buy-and-hold", falls_of(r.buy_and_hold)}}) +
         line("Exposure", "% of equity, at the closes",
              {{"all positions", in_percent(track.exposure)},
               {"long less short", in_percent(r.books.net_exposure)}}) +
         line("Turnover", "equities a year, mean of the last month", {{"", turnover_of(r)}}) +
         "</div>\n";
}

/// The fills of an instrument on its closes, in at most as many marks as a screen can hold apart.
std::string price_plot(const Report& r, std::uint32_t k) {
  LinePlot plot{.title = r.books.track.names[k], .unit = "price at the closes"};
  plot.lines.push_back({"close", {}});
  for (std::size_t i = 0; i < r.books.closes.size(); ++i) {
    if (!(r.books.closes[i][k] > 0.0)) continue;
    plot.times.push_back(r.books.track.closes[i]);
    plot.lines[0].values.push_back(r.books.closes[i][k]);
  }
  std::int64_t fills = 0;
  for (const auto& [record, fill] : r.run.fills) {
    if (fill.instrument.index != k || plot.times.empty()) continue;
    ++fills;
    plot.marks.push_back({std::clamp(fill.time, plot.times.front(), plot.times.back()),
                          fill.price.to_double(), fill.side == Side::Buy});
  }
  plot.unit += fmt::format("; {} fills", fills);
  return pages::line_plot(plot);
}

std::string price_plots(const Report& r) {
  std::string out;
  for (std::uint32_t k = 0; k < r.books.instruments.size(); ++k) out += price_plot(r, k);
  return "<div class=\"plots\">\n" + out + "</div>\n";
}

std::string figures_table(const Report& r) {
  std::vector<Cells> rows;
  for (const ReportFigure& f : r.list) {
    const std::string means = f.means.empty() ? "" : "<small>" + escaped(f.means) + "</small>";
    rows.push_back({escaped(f.label) + means,
                    f.value ? datum("figures." + f.key, *f.value, shown(f)) : "none"});
  }
  return pages::html_table_of_markup({"figure", "value"}, rows);
}

std::string money_table(const Report& r) {
  const MoneySplit& m = r.books.money;
  std::vector<Cells> rows;
  const auto add = [&](const char* label, const char* key, Money value, bool paid) {
    rows.push_back(
        {label, datum(std::string("money.") + key, value, paid ? two(-value) : two(value))});
  };
  add("equity at the start", "start", m.start, false);
  if (!m.flows.is_zero()) add("money that came or went", "flows", m.flows, false);
  add("gross: prices, had nothing cost anything", "gross", m.gross, false);
  add("fees", "fees", m.fees, true);
  add("slippage (inside prices)", "slippage", m.slippage, true);
  add("funding", "funding", m.funding, true);
  add("equity at the end", "final", m.final, false);
  return pages::html_table_of_markup({"", "quote currency"}, rows);
}

std::string instruments_table(const Report& r) {
  std::vector<Cells> rows;
  for (std::size_t k = 0; k < r.books.instruments.size(); ++k) {
    const InstrumentBooks& b = r.books.instruments[k];
    rows.push_back({r.books.track.names[k], two(b.price - b.fees - b.funding),
                    two(b.price + b.slippage), two(b.fees), two(b.slippage), two(b.funding),
                    std::to_string(b.fills), b.position.to_string()});
  }
  return pages::html_table(
      {"instrument", "net", "gross", "fees", "slippage", "funding", "fills", "position"}, rows);
}

std::string months_table(const Report& r) {
  static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  Cells heads{"year"};
  for (const char* month : kMonths) heads.emplace_back(month);
  heads.insert(heads.end(), {"year, net", "buy-and-hold"});
  std::vector<Cells> rows;
  std::size_t at = 0;
  while (at < r.months.size()) {
    const int year = r.months[at].year;
    Cells row(heads.size());
    row[0] = std::to_string(year);
    double net = 1.0;
    double held = 1.0;
    for (; at < r.months.size() && r.months[at].year == year; ++at) {
      const MonthRow& m = r.months[at];
      row[m.month] = fmt::format("<span class=\"{}\">{}</span>", m.net < 0.0 ? "loss" : "gain",
                                 datum(fmt::format("months.{}-{:02}.net", m.year, m.month), m.net,
                                       fmt::format("{:.1f}", 100.0 * m.net)));
      net *= 1.0 + m.net;
      held *= 1.0 + m.buy_and_hold;
    }
    row[13] = fmt::format("{:.1f}", 100.0 * (net - 1.0));
    row[14] = fmt::format("{:.1f}", 100.0 * (held - 1.0));
    rows.push_back(std::move(row));
  }
  return pages::html_table_of_markup(heads, rows);
}

std::string regimes_table(const Report& r) {
  std::vector<Cells> rows;
  for (const RegimeRow& row : r.regimes)
    rows.push_back({row.name, std::to_string(row.bars), percent(row.share, 0),
                    percent(row.brought, 1), shown(row.sharpe, Show::Number), percent(row.held, 0),
                    fmt::format("{:+.2f}", row.market)});
  if (rows.empty()) return {};
  return pages::html_table({"bars in which", "bars", "share", "brought", "Sharpe",
                            "with a position", "market's log return"},
                           rows);
}

std::string refusals_table(const Report& r) {
  if (r.run.refusals.empty()) return "<p>None: no control refused an order.</p>\n";
  std::vector<Cells> rows;
  for (const RefusalRow& row : r.run.refusals)
    rows.push_back({fmt::format("{} {}", row.number, row.control), row.instrument,
                    std::to_string(row.count), minute(row.first), minute(row.last),
                    fmt::format("{} {}", row.allowed, row.unit),
                    fmt::format("{} {}", row.actual, row.unit)});
  return pages::html_table(
      {"control", "instrument", "refused", "first", "last", "allowed then", "actual then"}, rows);
}

std::string outcomes_table(const Report& r) {
  constexpr std::size_t kMost = 12;
  std::vector<Cells> rows;
  std::int64_t others = 0;
  for (std::size_t i = 0; i < r.run.reasons.size(); ++i) {
    const ReasonRow& row = r.run.reasons[i];
    if (i < kMost)
      rows.push_back({row.outcome + ": " + row.reason, std::to_string(row.count)});
    else
      others += row.count;
  }
  if (others > 0) rows.push_back({"all others", std::to_string(others)});
  return rows.empty() ? std::string() : pages::html_table({"outcome", "decisions"}, rows);
}

std::string trips_table(const Report& r) {
  auto trips = r.books.track.trips;
  std::ranges::stable_sort(trips, std::greater<>{}, &evaluation::RoundTrip::profit);
  std::vector<Cells> rows;
  for (std::size_t i = 0; i < trips.size(); ++i) {
    if (i >= kTripsShown && i + kTripsShown < trips.size()) continue;
    const auto& t = trips[i];
    rows.push_back({r.books.track.names[t.instrument], fmt::format("{:.2f}", t.profit),
                    age_text(seconds(t.closed - t.opened)), minute(t.opened),
                    t.cut ? minute(t.closed) + " (open)" : minute(t.closed),
                    fmt::format("{:.2f}", t.size)});
  }
  if (rows.empty()) return {};
  return pages::html_table({"instrument", "profit", "held", "opened", "closed", "greatest value"},
                           rows);
}

std::string identity_table(const Report& r) {
  std::string out = "<dl>\n";
  for (const auto& [key, value] : r.identity)
    fmt::format_to(std::back_inserter(out), "<dt>{}</dt><dd>{}</dd>\n", escaped(key),
                   escaped(value));
  return out + "</dl>\n";
}

std::string notes_list(const Report& r) {
  std::string out = "<div class=\"verdict\">";
  for (const std::string& sentence : r.verdict) out += "<p>" + escaped(sentence) + "</p>";
  out += "</div>\n";
  if (r.notes.empty()) return out;
  out += "<ul class=\"notes\">\n";
  for (const Note& note : r.notes)
    out += fmt::format("<li{}>{}</li>\n", note.warning ? " class=\"warning\"" : "",
                       escaped(note.text));
  return out + "</ul>\n";
}

std::string head_of(const Report& r) {
  std::string instruments;
  for (const std::string& name : r.books.track.names)
    instruments += (instruments.empty() ? "" : ", ") + name;
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
      "<title>Report of {0}</title><style>{1}{2}</style></head><body>\n<h1>Report of {0}</h1>\n"
      "<p class=\"soft\">{3}, bars of {4}, {5} to {6} UTC ({7} bars).</p>\n",
      escaped(r.run.name), pages::kStyle, pages::kReportStyle, escaped(instruments),
      to_string(r.run.interval), minute(r.from()), minute(r.until()), r.books.track.bars());
}

}  // namespace

std::string report_page(const Report& r) {
  std::string out = head_of(r) + notes_list(r) + plots(r);
  out += soft(
      "Lines are drawn by at most 400 points, the least and greatest of each stretch among them; "
      "every bar is in the CSV file beside this page. Buy-and-hold: equal shares at the first "
      "closes, one entry's fee and half spread taken off, funding not counted.");
  out += part("What was earned and paid", money_table(r),
              "Exact: start, flows and gross less fees, slippage and funding give the end.");
  out += part("Instruments", instruments_table(r));
  out += part("Figures", figures_table(r));
  out += part("Months", months_table(r), "Returns after all costs, %. UTC.");
  out +=
      part("Trades on the price", price_plots(r),
           "A triangle up is a purchase, one down a sale. Fills of one side that lie closer than "
           "a mark is wide are one mark.");
  out += part("Round trips", trips_table(r),
              fmt::format("The best and the worst {} of {}; all are in the CSV file.", kTripsShown,
                          r.books.track.trips.size()));
  out +=
      part("Regimes", regimes_table(r),
           fmt::format("Each bar of each instrument by the {0} bars before it: deviation of their "
                       "log returns, in thirds of all this run has seen (so with hindsight), and "
                       "the sign of their sum. Brought: sum of shares of equity, net.",
                       r.window));
  out += part("Refused by control", refusals_table(r));
  out += part("How decisions ended", outcomes_table(r), "Warm-up left out.");
  out += part("What ran", identity_table(r));
  return out + "</body></html>\n";
}

}  // namespace proteus::app::report
