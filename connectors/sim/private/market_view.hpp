// What the exchange core sees of the market: the book that others make, the trades of the last
// instant, last and mark price. Tests script it; the exchange shows its simulated market.
#pragma once

#include <span>

#include "connectors/sim/bar_path.hpp"
#include "connectors/sim/market.hpp"

namespace proteus::sim {

class MarketView {
 public:
  virtual ~MarketView() = default;
  /// False before the first bar of the instrument; the rest may be asked only when true.
  virtual bool priced(InstrumentId id, Timestamp now) = 0;
  virtual Price last(InstrumentId id, Timestamp now) = 0;
  virtual Price mark(InstrumentId id, Timestamp now) = 0;
  /// What others offer, best first, at most `depth` levels a side; our own orders are not in it.
  virtual Ladder ladder(InstrumentId id, std::size_t depth, Timestamp now) = 0;
  /// Trades of the instant `now`, in order; valid until the next call.
  virtual std::span<const PathTrade> trades(InstrumentId id, Timestamp now) = 0;
  /// The first settlement after t, and its rate in 1e-9 (> 0: longs pay).
  virtual Timestamp next_funding(InstrumentId id, Timestamp t) = 0;
  virtual std::int64_t funding_rate_e9(InstrumentId id, Timestamp funding_time) = 0;
};

/// The simulated market. `market` outlives it.
class SimMarketView final : public MarketView {
 public:
  explicit SimMarketView(Market& market) : market_(market) {}
  bool priced(InstrumentId id, Timestamp now) override { return market_.tape(id, now).priced(); }
  Price last(InstrumentId id, Timestamp now) override {
    return market_.tape(id, now).path().last();
  }
  Price mark(InstrumentId id, Timestamp now) override {
    return market_.mark(last(id, now), market_.instrument(id));
  }
  Ladder ladder(InstrumentId id, std::size_t depth, Timestamp now) override {
    return market_.ladder(id, depth, now);
  }
  std::span<const PathTrade> trades(InstrumentId id, Timestamp now) override {
    const Tape& tape = market_.tape(id, now);
    if (!tape.running()) return {};
    return tape.path().trades();
  }
  Timestamp next_funding(InstrumentId id, Timestamp t) override {
    return market_.next_funding(market_.instrument(id), t);
  }
  std::int64_t funding_rate_e9(InstrumentId id, Timestamp funding_time) override {
    return market_.funding_rate_e9(id, funding_time);
  }

 private:
  Market& market_;
};

}  // namespace proteus::sim
