#include "connectors/replay/market_player.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "connectors/sim/candle.hpp"
#include "engine/core/bar.hpp"

namespace proteus::replay {
namespace {

/// First funding time after `t` on the grid that is counted from the epoch.
Timestamp grid_after(Timestamp t, Duration interval) {
  return Timestamp{} + (t.time_since_epoch() / interval + 1) * interval;
}

}  // namespace

MarketPlayer::MarketPlayer(sim::MarketSource& source, Interval decision, EventSink& sink,
                           const Range& range, Duration barrier)
    : source_(&source),
      sink_(&sink),
      decision_(decision),
      open_(range.open),
      from_(range.from),
      until_(range.until),
      barrier_(barrier),
      next_funding_(source.instruments().size(), Timestamp::max()) {}

Result<MarketPlayer::Range> MarketPlayer::range(const sim::MarketSource& source, Interval decision,
                                                const PlaySpan& span) {
  const Interval base = source.base_interval();
  const auto at_or_after = [&](Timestamp t) {
    const Timestamp open = bar_open(t, decision);
    return open < t ? next_open(open, decision) : open;
  };
  const Timestamp first = at_or_after(source.first());  // A bar whose beginning lacks is not whole.
  const Duration length = bar_length(first, decision);
  if (bar_open(first, base) != first || bar_length(first, base) > length)
    return error(
        ErrorCode::Refused,
        fmt::format("{} bars are not made of whole {} bars: choose engine.interval so that "
                    "they are",
                    to_string(decision), to_string(base)));
  Range range{};
  const Timestamp end = source.end().value_or(Timestamp::max());
  range.until = span.until == Timestamp{} ? end : std::min(span.until, end);
  range.from =
      span.from < first ? at_or_after(first + span.warm_up_bars * length) : at_or_after(span.from);
  range.open = std::max(first, bar_open(range.from - span.warm_up_bars * length, decision));
  if (next_open(range.from, decision) > range.until)
    return error(ErrorCode::Refused,
                 fmt::format("no bar is left to decide on: the files reach from {} to {}, and "
                             "decisions would begin with the bar of {}; choose an earlier start, a "
                             "later end or fewer warm-up bars",
                             format_time(source.first()), format_time(range.until),
                             format_time(range.from)));
  return range;
}

Result<void> MarketPlayer::check(const sim::MarketSource& source, Interval decision,
                                 const PlaySpan& span) {
  BOOST_OUTCOME_TRY(range(source, decision, span));
  return success();
}

Result<MarketPlayer> MarketPlayer::create(sim::MarketSource& source, Interval decision,
                                          const PlaySpan& span, EventSink& sink) {
  BOOST_OUTCOME_TRY(const Range found, range(source, decision, span));
  return MarketPlayer(source, decision, sink, found, span.barrier);
}

bool MarketPlayer::step() {
  const Timestamp close = next_open(open_, decision_);
  if (close > until_) return false;
  if (!started_) {
    started_ = true;
    for (const Instrument& instrument : source_->instruments()) tell(instrument.id, open_);
  }
  tell_funding(close - Duration{1});
  const BarSource source = open_ < from_ ? BarSource::Warmup : BarSource::File;
  bool complete = true;
  for (const Instrument& instrument : source_->instruments()) {
    const std::optional<Bar> bar = bar_at(instrument.id);
    if (bar) sink_->on_input(BarClosed{*bar, source}, close, close);
    complete = complete && bar.has_value();
  }
  tell_funding(close);
  // After the last close no time passes: what still waits then is recorded by the stop, as in
  // paper.
  if (!complete && close < until_) sink_->on_input(ClockTick{}, close + barrier_, close + barrier_);
  open_ = close;
  return true;
}

std::optional<Bar> MarketPlayer::bar_at(InstrumentId id) const {
  const Interval base = source_->base_interval();
  if (base == decision_) return source_->bar(id, open_);
  std::optional<sim::Candle> whole;
  const Timestamp close = next_open(open_, decision_);
  for (Timestamp t = open_; t < close; t = next_open(t, base))
    if (const std::optional<Bar> part = source_->bar(id, t))
      sim::extend(whole, sim::candle_of(*part), open_);
  if (!whole) return std::nullopt;
  return sim::bar_of(*whole, id, decision_);
}

/// Every funding time up to `now` has passed: the venue names the one after it, in order of time.
void MarketPlayer::tell_funding(Timestamp now) {
  for (;;) {
    const auto earliest = std::ranges::min_element(next_funding_);
    if (earliest == next_funding_.end() || *earliest > now) return;
    const auto index = static_cast<std::uint32_t>(earliest - next_funding_.begin());
    tell(InstrumentId{index}, *earliest);
  }
}

void MarketPlayer::tell(InstrumentId id, Timestamp now) {
  const Instrument& instrument = source_->instruments()[id.index];
  if (instrument.funding_interval <= Duration{0}) return;
  TickerUpdated ticker;
  ticker.instrument = id;
  ticker.next_funding = grid_after(now, instrument.funding_interval);
  next_funding_[id.index] = ticker.next_funding;
  if (const auto rate = source_->funding_rate_e9(id, ticker.next_funding)) {
    ticker.funding_known = true;
    ticker.funding_rate_e9 = *rate;
  }
  sink_->on_input(ticker, now, now);
}

}  // namespace proteus::replay
