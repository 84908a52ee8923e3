// Larger bars of smaller ones, at the boundaries of the venue: an hour begins at a full hour UTC, a
// week on Monday, a month on its first. A larger bar is made of those smaller ones that exist: its
// open is the first one's, volume and turnover are exact sums. Where none exists there is none
// either. Whether the bars at both ends are whole is known to whoever knows where the rows begin
// and end.
#pragma once

#include "connectors/sim/candle.hpp"

namespace proteus::sim {

/// `own` bars make up whole `into` bars: those around `t` at least.
inline bool makes_whole(Interval own, Interval into, Timestamp t) {
  if (own == Interval::W1 && into == Interval::Month) return false;  // some Februaries alone
  const Timestamp open = bar_open(t, into);
  const Timestamp close = next_open(open, into);
  return bar_open(open, own) == open && bar_open(close, own) == close &&
         bar_length(open, own) <= close - open;
}

class BarAggregator {
 public:
  explicit BarAggregator(Interval into) : into_(into) {}

  /// Bars ascend. Gives the larger bar that lies before this one, once it is known to be over.
  std::optional<Bar> add(const Bar& bar) {
    std::optional<Bar> over;
    const Timestamp open = bar_open(bar.open_time, into_);
    if (whole_ && whole_->open_time != open) over = finish();
    extend(whole_, candle_of(bar), open);
    instrument_ = bar.instrument;
    return over;
  }
  /// What was begun last.
  std::optional<Bar> finish() {
    if (!whole_) return std::nullopt;
    const Bar bar = bar_of(*whole_, instrument_, into_);
    whole_.reset();
    return bar;
  }

 private:
  Interval into_;
  InstrumentId instrument_;
  std::optional<Candle> whole_;
};

}  // namespace proteus::sim
