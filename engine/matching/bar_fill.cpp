#include "engine/matching/bar_fill.hpp"

#include <algorithm>
#include <cmath>

namespace proteus::matching {

std::int64_t slippage_rate_e9(const VenueSettings& settings, Quantity quantity, double volume) {
  const double q = volume > 0.0 ? std::min(1.0, quantity.to_double() / volume) : 1.0;
  return to_fixed_raw((settings.half_spread_bps + settings.impact_bps * std::sqrt(q)) / 1e4);
}

Price worsen(Price base, Side side, std::int64_t rate_e9, Price tick) {
  const bool buy = side == Side::Buy;
  const Int128 exact = Int128{base.raw()} * (buy ? kFixedScale + rate_e9 : kFixedScale - rate_e9);
  const Int128 ticks =
      divide(exact, Int128{tick.raw()} * kFixedScale, buy ? Rounding::Up : Rounding::Down);
  const Int128 price = std::max<Int128>(ticks, 1) * tick.raw();
  PROTEUS_ASSERT(fits(price));
  return Price::from_raw(static_cast<std::int64_t>(price));
}

Money slippage_cost(Price price, Price fair, Quantity quantity) {
  return notional(abs(price - fair), quantity, Rounding::Up);
}

Quantity resting_allowance(const VenueSettings& settings, const Bar& bar, Quantity lot) {
  constexpr double kLargest = 9.0e18;  // units of 1e-9; beyond any order
  const double units = std::floor(settings.participation * bar.volume * 1e9);
  const Quantity raw = Quantity::from_raw(static_cast<std::int64_t>(std::min(units, kLargest)));
  return round_to_step(raw, lot);
}

}  // namespace proteus::matching
