// When and at what price an order fills inside a bar (bar mode). Pure functions, pessimistic:
// takers pay half a spread and an impact, resting orders fill only when the price trades through
// them. The numbers can be reproduced from docs/reference/paper-venue.md.
#pragma once

#include <cstdint>

#include "engine/core/bar.hpp"
#include "engine/core/order.hpp"
#include "engine/matching/settings.hpp"

namespace proteus::matching {

/// s = (half_spread_bps + impact_bps x sqrt(q)) / 1e4 in units of 1e-9, to the nearest (ties to
/// even); q = min(1, quantity / volume), 1 where the volume is zero. volume: base, >= 0.
std::int64_t slippage_rate_e9(const VenueSettings& settings, Quantity quantity, double volume);

/// base x (1 + rate) for a buy, base x (1 - rate) for a sell, exact, then one rounding to the tick
/// against us: up for a buy, down for a sell. Never below one tick.
Price worsen(Price base, Side side, std::int64_t rate_e9, Price tick);

/// |price - fair| x quantity, rounded up: what taking cost beside fees.
Money slippage_cost(Price price, Price fair, Quantity quantity);

/// True if a limit order takes at once when it can be had at `price`.
constexpr bool takes(Side side, Price limit, Price price) {
  return side == Side::Buy ? price <= limit : price >= limit;
}

/// True if the bar traded through a resting limit: touching it is not enough.
constexpr bool trades_through(Side side, Price limit, const Bar& bar) {
  return side == Side::Buy ? bar.low < limit : bar.high > limit;
}

/// True if the bar reached a stop's trigger.
constexpr bool fires(Side side, Price trigger, const Bar& bar) {
  return side == Side::Buy ? bar.high >= trigger : bar.low <= trigger;
}

/// The price a fired stop starts from, before it is worsened: the trigger, or the open where the
/// bar opened beyond it.
constexpr Price stop_base(Side side, Price trigger, const Bar& bar) {
  return side == Side::Buy ? std::max(trigger, bar.open) : std::min(trigger, bar.open);
}

/// What all resting orders of an instrument together may take of this bar: participation x volume
/// (one product of doubles), cut down to units of 1e-9 and then to the lot.
Quantity resting_allowance(const VenueSettings& settings, const Bar& bar, Quantity lot);

}  // namespace proteus::matching
