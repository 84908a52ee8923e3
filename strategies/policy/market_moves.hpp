// The returns that a policy's unit account lives on, as a stream over bars: what a long position
// earned over each, funding included, and how large a full weight is after it.
#pragma once

#include <span>

#include "engine/core/archive.hpp"
#include "engine/core/bar.hpp"
#include "engine/matching/funding.hpp"
#include "strategies/features/numerics.hpp"
#include "strategies/policy/policy_spec.hpp"
#include "strategies/policy/unit_account.hpp"

namespace proteus::strategies {

class MarketMoves {
 public:
  /// funding_interval: of the instrument; zero (spot) knows no funding.
  MarketMoves(const MarketSettings& market, Interval interval, Duration funding_interval);

  /// The next bar, without a hole, and the settlements in (open, close] of it.
  MarketMove add(const Bar& bar, std::span<const matching::FundingTime> settlements);
  void reset();
  /// The share too: it is that of the instrument as it was when this was made.
  void archive(Archive& a) { a(assumed_share_, variance_, close_, seen_); }

 private:
  MarketSettings market_;
  double unit_;           ///< volatility target of a bar
  double assumed_share_;  ///< of a settlement, per unit of assumed_funding
  features::Ewma variance_;
  Price close_;
  std::int64_t seen_ = 0;
};

}  // namespace proteus::strategies
