// Bars of a higher interval, made of the bars that pass by. Only complete ones come out: a higher
// bar is known when the base bar that ends it has closed, and never before.
#pragma once

#include <optional>

#include "engine/core/archive.hpp"
#include "engine/core/bar.hpp"

namespace proteus::features {

/// The interval that gives a wider view: 1m -> 15m, 3m and 5m -> 1h, 15m -> 4h, 30m -> 12h,
/// 1h, 2h, 4h, 6h -> 1d, 12h and 1d -> 1w. Nothing for weeks and months.
std::optional<Interval> higher_interval(Interval base);

class HigherBars {
 public:
  HigherBars(Interval base, Interval higher);

  /// Takes the next closed base bar. True: it completed a higher bar of which every base bar was
  /// seen; that bar's close is the base bar's close. A higher bar that was begun in its middle, or
  /// that misses a base bar, is dropped.
  bool add(const Bar& bar);
  /// Base bars in a higher bar.
  [[nodiscard]] std::size_t bars_each() const { return bars_each_; }
  void reset() { seen_ = 0; }
  void archive(Archive& a) { a(open_, seen_); }

 private:
  Interval higher_;
  std::size_t bars_each_;
  Timestamp open_{};      // of the higher bar in the making
  std::size_t seen_ = 0;  // its base bars so far; 0: none is in the making
};

}  // namespace proteus::features
