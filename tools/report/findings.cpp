// What a run came to: baselines, falls, months, and the list of figures.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>

#include "models/evaluation/sharpe_draws.hpp"
#include "risk/venue_costs.hpp"
#include "tools/app/text.hpp"
#include "tools/report/report.hpp"

namespace proteus::app::report {
namespace {

/// Growth over less than this is not told as a yearly one.
constexpr double kYearlyDays = 90.0;
/// Of the bootstrap: an interval to its second digit, in less than a second for years of bars.
constexpr std::int64_t kDraws = 2'000;

evaluation::BootstrapResult times(evaluation::BootstrapResult r, double factor) {
  r.estimate *= factor;
  r.standard_error *= factor;
  r.low *= factor;
  r.high *= factor;
  return r;
}

std::vector<double> entry_costs(const Run& run) {
  const auto costs = run.settings ? risk::venue_costs(run.settings->paper) : risk::Costs{};
  std::vector<double> out;
  for (const Instrument& instrument : run.instruments) out.push_back(costs.of(instrument.category));
  return out;
}

evaluation::Figures figures_of_returns(const Report& report, const std::vector<double>& returns) {
  evaluation::Track track;
  track.bars_a_year = report.books.track.bars_a_year;
  track.closes = report.books.track.closes;
  track.net = returns;
  const std::vector<double> none(returns.size(), 0.0);
  track.fees = track.slippage = track.funding = track.traded = none;
  track.exposure.assign(returns.size(), 1.0);
  return evaluation::figures_of(track);
}

void add_intervals(Report& report) {
  const std::vector<std::vector<double>> columns{report.books.track.net, report.buy_and_hold};
  const auto draws = evaluation::SharpeDraws::create(columns, {.draws = kDraws});
  if (draws.has_error()) return;
  const double year = std::sqrt(report.books.track.bars_a_year);
  if (report.figures.sharpe) report.sharpe = times(draws.value().of(0), year);
  if (report.baseline.sharpe) report.baseline_sharpe = times(draws.value().of(1), year);
  if (report.sharpe && report.baseline_sharpe)
    report.difference = times(draws.value().difference(0, 1), year);
}

double days_of(const Report& report) { return seconds(report.until() - report.from()) / 86'400.0; }

using Trips = std::vector<evaluation::RoundTrip>;

std::optional<double> mean_profit(const Trips& trips, bool gains) {
  double sum = 0.0;
  std::size_t n = 0;
  for (const auto& trip : trips)
    if (gains ? trip.profit > 0.0 : trip.profit < 0.0) {
      sum += trip.profit;
      ++n;
    }
  return n > 0 ? std::optional(sum / static_cast<double>(n)) : std::nullopt;
}

std::optional<double> mean_hours(const Trips& trips) {
  if (trips.empty()) return std::nullopt;
  double sum = 0.0;
  for (const auto& trip : trips) sum += seconds(trip.closed - trip.opened) / 3600.0;
  return sum / static_cast<double>(trips.size());
}

double profit_without_best(const Trips& trips) {
  double sum = 0.0;
  double best = 0.0;
  for (const auto& trip : trips) {
    sum += trip.profit;
    best = std::max(best, trip.profit);
  }
  return sum - best;
}

class FigureList {
 public:
  FigureList& add(std::string key, std::string label, std::optional<double> value, Show show,
                  std::string means = {}) {
    list_.push_back({std::move(key), std::move(label), value, show, std::move(means)});
    return *this;
  }
  std::vector<ReportFigure> take() { return std::move(list_); }

 private:
  std::vector<ReportFigure> list_;
};

void add_ratio_figures(FigureList& list, const Report& r) {
  const auto& f = r.figures;
  const auto bound = [](const auto& result, auto member) {
    return result ? std::optional<double>((*result).*member) : std::nullopt;
  };
  using B = evaluation::BootstrapResult;
  list.add("sharpe", "Sharpe ratio a year, net", bound(r.sharpe, &B::estimate), Show::Number,
           "mean over deviation of the returns of all bars, times the root of bars a year")
      .add("sharpe_low", "its 95 % interval, from", bound(r.sharpe, &B::low), Show::Number,
           fmt::format("stationary bootstrap, {} draws", kDraws))
      .add("sharpe_high", "its 95 % interval, to", bound(r.sharpe, &B::high), Show::Number)
      .add("sharpe_lo", "Sharpe ratio by Lo's factor", f.net_sharpe, Show::Number,
           "a year's factor with the autocorrelation of the returns")
      .add("sharpe_gross", "Sharpe ratio before costs", f.gross_sharpe, Show::Number)
      .add("sharpe_positive", "chance that the true ratio is above 0", f.probabilistic,
           Show::Percent, "probabilistic Sharpe ratio; how often was tried is not known here")
      .add("buy_and_hold_sharpe", "Sharpe ratio of buy-and-hold",
           bound(r.baseline_sharpe, &B::estimate), Show::Number)
      .add("difference", "Sharpe ratio less that of buy-and-hold",
           bound(r.difference, &B::estimate), Show::Number)
      .add("difference_low", "its 95 % interval, from", bound(r.difference, &B::low), Show::Number,
           "both drawn at the same places")
      .add("difference_high", "its 95 % interval, to", bound(r.difference, &B::high), Show::Number)
      .add("sortino", "Sortino ratio a year", f.sortino, Show::Number);
}

void add_return_figures(FigureList& list, const Report& r) {
  const auto& f = r.figures;
  const bool yearly = days_of(r) >= kYearlyDays;
  const auto if_long = [&](double value) { return yearly ? std::optional(value) : std::nullopt; };
  list.add("return", "return, net", f.total_return, Show::Percent, "compounded over all bars")
      .add("buy_and_hold_return", "return of buy-and-hold", r.baseline.total_return, Show::Percent)
      .add("return_a_year", "return a year", if_long(f.yearly_return), Show::Percent,
           yearly ? "compounded" : "not told for less than 90 days")
      .add("volatility", "volatility a year", f.volatility, Show::Percent)
      .add("drawdown", "greatest drawdown", r.fall ? r.fall->depth : 0.0, Show::Percent,
           r.fall
               ? fmt::format("{} to {}, {}", format_time(r.fall->peak).substr(0, 16),
                             format_time(r.fall->trough).substr(0, 16),
                             r.fall->recovered
                                 ? "made good by " + format_time(*r.fall->recovered).substr(0, 16)
                                 : std::string("not made good"))
               : std::string())
      .add("buy_and_hold_drawdown", "drawdown of buy-and-hold",
           r.baseline_fall ? r.baseline_fall->depth : 0.0, Show::Percent)
      .add("calmar", "Calmar ratio", yearly ? f.calmar : std::nullopt, Show::Number);
}

void add_trade_figures(FigureList& list, const Report& r) {
  const auto& f = r.figures;
  const Trips& trips = r.books.track.trips;
  double best = 0.0;
  for (const auto& trip : trips) best = std::max(best, trip.profit);
  list.add("fills", "fills", static_cast<double>(f.fills), Show::Count)
      .add("trips", "round trips", static_cast<double>(trips.size()), Show::Count,
           "from nothing held to nothing held, or to the other side; what is open at the end is "
           "valued there")
      .add("hit_rate", "round trips that won", f.win_rate, Show::Percent, "after all costs")
      .add("profit_factor", "profit factor", f.profit_factor, Show::Number,
           "sum of gains over sum of losses of the round trips")
      .add("mean_gain", "mean gain of those that won", mean_profit(trips, true), Show::Money)
      .add("mean_loss", "mean loss of those that lost", mean_profit(trips, false), Show::Money)
      .add("best_trip", "best round trip", trips.empty() ? std::nullopt : std::optional(best),
           Show::Money)
      .add("profit_without_best", "profit of all others",
           trips.empty() ? std::nullopt : std::optional(profit_without_best(trips)), Show::Money)
      .add("holding_hours", "mean holding, hours", mean_hours(trips), Show::Number)
      .add("turnover", "turnover a year, in equities", f.turnover, Show::Number,
           "value of all fills over equity")
      .add("exposure", "mean exposure", f.exposure, Show::Percent,
           "sum of positions' values over equity, at the closes")
      .add("in_market", "bars that end with a position", f.in_market, Show::Percent)
      .add("break_even_bp", "cost of trading that leaves nothing, bp",
           f.break_even_cost ? std::optional(*f.break_even_cost * 1e4) : std::nullopt,
           Show::Number);
}

}  // namespace

std::string shown(std::optional<double> value, Show show) {
  if (!value || !std::isfinite(*value)) return "none";
  switch (show) {
    case Show::Percent:
      return percent(*value);
    case Show::Count:
      return fmt::format("{:.0f}", *value);
    case Show::Number:
    case Show::Money:
      break;
  }
  const std::string text = fmt::format("{:.2f}", *value);
  return text == "-0.00" ? "0.00" : text;
}
std::string shown(const ReportFigure& figure) { return shown(figure.value, figure.show); }

std::optional<Fall> greatest_fall(const std::vector<double>& returns,
                                  const std::vector<Timestamp>& closes, Timestamp from) {
  Fall worst;
  double index = 1.0;
  double peak = 1.0;
  double worst_peak = 1.0;
  Timestamp peak_at = from;
  for (std::size_t i = 0; i < returns.size(); ++i) {
    index *= 1.0 + returns[i];
    if (index >= peak) {
      peak = index;
      peak_at = closes[i];
    }
    if (1.0 - index / peak > worst.depth) {
      worst = {1.0 - index / peak, peak_at, closes[i], std::nullopt};
      worst_peak = peak;
    } else if (worst.depth > 0.0 && !worst.recovered && index >= worst_peak) {
      worst.recovered = closes[i];
    }
  }
  return worst.depth > 0.0 ? std::optional(worst) : std::nullopt;
}

std::vector<MonthRow> months_of(const evaluation::Track& track,
                                const std::vector<double>& buy_and_hold) {
  std::vector<MonthRow> months;
  for (std::size_t i = 0; i < track.bars(); ++i) {
    const std::chrono::year_month_day day{
        std::chrono::floor<std::chrono::days>(track.closes[i] - Duration{1})};
    const int year = static_cast<int>(day.year());
    const auto month = static_cast<unsigned>(day.month());
    if (months.empty() || months.back().year != year || months.back().month != month)
      months.push_back({year, month, 1.0, 1.0, 0});
    months.back().net *= 1.0 + track.net[i];
    months.back().buy_and_hold *= 1.0 + buy_and_hold[i];
    ++months.back().bars;
  }
  for (MonthRow& row : months) {
    row.net -= 1.0;
    row.buy_and_hold -= 1.0;
  }
  return months;
}

std::vector<double> buy_and_hold_returns(const Books& books, const std::vector<double>& cost) {
  const std::size_t n = cost.size();
  std::vector<double> first(n, 0.0);
  std::vector<double> returns;
  double before = 1.0;
  for (const std::vector<double>& closes : books.closes) {
    double now = 0.0;
    for (std::size_t k = 0; k < n; ++k) {
      const double share = 1.0 / static_cast<double>(n);
      if (first[k] == 0.0) first[k] = closes[k];
      // Not there yet: its share waits as money.
      now += first[k] == 0.0 ? share : share * (1.0 - cost[k]) * closes[k] / first[k];
    }
    returns.push_back(now / before - 1.0);
    before = now;
  }
  return returns;
}

std::vector<ReportFigure> figures_list(const Report& report) {
  FigureList list;
  add_return_figures(list, report);
  add_ratio_figures(list, report);
  add_trade_figures(list, report);
  return list.take();
}

Result<Report> make_report(const std::filesystem::path& folder) {
  BOOST_OUTCOME_TRY(Run run, read_run(folder));
  return make_report(std::move(run));
}

Result<Report> make_report(Run run) {
  Report report;
  report.run = std::move(run);
  BOOST_OUTCOME_TRY(report.books, tell_books(report.run));
  const auto& track = report.books.track;
  report.figures = evaluation::figures_of(track);
  report.buy_and_hold = buy_and_hold_returns(report.books, entry_costs(report.run));
  report.baseline = figures_of_returns(report, report.buy_and_hold);
  add_intervals(report);
  report.fall = greatest_fall(track.net, track.closes, report.from());
  report.baseline_fall = greatest_fall(report.buy_and_hold, track.closes, report.from());
  report.months = months_of(track, report.buy_and_hold);
  report.window = regime_window(track.bars());
  report.regimes = regimes_of(report.books, report.window);
  report.list = figures_list(report);
  report.identity = identity_of(report.run, report.books);
  report.notes = notes_of(report);
  report.verdict = verdict_of(report);
  return report;
}

}  // namespace proteus::app::report
