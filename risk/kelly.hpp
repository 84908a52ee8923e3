// How much a strategy has earned the right to stake: Kelly's fraction from its own record, kept in
// a shadow ledger that holds one unit of what the strategy says, for one instrument.
#pragma once

#include <cstdint>

#include "risk/moments.hpp"

namespace proteus::risk {

/// The continuous Kelly fraction mean / variance, shrunk for the error of a mean from `periods`
/// samples by SR^2 / (SR^2 + 1 / periods), SR = mean / deviation. Never negative; 0 where nothing
/// can be said (variance 0, no samples).
double kelly_fraction(double mean, double variance, double periods);

/// A paper position of -1, 0 or 1 units that pays for each change. It earns on a bar with what was
/// held when the bar began, so a decision at a close never rests on what comes after it. A change
/// is charged on the bar that the new position earns on first.
class ShadowLedger {
 public:
  /// cost: of changing the position by one unit, as a fraction. decay: see DecayedMoments.
  ShadowLedger(double cost, double decay) : cost_(cost), returns_(decay) {}

  /// A bar closed at `close` > 0. The first close earns nothing.
  void on_close(double close);
  /// What is held from this close on: -1, 0 or 1.
  void hold(int exposure) { held_ = exposure; }

  /// Bars that earned while something was held. Idle bars are samples, but no experience.
  [[nodiscard]] std::int64_t bars_held() const { return bars_held_; }
  [[nodiscard]] const DecayedMoments& returns() const { return returns_; }
  [[nodiscard]] double fraction() const {
    return kelly_fraction(returns_.mean(), returns_.variance(), returns_.effective_count());
  }
  void archive(Archive& a) { a(returns_, close_, held_, held_before_, bars_held_); }

 private:
  double cost_;
  DecayedMoments returns_;
  double close_ = 0.0;  // 0: none seen
  int held_ = 0;
  int held_before_ = 0;
  std::int64_t bars_held_ = 0;
};

}  // namespace proteus::risk
