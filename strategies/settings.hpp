// Settings of the strategies: which rule trades, and what is recorded beside its decisions.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <tuple>

#include "engine/core/settings.hpp"
#include "strategies/features/kind.hpp"

namespace proteus::strategies {

enum class StrategyKind : std::uint8_t { Flat, BuyAndHold, SmaCross, Trend, Policy, Forecast };

struct StrategySettings {
  StrategyKind name = StrategyKind::SmaCross;
  std::int64_t fast = 20;
  std::int64_t slow = 50;
  std::int64_t trend_bars = 24;
  features::Kind features = features::Kind::Chapter;

  static constexpr auto settings() {
    using S = StrategySettings;
    return std::tuple{
        setting("name", &S::name,
                "what trades: flat, buy_and_hold, sma_cross, trend, policy or forecast"),
        setting("fast", &S::fast, "bars in the fast mean of sma_cross; below slow", 1, 9999),
        setting("slow", &S::slow, "bars in the slow mean of sma_cross", 2, 10000),
        setting("trend_bars", &S::trend_bars,
                "bars in the shortest horizon of trend; the others are 2, 4 and 8 times it", 1,
                1000),
        setting("features", &S::features,
                "features recorded with each decision: none, chapter, practitioner, trend or "
                "market; of a policy or forecaster those that it reads")};
  }
};

}  // namespace proteus::strategies

template <>
struct proteus::EnumNames<proteus::strategies::StrategyKind> {
  static constexpr std::array<std::string_view, 6> names = {"flat",  "buy_and_hold", "sma_cross",
                                                            "trend", "policy",       "forecast"};
};
