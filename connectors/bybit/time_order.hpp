// Hands on bars that are fetched in the order of time over all instruments, as a run without a gap
// would have seen them: REST gives them instrument by instrument, and what looks at several markets
// at once would find each of them alone. Bars of one close come in any order. When all have caught
// up, bars pass as they come.
#pragma once

#include <optional>
#include <queue>
#include <vector>

#include "connectors/bybit/kline_merger.hpp"

namespace proteus::bybit {

class TimeOrder final : public FeedOutput {
 public:
  /// So many bars are handed on at a time: the loop has other things to do.
  static constexpr int kAtOnce = 4'000;

  explicit TimeOrder(FeedOutput& out) : out_(out) {}

  void bar_closed(const Bar& bar, BarSource source) override;
  void anomaly(AnomalyKind kind, std::optional<InstrumentId> instrument,
               std::string detail) override {
    out_.anomaly(kind, instrument, std::move(detail));
  }

  /// From here on bars are held.
  void hold();
  [[nodiscard]] bool holding() const { return holding_; }
  /// What closed by `until` may go.
  void release(Timestamp until) { until_ = until; }
  /// All may go, and no more is held.
  void end();
  /// Hands on what may go, kAtOnce of it.
  void hand_on();

  /// Bars are held, or have not been handed on yet.
  [[nodiscard]] bool waiting() const { return !held_.empty(); }
  /// Some of the warm-up of this instrument.
  [[nodiscard]] bool warming_up(InstrumentId instrument) const {
    return instrument.index < warm_up_.size() && warm_up_[instrument.index] > 0;
  }
  /// When the first bar of a stream closed that has been held.
  [[nodiscard]] std::optional<Timestamp> first_live() const { return first_live_; }

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
  std::vector<std::size_t> warm_up_;  ///< held bars of the warm-up, by instrument
  std::optional<Timestamp> first_live_;
  Timestamp until_{};
  bool holding_ = false;
};

}  // namespace proteus::bybit
