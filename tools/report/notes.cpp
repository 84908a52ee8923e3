// What is off with a run, told by itself: a person should not have to look for it.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "tools/app/shipped.hpp"
#include "tools/app/text.hpp"
#include "tools/evaluate/trained_until.hpp"
#include "tools/report/report.hpp"

namespace proteus::app::report {
namespace {

constexpr double kShortDays = 30.0;
constexpr std::size_t kFewTrips = 30;
constexpr double kManyLate = 0.2;  // of all bars

class NoteList {
 public:
  void warn(std::string text) { notes_.push_back({true, std::move(text)}); }
  void tell(std::string text) { notes_.push_back({false, std::move(text)}); }
  std::vector<Note> take() { return std::move(notes_); }

 private:
  std::vector<Note> notes_;
};

std::int64_t decisions_after_warm_up(const Run& run) {
  std::int64_t all = 0;
  for (const ReasonRow& row : run.reasons) all += row.count;
  return all;
}

void note_trades(const Report& r, NoteList& notes) {
  std::int64_t fills = 0;
  std::int64_t buys = 0;
  for (const InstrumentBooks& books : r.books.instruments) {
    fills += books.fills;
    buys += books.buys;
  }
  if (fills == 0) {
    std::string why = "no decision was recorded";
    if (!r.run.reasons.empty()) {
      const ReasonRow& most = r.run.reasons.front();
      why = fmt::format("most decisions ({} of {}) ended as {}{}", most.count,
                        decisions_after_warm_up(r.run), most.outcome,
                        most.reason.empty() ? "" : ": " + most.reason);
    }
    if (!r.run.refusals.empty())
      why += fmt::format("; {} refused {} orders", r.run.refusals.front().control,
                         r.run.refusals.front().count);
    return notes.warn(fmt::format("No trades: {}.", why));
  }
  if (buys == fills || buys == 0)
    notes.warn(
        fmt::format("All {} fills are on one side: {}.", fills, buys == fills ? "bought" : "sold"));
}

/// Filled by the venue more than a bar after it was decided.
void note_stale_fills(const Report& r, NoteList& notes) {
  std::int64_t stale = 0;
  Duration longest{0};
  for (const auto& [record, fill] : r.run.fills) {
    const auto order = r.run.orders.find(std::string(fill.id.view()));
    if (order == r.run.orders.end() || order->second.decided == Timestamp{}) continue;
    const Duration waited = fill.time - order->second.decided;
    if (waited <= bar_length(order->second.decided, r.run.interval)) continue;
    ++stale;
    longest = std::max(longest, waited);
  }
  if (stale > 0)
    notes.warn(
        fmt::format("Stale fills: {} of {} came more than a bar after their decision, the "
                    "latest after {}.",
                    stale, r.run.fills.size(), age_text(seconds(longest))));
}

void note_concentration(const Report& r, NoteList& notes) {
  const auto& trips = r.books.track.trips;
  double sum = 0.0;
  double best = 0.0;
  for (const auto& trip : trips) {
    sum += trip.profit;
    best = std::max(best, trip.profit);
  }
  if (trips.size() > 1 && sum > 0.0 && sum - best < 0.0)
    notes.warn(
        fmt::format("The result rests on one trade: the best round trip made {:.2f}, all "
                    "others together {:.2f}.",
                    best, sum - best));
}

void note_costs(const Report& r, NoteList& notes) {
  const MoneySplit& m = r.books.money;
  const Money costs = m.fees + m.slippage + m.funding;
  if (costs <= Money{} || r.run.fills.empty()) return;
  if (costs > m.gross)
    notes.warn(
        fmt::format("Costs are above gross profit: {} was paid in fees, slippage and "
                    "funding, {} was earned before them.",
                    fixed(costs.to_string(), 2), fixed(m.gross.to_string(), 2)));
}

void note_bars(const Report& r, NoteList& notes) {
  const std::int64_t all = decisions_after_warm_up(r.run);
  std::int64_t late = 0;
  std::int64_t set_aside = 0;
  for (const ReasonRow& row : r.run.reasons) {
    if (row.outcome == to_string(Outcome::Late)) late += row.count;
    if (row.outcome == to_string(Outcome::SetAside)) set_aside += row.count;
  }
  const double share = all > 0 ? static_cast<double>(late) / static_cast<double>(all) : 0.0;
  if (share > 0.5)
    notes.warn(
        fmt::format("Mostly late bars: {} of {} came too long after their close, and "
                    "nothing is sent for such.",
                    late, all));
  else if (share > kManyLate)
    notes.warn(
        fmt::format("{} of {} bars came too long after their close; nothing was sent for "
                    "them.",
                    late, all));
  if (set_aside > 0) notes.tell(fmt::format("{} bars were absurd and set aside.", set_aside));
}

void note_sample(const Report& r, NoteList& notes) {
  const double days = seconds(r.until() - r.from()) / 86'400.0;
  if (days < kShortDays)
    notes.warn(
        fmt::format("Short sample: {:.1f} days ({} bars). Ratios a year are hardly more than "
                    "chance.",
                    days, r.books.track.bars()));
  if (const std::size_t trips = r.books.track.trips.size(); trips > 0 && trips < kFewTrips)
    notes.warn(fmt::format("Few round trips: {}. Hit rate and profit factor say little.", trips));
}

void note_seen(const Report& r, NoteList& notes) {
  if (!r.run.settings) return;
  const Settings& s = *r.run.settings;
  using strategies::StrategyKind;
  std::vector<std::string> files = s.strategy.name == StrategyKind::Policy ? s.policy.checkpoints
                                   : s.strategy.name == StrategyKind::Forecast
                                       ? s.forecast.checkpoints
                                       : std::vector<std::string>{};
  if (files.empty()) return;
  if (auto shipped = with_shipped(files); shipped.has_value()) files = std::move(shipped.value());
  const auto unread = std::ranges::count_if(
      files, [](const std::string& file) { return !std::filesystem::exists(file); });
  if (unread > 0)
    notes.tell(
        fmt::format("{} of {} checkpoints are not where they were: whether they were trained "
                    "on these bars cannot be told.",
                    unread, files.size()));
  if (const auto note = evaluate::seen_note(files, r.from()))
    notes.warn("In sample: " + *note + ".");
}

void note_books(const Report& r, NoteList& notes) {
  const Books& b = r.books;
  if (b.points_with_equal_cash < b.points)
    notes.warn(
        fmt::format("The books do not come out: told again from fills and funding, cash "
                    "differs at {} of {} points. The tables tell more or less than "
                    "the log does; proteus journal rebuild makes them again.",
                    b.points - b.points_with_equal_cash, b.points));
  if (b.begins_late)
    notes.warn(
        fmt::format("The report begins at {}: rows of what came before are gone by "
                    "retention.",
                    format_time(r.from())));
  if (b.track.funding_assumed > 0)
    notes.tell(
        fmt::format("{} of {} funding settlements were at an assumed rate, against the "
                    "holder: nobody knew the real one.",
                    b.track.funding_assumed, b.track.settlements));
  if (!r.run.settings)
    notes.tell(
        "The session's settings cannot be read by this program: costs of the baseline are "
        "defaults.");
  else
    for (const std::string& warning : cost_warnings(r.run.settings->paper)) notes.warn(warning);
}

}  // namespace

std::vector<Note> notes_of(const Report& report) {
  NoteList notes;
  note_seen(report, notes);
  note_trades(report, notes);
  note_concentration(report, notes);
  note_costs(report, notes);
  note_stale_fills(report, notes);
  note_bars(report, notes);
  note_sample(report, notes);
  note_books(report, notes);
  auto list = notes.take();
  std::ranges::stable_partition(list, &Note::warning);
  return list;
}

std::vector<std::string> verdict_of(const Report& r) {
  const MoneySplit& m = r.books.money;
  std::vector<std::string> out;
  out.push_back(fmt::format("{} {} after all costs ({}), from {} to {}.",
                            m.net() < Money{} ? "Lost" : "Earned",
                            fixed(abs(m.net()).to_string(), 2), percent(r.figures.total_return),
                            fixed(m.start.to_string(), 2), fixed(m.final.to_string(), 2)));
  const double mine = r.figures.total_return;
  const double theirs = r.baseline.total_return;
  out.push_back(
      mine < theirs
          ? fmt::format("It is BELOW buy-and-hold of the same instruments, which made {}.",
                        percent(theirs))
          : fmt::format("Buy-and-hold of the same instruments made {}.", percent(theirs)));
  if (mine < 0.0) out.emplace_back("It is below holding nothing.");
  // Over few days the interval is so wide that it would only fill the line.
  if (r.difference && seconds(r.until() - r.from()) >= kShortDays * 86'400.0) {
    const auto& d = *r.difference;
    out.push_back(fmt::format(
        "Sharpe ratio less that of buy-and-hold: {:+.2f} (95 %: {:+.2f} to {:+.2f}){}.", d.estimate,
        d.low, d.high, d.low <= 0.0 && d.high >= 0.0 ? "; the two cannot be told apart" : ""));
  }
  return out;
}

}  // namespace proteus::app::report
