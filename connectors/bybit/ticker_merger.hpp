// One instrument's ticker: a snapshot, then deltas that name only what changed.
#pragma once

#include <optional>

#include "connectors/bybit/kline_merger.hpp"

namespace proteus::bybit {

class TickerMerger {
 public:
  TickerMerger(InstrumentId instrument, Category category, std::string name)
      : category_(category), name_(std::move(name)) {
    state_.instrument = instrument;
  }

  /// A new connection: deltas mean nothing until its snapshot. What was told stays.
  void reset() { has_snapshot_ = false; }
  [[nodiscard]] bool has_snapshot() const { return has_snapshot_; }
  /// What to hand on: the merged state, if something in it changed. A delta before its snapshot and
  /// values that cannot be (prices that are not positive) are anomalies and change nothing.
  std::optional<TickerUpdated> on_ticker(const TickerFrame& frame, FeedOutput& out);
  /// The state that still holds: deltas name only what changed, so on a connection that speaks,
  /// silence confirms it. Nothing before this connection's snapshot.
  [[nodiscard]] std::optional<TickerUpdated> standing() const {
    return has_snapshot_ ? std::optional{state_} : std::nullopt;
  }

 private:
  [[nodiscard]] TickerUpdated merged(const TickerFrame& frame) const;

  Category category_;
  std::string name_;
  bool has_snapshot_ = false;
  bool told_ = false;
  TickerUpdated state_;
};

}  // namespace proteus::bybit
