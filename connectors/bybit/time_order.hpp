// Hands on bars that are fetched in the order of time over all instruments, as a run without a gap
// would have seen them: REST gives them instrument by instrument, and what looks at several markets
// at once would find each of them alone. When all have caught up, bars pass as they come.
#pragma once

#include <queue>
#include <vector>

#include "connectors/bybit/kline_merger.hpp"

namespace proteus::bybit {

class TimeOrder final : public FeedOutput {
 public:
  explicit TimeOrder(FeedOutput& out) : out_(out) {}

  void bar_closed(const Bar& bar, BarSource source) override;
  void anomaly(AnomalyKind kind, std::optional<InstrumentId> instrument,
               std::string detail) override {
    out_.anomaly(kind, instrument, std::move(detail));
  }

  /// From here on bars are held.
  void hold() { holding_ = true; }
  [[nodiscard]] bool holding() const { return holding_; }
  /// Hands on what closed by `until`: bars that are still to come close later.
  void release(Timestamp until);
  /// Hands on all, and holds no more.
  void end();

 private:
  struct Held {
    Bar bar;
    BarSource source;
  };
  /// The earliest close on top; of those that close together, the first instrument.
  struct Later {
    bool operator()(const Held& a, const Held& b) const;
  };

  FeedOutput& out_;
  std::priority_queue<Held, std::vector<Held>, Later> held_;
  bool holding_ = false;
};

}  // namespace proteus::bybit
