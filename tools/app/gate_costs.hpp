// What the gate is told of the venue's costs: the same where it trades and where it is tested.
#pragma once

#include "risk/venue_costs.hpp"

namespace proteus::app {

inline risk::Costs gate_costs(const matching::VenueSettings& venue) {
  return risk::venue_costs(venue);
}

}  // namespace proteus::app
