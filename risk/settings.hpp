// Settings of sizing and of the limits. Every limit has a range with a finite top and a bottom
// above zero: none can be switched off. Fractions are plain numbers: 0.25 is a quarter.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "engine/core/settings.hpp"
#include "engine/core/time.hpp"

namespace proteus::risk {

/// What a model output that is not finite or out of range leads to (control 27).
enum class BadOutput : std::uint8_t { Flat, Hold };

/// The way from target to weight. See docs/reference/sizing.md.
struct SizingSettings {
  double volatility_target = 0.5;
  double volatility_scale_max = 2.0;
  std::int64_t volatility_span = 60;
  std::int64_t volatility_returns_min = 20;
  double kelly_fraction = 0.25;
  double kelly_floor = 0.05;
  std::int64_t kelly_bars_min = 100;
  std::optional<std::int64_t> kelly_half_life;
  double gross_max = 1.0;
  double share_max = 0.25;
  std::vector<std::string> shares;
  double no_trade_band = 0.01;
  BadOutput bad_output = BadOutput::Flat;

  static constexpr auto settings() {
    using S = SizingSettings;
    return std::tuple{
        setting("volatility_target", &S::volatility_target,
                "standard deviation of log returns a year that a full target is scaled to", 0.01,
                10.0),
        setting("volatility_scale_max", &S::volatility_scale_max,
                "largest factor by which a calm market enlarges a target", 0.1, 20.0),
        setting("volatility_span", &S::volatility_span,
                "span of the exponential window over log returns, in bars", 2, 10'000),
        setting("volatility_returns_min", &S::volatility_returns_min,
                "returns that must be known before a position is taken", 2, 10'000),
        setting("kelly_fraction", &S::kelly_fraction, "share of the Kelly fraction that is used",
                0.01, 1.0),
        setting("kelly_floor", &S::kelly_floor,
                "smallest cap on |target|, so that a paper run goes on learning; 0 in live", 0.0,
                1.0),
        setting("kelly_bars_min", &S::kelly_bars_min,
                "bars the shadow ledger must have held something before Kelly may exceed the floor",
                2, 10'000'000),
        setting("kelly_half_life", &S::kelly_half_life,
                "half-life in bars of the shadow ledger's memory; absent: all bars weigh the same",
                10, 10'000'000),
        setting("gross_max", &S::gross_max,
                "fraction of equity that full targets of all instruments together hold", 0.001,
                20.0),
        setting("share_max", &S::share_max,
                "largest share of gross_max an instrument gets where `shares` is empty", 0.001,
                1.0),
        setting(
            "shares", &S::shares,
            "shares of gross_max, as \"linear:BTCUSDT=0.5\", for every instrument; empty: equal "
            "shares, none above share_max"),
        setting("no_trade_band", &S::no_trade_band,
                "change of weight that is not worth an order, as a fraction of the instrument's "
                "allotment",
                0.0, 0.5),
        setting("bad_output", &S::bad_output,
                "what a target that is not finite or out of range leads to: flat or hold")};
  }
};

/// Limits of the gate, by control number in docs/reference/risk-controls.md.
struct LimitSettings {
  double capital_at_risk_max = 1.0;
  double price_band_bps = 200.0;
  Duration ticker_age_max = std::chrono::seconds{30};
  double order_value_max = 0.25;
  double quantity_volume_max = 0.1;
  double position_max = 0.5;
  double gross_max = 1.0;
  double drawdown_max = 0.20;
  double drawdown_halt = 0.30;
  double jump_max = 0.25;

  static constexpr auto settings() {
    using L = LimitSettings;
    return std::tuple{
        setting("capital_at_risk_max", &L::capital_at_risk_max,
                "control 1: gross exposure with open orders, as a fraction of the starting capital",
                0.001, 20.0),
        setting("price_band_bps", &L::price_band_bps,
                "control 2: distance of an order's price from mark and mid, in basis points", 1.0,
                2'000.0),
        setting("ticker_age_max", &L::ticker_age_max,
                "controls 2 and 18: age beyond which a ticker or book is stale", 0.1, 600.0),
        setting("order_value_max", &L::order_value_max,
                "control 4: value of one order, as a fraction of equity", 0.0001, 20.0),
        setting("quantity_volume_max", &L::quantity_volume_max,
                "control 5: quantity of one order, as a fraction of the mean volume of a bar",
                0.0001, 100.0),
        setting("position_max", &L::position_max,
                "control 9: exposure of one instrument with its open orders, as a fraction of "
                "equity",
                0.0001, 20.0),
        setting("gross_max", &L::gross_max,
                "control 9: exposure of all instruments with open orders, as a fraction of equity",
                0.0001, 20.0),
        setting("drawdown_max", &L::drawdown_max,
                "control 12: drawdown beyond which only reductions pass", 0.001, 0.99),
        setting("drawdown_halt", &L::drawdown_halt,
                "control 12: drawdown beyond which trading halts", 0.001, 0.99),
        setting("jump_max", &L::jump_max,
                "control 19: |log(close / last close)| beyond which a bar waits for a second one",
                0.001, 5.0)};
  }
};

/// What a trade costs the shadow ledger, as fractions of its value: 0.00055 is 5.5 basis points.
struct Costs {
  double linear_taker_fee = 0.00055;
  double spot_taker_fee = 0.001;
  double half_spread = 0.0001;
  /// Of a change by one unit.
  [[nodiscard]] double of(Category category) const {
    return (category == Category::Linear ? linear_taker_fee : spot_taker_fee) + half_spread;
  }
};

}  // namespace proteus::risk

namespace proteus {
template <>
struct EnumNames<risk::BadOutput> {
  static constexpr std::array<std::string_view, 2> names = {"flat", "hold"};
};
}  // namespace proteus
