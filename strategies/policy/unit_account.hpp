// The account that a policy knows: its own weights on one instrument, with one unit of capital, no
// lots, no minima and no other instrument beside it. What a policy is told of its position and of
// what that brought comes from here and not from the books, so that it is the same in training, on
// paper and live, whatever the capital, and whatever sizing and limits make of its wishes.
//
//   exposure   e_t = w_t x scale_t, held from the close of bar t
//   net        n_(t+1) = e_t r_(t+1) - |e_t| a_(t+1) - cost |e_t - e_(t-1)|
//
// r: the bar's return less the funding that is known, a: funding that is assumed against any
// holder. Numbers told to the policy are in units of the volatility target of a bar.
#pragma once

#include <algorithm>
#include <cmath>

#include "engine/core/archive.hpp"

namespace proteus::strategies {

/// What the close of a bar says of the market, beside the features.
struct MarketMove {
  double bar_return = 0.0;  ///< close / close before - 1, less known funding that longs paid
  double assumed = 0.0;     ///< funding assumed against any holder, as a fraction of the value
  double scale = 0.0;       ///< exposure of a full weight from this close on; 0: not known yet
  void archive(Archive& a) { a(bar_return, assumed, scale); }
};

class UnitAccount {
 public:
  /// cost: of a change by one, as a fraction; unit: the volatility target of a bar.
  UnitAccount(double cost, double unit) : cost_(cost), unit_(unit) {}

  /// A bar closed. Returns what it brought, net, in units.
  double close(const MarketMove& move) {
    const double net =
        (exposure_ * move.bar_return - std::abs(exposure_) * move.assumed - owed_) / unit_;
    owed_ = 0.0;
    profit_ += net;
    return net;
  }
  /// At that close, this weight in [-1, 1] from here on.
  void hold(double weight, double scale) {
    const double exposure = weight * scale;
    owed_ = cost_ * std::abs(exposure - exposure_);
    if (exposure * exposure_ <= 0.0) profit_ = 0.0;  // turned, opened or closed
    exposure_ = exposure;
    weight_ = weight;
  }

  [[nodiscard]] double exposure() const { return exposure_; }
  [[nodiscard]] double weight() const { return weight_; }
  /// Since the position was last turned or opened, in units.
  [[nodiscard]] double profit() const { return profit_; }
  void archive(Archive& a) { a(exposure_, weight_, profit_, owed_); }

 private:
  double cost_;
  double unit_;
  double exposure_ = 0.0;
  double weight_ = 0.0;
  double profit_ = 0.0;
  double owed_ = 0.0;  ///< cost of the last change, charged with the next bar
};

}  // namespace proteus::strategies
