// How the price gets through one base bar: open, first extreme, second extreme, close, on the tick
// grid, in steps at the push instants. A pure function of (seed, instrument, bar), so anyone may
// start it again and see the same trades.
//
// Invariants: every price lies in [low, high]; high and low so far only widen; lots traded only
// grow; after the last step the candle is the recorded bar to the unit.
#pragma once

#include <vector>

#include "connectors/sim/candle.hpp"
#include "engine/core/instrument.hpp"

namespace proteus::sim {

/// When the market moves: a short while after each base bar's open, then every `interval`, then at
/// the close. Between two instants nothing changes.
struct PushGrid {
  Interval base = Interval::M1;
  Duration interval{};
  Duration first{};  ///< after the open; below `interval` and at most 200 ms

  static PushGrid of(Interval base, Duration interval);
  /// The first instant after t.
  [[nodiscard]] Timestamp next(Timestamp t) const;
  /// Step that is current at t, for the bar with open < t <= close: -1 before the first push,
  /// last_step() at the close.
  [[nodiscard]] std::int64_t step_at(Timestamp open, Timestamp t) const;
  [[nodiscard]] std::int64_t last_step(Timestamp open) const;
  [[nodiscard]] Timestamp instant(Timestamp open, std::int64_t step) const;
  /// Opening time of the base bar with open < t <= close.
  [[nodiscard]] Timestamp bar_before(Timestamp t) const { return bar_open(t - Duration{1}, base); }
};

struct PathTrade {
  Timestamp time{};
  Price price;
  std::int64_t lots = 0;
  bool taker_buys = true;
  const char* tick = "";  ///< tick direction, the venue's word
  std::uint64_t id = 0;
};

class BarPath {
 public:
  /// `key`: seed and instrument mixed.
  BarPath(const Bar& bar, const Instrument& instrument, const PushGrid& grid, std::uint64_t key);

  /// Steps forward up to `step`; trades() are then those of that step alone.
  void advance_to(std::int64_t step);
  void finish() { advance_to(last_step_); }

  [[nodiscard]] std::int64_t step() const { return step_; }
  [[nodiscard]] Timestamp open_time() const { return bar_.open_time; }
  [[nodiscard]] Timestamp instant() const { return grid_.instant(bar_.open_time, step_); }
  /// The candle so far; only after the first step.
  [[nodiscard]] const Candle& candle() const { return candle_; }
  [[nodiscard]] Price last() const { return candle_.close; }
  [[nodiscard]] bool last_taker_buys() const { return taker_buys_; }
  [[nodiscard]] const char* last_tick() const { return tick_; }
  [[nodiscard]] const std::vector<PathTrade>& trades() const { return trades_; }

 private:
  void step_once();
  void visit(Price price, std::int64_t lots, Timestamp time);
  [[nodiscard]] std::int64_t progress(std::int64_t step) const;
  [[nodiscard]] Price price_at(std::int64_t progress, std::int64_t step) const;
  [[nodiscard]] std::int64_t lots_until(std::int64_t step) const;

  Bar bar_;
  Candle whole_;
  PushGrid grid_;
  std::uint64_t key_;
  Price tick_size_;
  Quantity lot_step_;
  Price extremes_[2];
  std::int64_t turns_[2];  ///< progress at which the extremes are met
  std::int64_t last_step_ = 0;
  std::int64_t lots_total_ = 0;

  std::int64_t step_ = -1;
  std::int64_t lots_done_ = 0;
  std::uint64_t trade_ordinal_ = 0;
  bool taker_buys_ = true;
  const char* tick_ = "PlusTick";
  Candle candle_;
  std::vector<PathTrade> trades_;
};

}  // namespace proteus::sim
