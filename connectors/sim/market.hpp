// The market of the source as the venue shows it at one moment: each instrument's running bar, its
// last day, its candles of every interval, its book. Nothing here depends on who looked before.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "connectors/sim/bar_path.hpp"
#include "connectors/sim/market_source.hpp"
#include "connectors/sim/settings.hpp"

namespace proteus::sim {

/// One instrument's path through its bars. At a time t the current bar is the one with
/// open < t <= close; before its first push, and in a hole, the bar before it still stands.
class Tape {
 public:
  Tape(const Instrument& instrument, MarketSource& source, const PushGrid& grid,
       std::uint64_t seed);
  void move(Timestamp t);
  /// False before the first bar of the instrument.
  [[nodiscard]] bool priced() const { return path_.has_value(); }
  /// The path is that of the bar current at t, not of an earlier one.
  [[nodiscard]] bool running() const { return running_; }
  [[nodiscard]] const BarPath& path() const { return *path_; }
  [[nodiscard]] std::uint64_t key() const { return key_; }

 private:
  const Instrument& instrument_;
  MarketSource& source_;
  PushGrid grid_;
  std::uint64_t key_;
  std::optional<BarPath> path_;
  std::optional<Timestamp> at_;
  bool running_ = false;
};

/// What happened in the 24 hours before the current base bar.
class RollingDay {
 public:
  RollingDay(InstrumentId id, MarketSource& source, const PushGrid& grid)
      : id_(id), source_(source), grid_(grid) {}
  void move(Timestamp t);
  [[nodiscard]] const std::deque<Candle>& bars() const { return bars_; }
  /// High, low, volume and turnover of the whole window; nothing if it is empty.
  [[nodiscard]] const std::optional<Candle>& whole() const { return whole_; }

 private:
  void rebuild_range();
  InstrumentId id_;
  MarketSource& source_;
  PushGrid grid_;
  std::deque<Candle> bars_;
  std::optional<Timestamp> until_;
  std::optional<Candle> whole_;
};

struct BookLevel {
  std::int64_t price_raw = 0;
  std::int64_t lots = 0;
};
/// Bids descending, asks ascending, all on tick and lot; best bid < best ask.
struct Ladder {
  std::vector<BookLevel> bids;
  std::vector<BookLevel> asks;
  Timestamp matched{};  ///< when the market last moved
};

class Market {
 public:
  Market(MarketSource& source, const SimSettings& settings);

  [[nodiscard]] std::optional<InstrumentId> find(Category category, std::string_view symbol) const;
  [[nodiscard]] const Instrument& instrument(InstrumentId id) const {
    return source_.instruments()[id.index];
  }
  [[nodiscard]] std::span<const Instrument> instruments() const { return source_.instruments(); }
  [[nodiscard]] MarketSource& source() { return source_; }
  [[nodiscard]] const PushGrid& grid() const { return grid_; }
  [[nodiscard]] const SimSettings& settings() const { return settings_; }
  /// Added to each time the venue tells; candles and funding times stay.
  [[nodiscard]] std::int64_t clock_offset_ms() const { return clock_offset_ms_; }
  void set_clock_offset_ms(std::int64_t offset) { clock_offset_ms_ = offset; }

  /// Base bars make up whole candles of this interval.
  [[nodiscard]] bool offers(Interval interval) const;
  /// The tape moved to t; the reference holds until the next call.
  const Tape& tape(InstrumentId id, Timestamp t);
  const RollingDay& day(InstrumentId id, Timestamp t);
  /// The candle that opens at `open` as it stands at t; nothing if no base bar of it shows yet.
  std::optional<Candle> candle(InstrumentId id, Interval interval, Timestamp open, Timestamp t);
  /// Base bars with open in [open, until) as one candle; `open` opens a candle of `interval`.
  std::optional<Candle> candle_before(InstrumentId id, Interval interval, Timestamp open,
                                      Timestamp until);
  /// The book at t; empty before the first bar.
  Ladder ladder(InstrumentId id, std::size_t depth, Timestamp t);

  [[nodiscard]] Price mark(Price last, const Instrument& instrument) const;
  /// 1e-9; the source's, or 0.0001 where it knows none.
  std::int64_t funding_rate_e9(InstrumentId id, Timestamp funding_time);
  /// The grid starts at midnight UTC; eight hours where the instrument names none.
  [[nodiscard]] Duration funding_interval(const Instrument& instrument) const;
  [[nodiscard]] Timestamp next_funding(const Instrument& instrument, Timestamp t) const;

 private:
  using CacheKey = std::tuple<std::uint32_t, Interval, Timestamp>;
  [[nodiscard]] Interval piece_of(Interval interval) const;
  void fold(std::optional<Candle>& whole, InstrumentId id, Interval pieces, Timestamp open,
            Timestamp from, Timestamp until);
  std::optional<Candle> closed(InstrumentId id, Interval interval, Timestamp open);
  void fill_side(std::vector<BookLevel>& side, const Instrument& instrument, std::int64_t best,
                 std::int64_t step, std::size_t depth, std::uint64_t key, std::uint64_t moment);

  MarketSource& source_;
  SimSettings settings_;
  PushGrid grid_;
  std::int64_t clock_offset_ms_ = 0;
  std::vector<std::unique_ptr<Tape>> tapes_;
  std::vector<std::unique_ptr<RollingDay>> days_;
  std::map<std::pair<Category, std::string>, InstrumentId, std::less<>> by_symbol_;
  std::map<CacheKey, std::optional<Candle>> cache_;
};

}  // namespace proteus::sim
