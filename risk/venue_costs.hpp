// What the gate is told of the venue's costs: the same where it trades, trains and is tested.
#pragma once

#include "engine/matching/settings.hpp"
#include "risk/settings.hpp"

namespace proteus::risk {

inline Costs venue_costs(const matching::VenueSettings& venue) {
  constexpr double kBps = 1e4;  // a division rounds once, so that 5.5 gives 0.00055
  Costs costs;
  costs.linear_taker_fee = venue.linear_taker_fee_bps / kBps;
  costs.spot_taker_fee = venue.spot_taker_fee_bps / kBps;
  costs.half_spread = venue.half_spread_bps / kBps;
  costs.assumed_funding = venue.assumed_funding_bps / kBps;
  costs.maintenance_margin = venue.maintenance_margin_bps / kBps;
  return costs;
}

}  // namespace proteus::risk
