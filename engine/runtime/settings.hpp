// What a run trades, how often, and how a wish becomes an order type.
#pragma once

#include <string>
#include <vector>

#include "engine/core/order.hpp"
#include "engine/core/settings.hpp"
#include "engine/core/time.hpp"

namespace proteus {

/// Where the ledger takes its marks from. Bars: only from closed bars, so that a run is a function
/// of its bars. Ticker: the venue's mark price as it moves; closes until the first one is heard.
enum class MarkSource : std::uint8_t { Bars, Ticker };
template <>
struct EnumNames<MarkSource> {
  static constexpr std::array<std::string_view, 2> names = {"bars", "ticker"};
};

/// Market: one market order. Limit: a limit order that lives until the next decision.
enum class OrderStyle : std::uint8_t { Market, Limit };
template <>
struct EnumNames<OrderStyle> {
  static constexpr std::array<std::string_view, 2> names = {"market", "limit"};
};
template <>
struct EnumNames<TimeInForce> {
  static constexpr std::array<std::string_view, 4> names = {"gtc", "ioc", "fok", "post_only"};
};
template <>
struct EnumNames<Interval> {
  static constexpr std::array<std::string_view, 13> names = {
      "1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "12h", "1d", "1w", "1M"};
};

/// Units of 1e-9 hold 9.2e9: the largest capital times the largest gross limit (20) leaves room for
/// prices to quadruple before a sum of positions could not be held.
struct EngineSettings {
  std::vector<std::string> instruments = {"linear:BTCUSDT", "linear:ETHUSDT", "linear:SOLUSDT"};
  Interval interval = Interval::M1;
  double capital = 10'000.0;
  Duration barrier{0};
  Duration gap_max{0};
  MarkSource marks = MarkSource::Bars;
  OrderStyle order_style = OrderStyle::Market;
  double limit_offset_bps = 1.0;
  TimeInForce limit_time_in_force = TimeInForce::Gtc;

  static constexpr auto settings() {
    using S = EngineSettings;
    return std::tuple{
        setting("instruments", &S::instruments,
                "what is traded, in this order: linear:BTCUSDT or spot:BTCUSDT"),
        setting("interval", &S::interval, "length of the bars on which decisions are made"),
        setting("capital", &S::capital, "starting capital of a paper account, in quote currency",
                1.0, 1e8),
        setting(
            "barrier", &S::barrier,
            "how long the bars of one close wait for each other before they are decided together",
            0.0, 60.0),
        setting("gap_max", &S::gap_max,
                "a market that closes: time without bars, at most, over which strategies go on as "
                "if there had been none; longer, and they start again. A weekend has 2d, one with "
                "holidays 4d",
                0.0, 30.0 * 86400.0),
        setting("marks", &S::marks, "where positions are marked from"),
        setting("order_style", &S::order_style,
                "market orders, or limit orders that live until the next decision"),
        setting("limit_offset_bps", &S::limit_offset_bps,
                "limit price this far from the close, in 1/100 %, on the passive side; negative "
                "crosses",
                -500.0, 500.0),
        setting("limit_time_in_force", &S::limit_time_in_force, "time in force of limit orders")};
  }
};

}  // namespace proteus
