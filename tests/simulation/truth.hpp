// What the market really did, asked of its generator and of the venue's own clock: nothing that
// trades may know a bar before it closed or other than it was, or fill at a price from before its
// decision. It knows the events alone, nothing of the engine.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "connectors/sim/market_source.hpp"
#include "engine/core/decision.hpp"
#include "engine/ports/journal.hpp"

namespace proteus::simulation {

class Truth {
 public:
  /// `now`: the venue's time without faults. The instruments are those of `source`, in order.
  Truth(sim::MarketSource& source, Interval interval, bool quotes, std::function<Timestamp()> now)
      : source_(source), interval_(interval), quotes_(quotes), now_(std::move(now)) {}

  void hear(const Event& event);
  void hear(const DecisionRecord& decision);
  void hear(const OrderIntent& intent);
  void hear(const CancelIntent&) {}
  void hear(const EquityPoint&) {}

  /// Empty: all was well.
  [[nodiscard]] const std::string& complaint() const { return complaint_; }
  /// The bar of `interval` that opens at `open`, as it was made; nothing: there is none.
  [[nodiscard]] std::optional<Bar> bar(InstrumentId id, Timestamp open) const;

 private:
  void hear(const Bar& bar);
  void hear(const Fill& fill);
  void expect(bool holds, std::string_view what, const std::string& detail);

  sim::MarketSource& source_;
  Interval interval_;
  bool quotes_;
  std::function<Timestamp()> now_;
  std::map<std::string, OrderRequest, std::less<>> orders_;
  std::string complaint_;
};

}  // namespace proteus::simulation
