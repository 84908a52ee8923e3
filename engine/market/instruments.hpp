// Descriptions of well-known instruments, close to what the venue lists in 2025: ticks, lots and
// minimum notionals are its own, maximum sizes are of its order. A live run never reads them: it
// asks the venue. They serve the simulated market and recorded files, which carry no description.
#pragma once

#include <optional>
#include <vector>

#include "engine/core/instrument.hpp"

namespace proteus::market {

/// An instrument and how its market behaves where it has to be invented.
struct InstrumentSpec {
  Instrument description;          ///< id is given by whoever builds the table
  double start_price = 0.0;        ///< quote
  double volatility_yearly = 0.0;  ///< standard deviation of log returns over 365 days: 0.5 = 50 %
  double volume_per_minute = 0.0;  ///< base currency, in an ordinary minute
};

/// Nothing: not in the table. Besides its rows there are a thousand made-up coins,
/// linear:SIM000USDT to linear:SIM999USDT, for markets larger than the table.
std::optional<InstrumentSpec> known_instrument(const InstrumentName& name);

}  // namespace proteus::market
