// The generated market as the market of the simulated exchange. Minutes are made when first asked
// for and kept, so that any earlier time gives the same answer again: 25 bytes an instrument and
// minute (360 KB a day for ten instruments), one to five million of them a second.
#pragma once

#include <chrono>
#include <vector>

#include "connectors/sim/market_source.hpp"
#include "engine/market/generator.hpp"

namespace proteus::sim {

class SyntheticSource final : public MarketSource {
 public:
  /// The first bar opens at `start` (a full minute). The market ends after `horizon`: asking for
  /// a time means generating up to it, and a year 3000 in a request must not fill the memory.
  /// Errors: those of market::MarketGenerator::create; OutOfRange (horizon below a minute).
  static Result<SyntheticSource> create(const market::Settings& settings, std::uint64_t seed,
                                        Timestamp start,
                                        Duration horizon = std::chrono::hours{24 * 365 * 3});

  [[nodiscard]] std::span<const Instrument> instruments() const override {
    return generator_.instruments();
  }
  [[nodiscard]] Interval base_interval() const override { return Interval::M1; }
  [[nodiscard]] Timestamp first() const override { return start_; }
  [[nodiscard]] std::optional<Timestamp> end() const override { return end_; }
  [[nodiscard]] std::optional<Bar> bar(InstrumentId id, Timestamp open) override;
  [[nodiscard]] std::optional<std::int64_t> funding_rate_e9(InstrumentId id,
                                                            Timestamp funding_time) override;
  [[nodiscard]] std::string_view regime(InstrumentId id, Timestamp t) override;

  /// Minutes made so far.
  [[nodiscard]] std::size_t minutes_made() const { return minutes_; }

 private:
  /// Prices in ticks of the instrument.
  struct Kept {
    std::uint32_t open;
    std::uint32_t high;
    std::uint32_t low;
    std::uint32_t close;
    double volume;
  };
  struct Funding {
    Timestamp time;
    std::int64_t rate_e9;
  };

  SyntheticSource(market::MarketGenerator generator, Timestamp start, Timestamp end);
  /// Makes minutes until the one that opens at `open` is there; false outside [start, end).
  bool reach(Timestamp open);
  [[nodiscard]] std::size_t slot(InstrumentId id, Timestamp open) const;

  market::MarketGenerator generator_;
  Timestamp start_;
  Timestamp end_;
  std::size_t minutes_ = 0;
  std::vector<Kept> bars_;               // by minute, then instrument
  std::vector<market::Regime> regimes_;  // the same
  std::vector<std::vector<Funding>> funding_;
};

}  // namespace proteus::sim
