#include "connectors/bybit/kline_merger.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace proteus::bybit {
namespace {

constexpr std::size_t kRecentMax = 16;
constexpr std::size_t kHeldMax = 2'000;

bool same_bar(const Bar& a, const Bar& b) {
  // A source without turnover says 0; that is no contradiction.
  const bool turnover = a.turnover == b.turnover || a.turnover == 0.0 || b.turnover == 0.0;
  return a.open == b.open && a.high == b.high && a.low == b.low && a.close == b.close &&
         a.volume == b.volume && turnover;
}

std::string prices(const Bar& bar) {
  return fmt::format("o={} h={} l={} c={} v={}", bar.open.to_string(), bar.high.to_string(),
                     bar.low.to_string(), bar.close.to_string(), bar.volume);
}

}  // namespace

void KlineMerger::note(AnomalyKind kind, std::string what, FeedOutput& out) const {
  out.anomaly(kind, instrument_, fmt::format("{}: {}", name_, what));
}

void KlineMerger::begin_warm_up(int bars, Timestamp now) {
  const Timestamp until = bar_open(now, interval_);
  Timestamp from = until;
  for (int i = 0; i < bars && from > Timestamp{}; ++i)
    from = bar_open(from - Duration{1}, interval_);
  next_ = from;
  warm_until_ = until;
  evidence(until);
}

void KlineMerger::resume_at(Timestamp next, bool warming_up, Timestamp now) {
  next_ = next;
  if (warming_up) warm_until_ = bar_open(now, interval_);
  first_handed_on_ = true;
  evidence(bar_open(now, interval_));
}

void KlineMerger::on_kline(const Kline& kline, Timestamp now, FeedOutput& out) {
  const Bar& bar = kline.bar;
  if (set_aside(kline, now, out)) return;
  if (!next_) next_ = bar.open_time;  // The first frame is the running candle, whole.
  if (bar.open_time < *next_) {
    if (kline.confirmed) return on_old(bar, false, out);
    return note(
        AnomalyKind::OutOfOrderBar,
        fmt::format("a frame of the bar {} that is closed already", format_time(bar.open_time)),
        out);
  }
  evidence(bar.open_time);
  if (!kline.confirmed) return;
  hold(bar, out);
  drain(out);
}

bool KlineMerger::set_aside(const Kline& kline, Timestamp now, FeedOutput& out) {
  const Bar& bar = kline.bar;
  const Timestamp horizon = now + limits_.future_slack;
  if (bar.open_time > horizon || (kline.confirmed && bar.close_time > horizon)) {
    note(AnomalyKind::FutureBar,
         fmt::format("bar {} {} at venue time {}", format_time(bar.open_time),
                     kline.confirmed ? "is said to be closed" : "has begun", format_time(now)),
         out);
    return true;
  }
  const char* const reason = absurdity(bar);
  if (reason == nullptr) return false;
  note(AnomalyKind::AbsurdBar,
       fmt::format("bar {}: {} ({})", format_time(bar.open_time), reason, prices(bar)), out);
  // It did close, so REST is asked what it really was.
  if (kline.confirmed && next_ && bar.open_time >= *next_) evidence(bar.close_time);
  return true;
}

void KlineMerger::on_old(const Bar& bar, bool from_rest, FeedOutput& out) {
  const auto found = std::find_if(recent_.begin(), recent_.end(), [&](const Bar& known) {
    return known.open_time == bar.open_time;
  });
  if (found == recent_.end()) {
    if (!from_rest)
      note(AnomalyKind::OutOfOrderBar,
           fmt::format("bar {} came long after its turn", format_time(bar.open_time)), out);
    return;
  }
  if (!same_bar(*found, bar)) {
    note(AnomalyKind::ConflictingBar,
         fmt::format("bar {} was handed on with {}; {} now says {}", format_time(bar.open_time),
                     prices(*found), from_rest ? "REST" : "the stream", prices(bar)),
         out);
  } else if (!from_rest) {
    note(AnomalyKind::DuplicateBar, fmt::format("bar {} again", format_time(bar.open_time)), out);
  }
}

void KlineMerger::hold(const Bar& bar, FeedOutput& out) {
  const auto found = held_.find(bar.open_time);
  if (found == held_.end()) {
    // Beyond the bound the bar is dropped and, as a part of the hole, fetched again later.
    if (held_.size() < kHeldMax || bar.open_time == *next_)
      held_.emplace(bar.open_time, Held{bar, BarSource::Stream});
    else
      evidence(bar.close_time);
    return;
  }
  if (same_bar(found->second.bar, bar))
    return note(AnomalyKind::DuplicateBar, fmt::format("bar {} again", format_time(bar.open_time)),
                out);
  note(AnomalyKind::ConflictingBar,
       fmt::format("bar {}: first {}, then {}; REST decides", format_time(bar.open_time),
                   prices(found->second.bar), prices(bar)),
       out);
  if (found->second.source != BarSource::Stream) return;  // REST has decided already.
  evidence(bar.close_time);
  held_.erase(found);
}

void KlineMerger::on_rows(const BarWindow& window, const std::vector<Bar>& rows, Timestamp server,
                          FeedOutput& out) {
  if (!next_) return;
  const Timestamp final_until = bar_open(server - limits_.final_slack, interval_);
  const bool leading = !first_handed_on_ && held_.empty() && *next_ < warm_until_;
  std::optional<Timestamp> first;
  for (const Bar& row : rows) {
    if (row.open_time < window.from || row.open_time >= window.until) continue;
    if (row.close_time > final_until) continue;  // Still running.
    if (!first) first = row.open_time;
    on_row(row, out);
  }
  // Before its listing an instrument has no bars: no hole, only a shorter warm-up.
  if (leading && window.from <= *next_)
    next_ = std::max(*next_, first.value_or(std::min(window.until, final_until)));
  drain(out);
  count_absent(BarWindow{window.from, std::min(window.until, final_until)}, out);
  // The venue knows best what is closed; what was taken for closed too early comes again.
  closed_until_ = std::min(closed_until_, std::max(*next_, bar_open(server, interval_)));
}

void KlineMerger::on_row(const Bar& row, FeedOutput& out) {
  if (row.open_time < *next_) return on_old(row, true, out);
  if (const char* const reason = absurdity(row)) {
    return note(
        AnomalyKind::AbsurdBar,
        fmt::format("REST row {}: {} ({})", format_time(row.open_time), reason, prices(row)), out);
  }
  const auto [found, fresh] = held_.try_emplace(row.open_time, Held{row, BarSource::Backfill});
  if (fresh || same_bar(found->second.bar, row)) return;
  note(AnomalyKind::ConflictingBar,
       fmt::format("bar {}: the stream had {}, REST has {} and wins", format_time(row.open_time),
                   prices(found->second.bar), prices(row)),
       out);
  found->second = Held{row, BarSource::Backfill};
}

void KlineMerger::count_absent(const BarWindow& window, FeedOutput& out) {
  for (Timestamp t = std::max(window.from, *next_); t < window.until; t = next_open(t, interval_))
    if (!held_.contains(t)) ++absent_[t];
  skip_missing(window.until, out);
}

void KlineMerger::skip_missing(Timestamp final_until, FeedOutput& out) {
  for (;;) {
    const Timestamp from = *next_;
    int count = 0;
    for (auto it = absent_.find(*next_);
         it != absent_.end() && it->first == *next_ && it->first < final_until &&
         it->second >= limits_.missing_tries;
         ++it, ++count)
      next_ = next_open(*next_, interval_);
    if (count == 0) return;
    note(AnomalyKind::MissingBar,
         fmt::format("the venue has no bar from {} to {} ({} missing, asked {} times)",
                     format_time(from), format_time(*next_), count, limits_.missing_tries),
         out);
    drain(out);
  }
}

void KlineMerger::drain(FeedOutput& out) {
  while (!held_.empty() && held_.begin()->first == *next_) {
    Held held = held_.begin()->second;
    held_.erase(held_.begin());
    if (held.source == BarSource::Backfill && *next_ < warm_until_) held.source = BarSource::Warmup;
    next_ = held.bar.close_time;
    first_handed_on_ = true;
    recent_.push_back(held.bar);
    if (recent_.size() > kRecentMax) recent_.pop_front();
    out.bar_closed(held.bar, held.source);
  }
  absent_.erase(absent_.begin(), absent_.lower_bound(*next_));
}

void KlineMerger::on_timer(Timestamp now) {
  if (next_ && now >= next_open(*next_, interval_) + limits_.close_deadline)
    evidence(bar_open(now - limits_.close_deadline, interval_));
}

void KlineMerger::closed_by(Timestamp now) { evidence(bar_open(now, interval_)); }

std::optional<BarWindow> KlineMerger::wanted(Timestamp now) const {
  if (!next_ || *next_ >= closed_until_) return std::nullopt;
  Timestamp until = std::min(closed_until_, bar_open(now - limits_.final_slack, interval_));
  if (!held_.empty()) until = std::min(until, held_.begin()->first);
  if (until <= *next_) return std::nullopt;
  Timestamp end = *next_;
  for (int i = 0; i < kWindowBarsMax && end < until; ++i) end = next_open(end, interval_);
  return BarWindow{*next_, end};
}

}  // namespace proteus::bybit
