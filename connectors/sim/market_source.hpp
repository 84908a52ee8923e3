// What the simulated exchange shows: a market as closed base bars, from a generator or from files.
// The simulator makes everything else of it: bars in progress, larger intervals, tickers, books,
// trades, funding.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "engine/core/bar.hpp"
#include "engine/core/instrument.hpp"

namespace proteus::sim {

class MarketSource {
 public:
  virtual ~MarketSource() = default;

  /// Ids are dense, in this order. The venue-side description; the simulator serves it by
  /// instruments-info.
  [[nodiscard]] virtual std::span<const Instrument> instruments() const = 0;
  /// All instruments share one base interval; larger ones are aggregated.
  [[nodiscard]] virtual Interval base_interval() const = 0;
  /// Opening time of the first bar of any instrument.
  [[nodiscard]] virtual Timestamp first() const = 0;
  /// Close of the last bar of any instrument; nothing: the market never ends.
  [[nodiscard]] virtual std::optional<Timestamp> end() const = 0;
  /// The base bar of `id` that opens at `open`. Nothing: there is none (a hole, before listing,
  /// after the end). Any time may be asked for, also again and backwards, and always gives the same
  /// answer.
  [[nodiscard]] virtual std::optional<Bar> bar(InstrumentId id, Timestamp open) = 0;
  /// Rate that is charged at `funding_time`, in 1e-9; nothing: not known (the simulator then shows
  /// 0.0001).
  [[nodiscard]] virtual std::optional<std::int64_t> funding_rate_e9(InstrumentId id,
                                                                    Timestamp funding_time) = 0;
  /// Name of the regime the market is in at `t` ("bull_trend", ...); empty where the source has
  /// none.
  [[nodiscard]] virtual std::string_view regime(InstrumentId id, Timestamp t) = 0;
};

}  // namespace proteus::sim
