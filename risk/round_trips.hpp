// Kelly for a bet with two outcomes, from the round trips of a position of one unit.
#pragma once

#include <cstdint>

#include "engine/core/archive.hpp"
#include "risk/kelly_estimate.hpp"

namespace proteus::risk {

/// A round trip lasts from taking a side to leaving it, also by turning over. Its result is the sum
/// of its bars' returns less what entering and leaving cost; it is a win above 0. Trips and not
/// bars are the bets: a side is taken once for all of a trip's bars, and costs are whole in it.
class RoundTrips {
 public:
  /// cost: of changing the position by one unit, as a fraction. decay: a trip that closed n bars
  /// ago weighs decay^n; in (0, 1].
  RoundTrips(double cost, double decay) : cost_(cost), decay_(decay) {}

  /// A bar closed on which `held` earned `change`, the price's return; `before` was held on the bar
  /// before it. What was left is closed here, where leaving it is paid.
  void on_bar(int held, int before, double change);

  /// p - (1 - p) / b with b = mean win / mean loss (Kelly 1956): the share of capital at stake
  /// where a whole position is the stake. The shrinkage is what is left with p at the lower end of
  /// Wilson's interval (1927, score interval) of `confidence` standard errors. An open trip that
  /// stands at a loss counts as one lost: who never closes a loss has lost all the same. Raw is 0
  /// without a win.
  [[nodiscard]] KellyEstimate estimate(double confidence) const;
  [[nodiscard]] std::int64_t closed() const { return closed_; }

  void archive(Archive& a) {
    a(open_, is_open_, closed_, wins_, losses_, won_, lost_, weight_squares_);
  }

 private:
  void close(double result);

  double cost_;
  double decay_;
  double open_ = 0.0;  ///< result so far
  bool is_open_ = false;
  std::int64_t closed_ = 0;
  double wins_ = 0.0;  ///< sums of weights, then of weighted results
  double losses_ = 0.0;
  double won_ = 0.0;
  double lost_ = 0.0;
  double weight_squares_ = 0.0;
};

}  // namespace proteus::risk
