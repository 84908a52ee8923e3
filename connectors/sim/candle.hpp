// A candle as the venue shows it, closed or running, with amounts that add up exactly.
#pragma once

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>

#include "connectors/sim/text.hpp"
#include "engine/core/bar.hpp"

namespace proteus::sim {

struct Candle {
  Timestamp open_time{};
  Price open;
  Price high;
  Price low;
  Price close;
  Int128 volume_e9 = 0;    ///< base currency
  Int128 turnover_e9 = 0;  ///< quote currency
  Timestamp last_trade{};
};

/// Turnover of a bar in units of 1e-9 quote. A source without turnover (0 beside a volume) gets
/// volume x (open + high + low + close) / 4, cut to four places.
inline Int128 turnover_e9(const Bar& bar, Int128 volume_e9) {
  if (bar.turnover > 0.0 || volume_e9 == 0) return exact_e9(bar.turnover);
  const Int128 mean =
      (Int128{bar.open.raw()} + bar.high.raw() + bar.low.raw() + bar.close.raw()) / 4;
  // Volume is cut to 1e-6 first: 128 bits then hold any product.
  const Int128 product = (volume_e9 / 1000) * mean / 1'000'000;
  return product / 100'000 * 100'000;
}

inline Candle candle_of(const Bar& bar) {
  Candle candle{bar.open_time, bar.open, bar.high, bar.low, bar.close};
  candle.volume_e9 = exact_e9(bar.volume);
  candle.turnover_e9 = turnover_e9(bar, candle.volume_e9);
  candle.last_trade = bar.close_time - std::chrono::milliseconds{1};
  return candle;
}

/// Appends the later candle to the earlier ones of the same bucket, which opens at `open_time`.
inline void extend(std::optional<Candle>& whole, const Candle& next, Timestamp open_time) {
  if (!whole) {
    whole = next;
    whole->open_time = open_time;
    return;
  }
  whole->high = std::max(whole->high, next.high);
  whole->low = std::min(whole->low, next.low);
  whole->close = next.close;
  whole->volume_e9 += next.volume_e9;
  whole->turnover_e9 += next.turnover_e9;
  whole->last_trade = next.last_trade;
}

/// As the codec reads the venue's text.
inline double nearest_double(Int128 raw_e9) {
  const std::string text = decimal_text(raw_e9);
  double value = 0.0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// Exact sums of the base bars, as the simulated exchange adds them up.
inline Bar bar_of(const Candle& candle, InstrumentId id, Interval interval) {
  Bar bar;
  bar.instrument = id;
  bar.interval = interval;
  bar.open_time = candle.open_time;
  bar.close_time = next_open(candle.open_time, interval);
  bar.open = candle.open;
  bar.high = candle.high;
  bar.low = candle.low;
  bar.close = candle.close;
  bar.volume = nearest_double(candle.volume_e9);
  bar.turnover = nearest_double(candle.turnover_e9);
  return bar;
}

}  // namespace proteus::sim
