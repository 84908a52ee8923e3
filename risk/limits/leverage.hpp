// Control 14: how far the account is from being liquidated. Pure functions over what the books
// would be, and the mean true range that the distance is told in.
#pragma once

#include <cstdint>

#include "engine/core/bar.hpp"
#include "engine/core/decision.hpp"
#include "risk/moments.hpp"

namespace proteus::risk {

/// Gross value of all perpetuals, with what is open, against a multiple of equity.
ControlResult leverage(Money gross_linear, Money equity, std::int64_t max_e9, bool reduces);

/// Distance from the mark to liquidation against the least it may be; `distance` as
/// matching::liquidation_distance gives it.
ControlResult liquidation_distance(Price distance, Price least, bool reduces);

/// Mean of max(high, previous close) - min(low, previous close) over bars, span 60 (Wilder 1978,
/// with exponential weights).
class TrueRange {
 public:
  TrueRange();
  void on_bar(const Bar& bar);
  /// `times` mean ranges as a price; zero before the first bar.
  [[nodiscard]] Price scaled(double times) const;
  void archive(Archive& a) { a(mean_, close_); }

 private:
  DecayedMoments mean_;
  double close_ = 0.0;  // 0: none seen
};

}  // namespace proteus::risk
