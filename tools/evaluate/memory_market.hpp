// A stretch of a market in memory: what one run of the engine is played from, again and again for
// every candidate. Cut from kline files, or generated.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "connectors/sim/file_source.hpp"

namespace proteus::app::evaluate {

class MemoryMarket final : public sim::MarketSource {
 public:
  /// The bars of `source` that open at `open` or later and close by `until`, of those instruments
  /// that have one before `listed_by`. Errors: NotFound, where none has.
  static Result<MemoryMarket> cut(sim::FileSource& source, Timestamp open, Timestamp listed_by,
                                  Timestamp until);
  /// Driftless markets with the rules of `like`'s instruments, over the same time; nothing can be
  /// earned on them before costs. Each instrument is drawn apart. Errors: those of
  /// synthetic_series.
  static Result<MemoryMarket> noise(const MemoryMarket& like, std::uint64_t seed);

  [[nodiscard]] std::span<const Instrument> instruments() const override { return instruments_; }
  [[nodiscard]] Interval base_interval() const override { return interval_; }
  [[nodiscard]] Timestamp first() const override { return first_; }
  [[nodiscard]] std::optional<Timestamp> end() const override { return end_; }
  [[nodiscard]] std::optional<Bar> bar(InstrumentId id, Timestamp open) override;
  [[nodiscard]] std::optional<std::int64_t> funding_rate_e9(InstrumentId id,
                                                            Timestamp funding_time) override;
  [[nodiscard]] std::string_view regime(InstrumentId, Timestamp) override { return {}; }

  /// Ascending, holes and all.
  [[nodiscard]] std::span<const Bar> bars(InstrumentId id) const { return series_[id.index].bars; }

 private:
  struct Rate {
    Timestamp time{};
    std::int64_t rate_e9 = 0;
  };
  struct Series {
    std::vector<Bar> bars;
    std::vector<Rate> funding;
  };
  void add(Instrument instrument, Series series);

  Interval interval_ = Interval::H1;
  std::vector<Instrument> instruments_;
  std::vector<Series> series_;
  Timestamp first_ = Timestamp::max();
  Timestamp end_ = Timestamp::min();
};

}  // namespace proteus::app::evaluate
