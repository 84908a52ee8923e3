#include "connectors/bybit/backfill.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "connectors/bybit/topics.hpp"

namespace proteus::bybit {
namespace {

/// So many deadlines of a request may one series that catches up keep the others waiting without a
/// bar: 30 s by default.
constexpr int kPatience = 2;
/// So long after its close a bar of a stream may wait for those that catch up, in venue time.
constexpr Duration kLivePatience = std::chrono::seconds{2};

KlineMerger::Limits limits_of(const FeedSettings& settings) {
  const bool steady = settings.clock == ClockMode::Steady;
  // In an accelerated run a real millisecond of doubt about the clock is worth `speed` of the
  // venue's. With clock = frames both sides have one time: there is no doubt, and a venue that
  // waits for us would never reach a later "final".
  const double stretch = steady ? std::max(1.0, settings.speed) : 1.0;
  const auto stretched = [&](Duration d) {
    return Duration{static_cast<std::int64_t>(static_cast<double>(d.count()) * stretch)};
  };
  KlineMerger::Limits limits;
  limits.close_deadline = stretched(settings.close_deadline);
  limits.future_slack = stretched(settings.future_slack);
  limits.final_slack = steady ? settings.final_slack : Duration{0};
  limits.missing_tries = static_cast<int>(settings.missing_bar_tries);
  return limits;
}

}  // namespace

Backfill::Backfill(const FeedSettings& settings, const InstrumentTable& instruments,
                   const std::vector<Interval>& intervals, const std::vector<StreamPlan>& plans,
                   RestQueue& queue, FeedOutput& out)
    : settings_(settings), queue_(queue), out_(out), holes_(plans.size(), 0) {
  by_instrument_.resize(instruments.size());
  for (auto& row : by_instrument_) row.fill(kNone);
  for (std::size_t stream = 0; stream < plans.size(); ++stream) {
    for (const InstrumentId id : plans[stream].instruments) {
      const Instrument& instrument = instruments[id];
      for (const Interval interval : intervals) {
        by_instrument_[id.index][static_cast<std::size_t>(interval)] =
            static_cast<std::uint32_t>(series_.size());
        Series series{KlineMerger(id, interval,
                                  fmt::format("{} {}", instrument.name(), to_string(interval)),
                                  limits_of(settings))};
        series.stream = static_cast<StreamId>(stream);
        series.symbol = instrument.symbol;
        series.category = instrument.category;
        series_.push_back(std::move(series));
      }
    }
  }
}

Backfill::Series* Backfill::find(InstrumentId instrument, Interval interval) {
  const std::uint32_t index = by_instrument_[instrument.index][static_cast<std::size_t>(interval)];
  return index == kNone ? nullptr : &series_[index];
}

void Backfill::start(int bars, const std::vector<ResumePoint>& resume, Timestamp venue,
                     SteadyTime now) {
  for (std::size_t i = 0; i < series_.size(); ++i) {
    KlineMerger& merger = series_[i].merger;
    const auto known = std::ranges::find_if(resume, [&](const ResumePoint& point) {
      return point.instrument == merger.instrument() && point.interval == merger.interval();
    });
    if (known != resume.end())
      merger.resume_at(known->next_open, known->warming_up, venue);
    else if (bars > 0)
      merger.begin_warm_up(bars, venue);
    catch_up(series_[i], venue, now);
    pump(i, venue, now);
  }
  hand_on(venue, now);
}

void Backfill::catch_up(Series& series, Timestamp venue, SteadyTime now) {
  series.due = bar_open(venue, series.merger.interval());
  if (!series.behind()) return;
  const Timestamp next = *series.merger.next();
  // One connection that comes and goes must not hold the others without an end.
  if (!out_.holding()) reached_at_ = now;
  reached_ = out_.holding() ? std::min(reached_, next) : next;
  out_.hold();
}

/// Of those that are waited for, the one that lacks the oldest bar.
Backfill::Series* Backfill::last_behind() {
  Series* last = nullptr;
  for (Series& series : series_) {
    if (!series.behind()) series.excused = false;
    if (!series.behind() || series.refused || series.excused) continue;
    if (last == nullptr || *series.merger.next() < *last->merger.next()) last = &series;
  }
  return last;
}

/// What closed later than the bar that one of those that catch up still lacks is held, but no bar
/// that could still be traded on: a stream's waits no longer than it may without being late.
void Backfill::hand_on(Timestamp venue, SteadyTime now) {
  if (out_.holding()) {
    Series* const last = last_behind();
    const bool live_waits =
        !any_warming_up() && out_.first_live() && venue - *out_.first_live() >= kLivePatience;
    if (last != nullptr && *last->merger.next() > reached_) {
      reached_ = *last->merger.next();
      reached_at_ = now;
    }
    const Duration patience = kPatience * settings_.request_deadline;
    const bool stuck = last != nullptr && now - reached_at_ >= patience;
    if (stuck)
      out_.anomaly(
          AnomalyKind::RestFailed, last->merger.instrument(),
          fmt::format("{}:{} has brought none of the bars it lacks for {} s: those of the others "
                      "are not kept waiting any longer",
                      to_string(last->category), last->symbol.view(),
                      std::chrono::duration_cast<std::chrono::seconds>(patience).count()));
    if (stuck || live_waits)
      for (Series& series : series_) series.excused = series.behind();
    if (last == nullptr || stuck || live_waits)
      out_.end();
    else
      out_.release(next_open(*last->merger.next(), last->merger.interval()));
  }
  out_.hand_on();
}

void Backfill::on_kline(const Kline& kline, Timestamp venue, SteadyTime now) {
  Series* const series = find(kline.bar.instrument, kline.bar.interval);
  if (series == nullptr) return;  // An interval we did not ask for.
  series->merger.on_kline(kline, venue, out_);
  pump(static_cast<std::size_t>(series - series_.data()), venue, now);
  hand_on(venue, now);
}

void Backfill::on_answer(RestAnswer answer, Timestamp venue, SteadyTime now) {
  Series& series = series_.at(answer.ticket.series);
  KlineMerger& merger = series.merger;
  const Result<BarPage> page =
      queue_.codec().klines(answer.body, merger.instrument(), merger.interval());
  if (!page) {
    queue_.again(std::move(answer), page.error().context, now);
    return;
  }
  const BarWindow window = answer.ticket.window;
  const Timestamp server =
      page.value().server_time == Timestamp{} ? venue : page.value().server_time;
  merger.on_rows(window, page.value().bars, server, out_);
  series.asked = false;
  const std::optional<BarWindow> next = merger.wanted(venue);
  const bool stuck = next && next->from <= window.from;
  series.not_before = stuck ? now + settings_.missing_bar_delay : now;
  pump(answer.ticket.series, venue, now);
  hand_on(venue, now);
}

void Backfill::on_timer(Timestamp venue, SteadyTime now) {
  for (std::size_t i = 0; i < series_.size(); ++i) {
    if (series_[i].refused) continue;
    series_[i].merger.on_timer(venue);
    pump(i, venue, now);
  }
  hand_on(venue, now);
}

void Backfill::on_connected(StreamId stream, Timestamp venue, SteadyTime now) {
  for (std::size_t i = 0; i < series_.size(); ++i) {
    if (series_[i].stream != stream) continue;
    series_[i].refused = false;
    series_[i].merger.closed_by(venue);
    catch_up(series_[i], venue, now);
    pump(i, venue, now);
  }
  hand_on(venue, now);
}

void Backfill::refuse(InstrumentId instrument, Interval interval) {
  Series* const series = find(instrument, interval);
  if (series == nullptr) return;
  series->refused = true;
  if (series->hole) --holes_[series->stream];
  series->hole = false;
}

void Backfill::pump(std::size_t index, Timestamp venue, SteadyTime now) {
  Series& series = series_[index];
  const std::optional<BarWindow> window =
      series.refused ? std::nullopt : series.merger.wanted(venue);
  if (window.has_value() != series.hole) {
    series.hole = window.has_value();
    holes_[series.stream] += series.hole ? 1 : -1;
  }
  if (!window || series.asked || now < series.not_before) return;
  series.asked = true;
  RestTicket ticket;
  ticket.purpose = RestPurpose::Klines;
  ticket.series = index;
  ticket.window = *window;
  const Interval interval = series.merger.interval();
  const Timestamp last = bar_open(window->until - Duration{1}, interval);
  queue_.submit(ticket,
                kline_target(series.category, series.symbol.view(), interval, window->from, last,
                             KlineMerger::kWindowBarsMax),
                now, !series.merger.warming_up());
}

bool Backfill::any_hole() const {
  return out_.waiting() ||
         std::any_of(holes_.begin(), holes_.end(), [](int holes) { return holes > 0; });
}

bool Backfill::any_warming_up() const {
  return std::any_of(series_.begin(), series_.end(), [](const Series& series) {
    return !series.refused && series.merger.warming_up();
  });
}

bool Backfill::warming_up(InstrumentId instrument) const {
  if (out_.warming_up(instrument)) return true;
  for (const std::uint32_t index : by_instrument_[instrument.index])
    if (index != kNone && !series_[index].refused && series_[index].merger.warming_up())
      return true;
  return false;
}

}  // namespace proteus::bybit
