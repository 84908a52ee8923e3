// Control 29: what a strategy's positions brought before costs, against what the next one would
// cost. One record an instrument, at one unit of what the strategy says.
#pragma once

#include <cstdint>
#include <optional>

#include "engine/core/archive.hpp"
#include "engine/core/bar.hpp"
#include "engine/core/decision.hpp"
#include "engine/core/instrument.hpp"
#include "risk/settings.hpp"

namespace proteus::risk {

class EdgeRecord {
 public:
  /// bars_min: bars that held something before the record says anything.
  explicit EdgeRecord(std::int64_t bars_min) : bars_min_(bars_min) {}

  /// A closed bar, in order, and what is held from its close on: -1, 0 or 1. `stated`: what the
  /// strategy itself expects of a position, as a fraction, if it says so.
  void on_bar(const Bar& bar, int held, std::optional<double> stated);

  /// Of one position, before costs, as a fraction of its value. Nothing: not known yet.
  [[nodiscard]] std::optional<double> edge() const;
  /// Bars that a position lasts on the mean; 1 before the first.
  [[nodiscard]] double holding() const;
  void archive(Archive& a) {
    a(close_, close_time_, held_, held_before_, gross_, bars_, entries_, stated_);
  }

 private:
  std::int64_t bars_min_;
  double close_ = 0.0;  // 0: none seen
  Timestamp close_time_{};
  int held_ = 0;
  int held_before_ = 0;
  double gross_ = 0.0;
  std::int64_t bars_ = 0;     ///< that earned while something was held
  std::int64_t entries_ = 0;  ///< positions begun that earned
  std::optional<double> stated_;
};

/// The funding of a perpetual as it was last told.
struct FundingRate {
  bool known = false;
  std::int64_t rate_e9 = 0;  ///< > 0: longs pay
};

/// Both ways in fee and half spread, and the funding of `holding` bars of `bar` where it is paid.
double expected_cost(const Instrument& instrument, Side side, const Costs& costs,
                     const FundingRate& funding, double holding, Duration bar);

/// `in_floor`: the position after is one that sizing takes to go on learning.
ControlResult expected_edge(std::optional<double> edge, double cost, bool in_floor, bool reduces);

}  // namespace proteus::risk
