// What the model of a venue can be told. Defaults are on the pessimistic side of Bybit's.
#pragma once

#include <chrono>

#include "engine/core/settings.hpp"
#include "engine/core/time.hpp"

namespace proteus::matching {

/// Bar: orders fill from the next bar. Quote: from the books that come after the latency.
enum class FillMode : std::uint8_t { Bar, Quote };

struct VenueSettings {
  FillMode fill_mode = FillMode::Bar;
  Duration latency = std::chrono::milliseconds{100};
  double half_spread_bps = 1.0;
  double impact_bps = 10.0;
  double participation = 0.1;
  double linear_taker_fee_bps = 5.5;
  double linear_maker_fee_bps = 2.0;
  double spot_taker_fee_bps = 10.0;
  double spot_maker_fee_bps = 10.0;
  double leverage = 3.0;
  double maintenance_margin_bps = 50.0;
  double liquidation_fee_bps = 50.0;
  double assumed_funding_bps = 1.0;

  static constexpr auto settings() {
    using V = VenueSettings;
    return std::tuple{
        setting("fill_mode", &V::fill_mode, "fill from the next bar, or from the order book"),
        setting("latency", &V::latency, "quote mode: from the decision to the venue", 0.0, 60.0),
        setting("half_spread_bps", &V::half_spread_bps,
                "bar mode: half of the spread that a taker crosses, in bps of the price", 0.0,
                500.0),
        setting(
            "impact_bps", &V::impact_bps,
            "bar mode: what taking a whole bar's volume moves the price, in bps; grows with the "
            "square root of the share taken",
            0.0, 2000.0),
        setting("participation", &V::participation,
                "bar mode: fraction of a bar's volume that resting limit orders may take", 0.0,
                1.0),
        setting("linear_taker_fee_bps", &V::linear_taker_fee_bps,
                "perpetuals: fee of taking, in bps of the notional", 0.0, 1000.0),
        setting("linear_maker_fee_bps", &V::linear_maker_fee_bps,
                "perpetuals: fee of resting, in bps of the notional", 0.0, 1000.0),
        setting("spot_taker_fee_bps", &V::spot_taker_fee_bps,
                "spot: fee of taking, in bps; a buy pays it in base", 0.0, 1000.0),
        setting("spot_maker_fee_bps", &V::spot_maker_fee_bps,
                "spot: fee of resting, in bps; a buy pays it in base", 0.0, 1000.0),
        setting("leverage", &V::leverage,
                "perpetuals: notional over initial margin; an instrument's own limit may be lower",
                1.0, 100.0),
        setting("maintenance_margin_bps", &V::maintenance_margin_bps,
                "perpetuals: equity at or below this share of all notionals is liquidated, in bps",
                1.0, 5000.0),
        setting("liquidation_fee_bps", &V::liquidation_fee_bps,
                "perpetuals: paid on top of the taker fee by a liquidation, in bps", 0.0, 1000.0),
        setting("assumed_funding_bps", &V::assumed_funding_bps,
                "perpetuals: charged to the holder per 8 h where no rate is known, in bps", 0.0,
                100.0)};
  }
};

}  // namespace proteus::matching

template <>
struct proteus::EnumNames<proteus::matching::FillMode> {
  static constexpr std::array<std::string_view, 2> names{"bar", "quote"};
};
