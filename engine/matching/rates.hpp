// The settings of a venue model as the integers that money is computed with. Pure functions; each
// rate is in units of 1e-9 (0.00055 = 550 000).
#pragma once

#include <array>
#include <cstdint>

#include "engine/core/instrument.hpp"
#include "engine/core/order.hpp"
#include "engine/matching/settings.hpp"

namespace proteus::matching {

struct Rates {
  std::array<std::array<std::int64_t, 2>, 2> fee_e9{};  ///< [Category][Liquidity]
  std::int64_t liquidation_fee_e9 = 0;                  ///< taker fee and penalty together
  std::int64_t maintenance_e9 = 0;
  std::int64_t leverage_e9 = kFixedScale;
  std::int64_t assumed_funding_e9 = 0;  ///< per 8 h, >= 0

  [[nodiscard]] std::int64_t fee(Category category, Liquidity liquidity) const {
    return fee_e9[static_cast<std::size_t>(category)][static_cast<std::size_t>(liquidity)];
  }
};

/// Basis points to units of 1e-9: bps / 1e4 in double, then to the nearest unit.
std::int64_t bps_to_e9(double bps);

Rates make_rates(const VenueSettings& settings);

/// What an execution pays. A spot buy pays in base: `fee_base` = quantity x rate, rounded up, and
/// `fee` is its value at the price, rounded up. All else pays `fee` = notional x rate in quote,
/// both products rounded up, but the notional of a spot sale (which is received) rounded down.
struct Charge {
  Money fee;
  Quantity fee_base;
};
Charge charge(Category category, Side side, Quantity quantity, Price price, std::int64_t fee_e9);

}  // namespace proteus::matching
