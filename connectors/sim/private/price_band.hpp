// How far from the mark a limit price may lie: section 12.5.
#pragma once

#include "connectors/sim/private/market_view.hpp"

namespace proteus::sim {

struct PriceBand {
  Price buy_max;
  Price sell_min;
};

/// Shares of the price that instruments-info tells as riskParameters, 1e-9.
struct BandRatios {
  std::int64_t x_e9;
  std::int64_t y_e9;
};
constexpr BandRatios band_ratios(Category category) {
  return category == Category::Linear ? BandRatios{10'000'000, 20'000'000}
                                      : BandRatios{50'000'000, 50'000'000};
}

/// On the tick, rounded into the band. The premium is that of now, no average of what was. Only for
/// an instrument that is priced.
PriceBand price_band(MarketView& view, const Instrument& instrument, Timestamp now);

}  // namespace proteus::sim
