// Markets that never were, as series to train on: the same for the same settings and seed on every
// machine. The four plain regimes have one drift and one volatility each (simple_regimes.hpp); all
// others are the simulator's market (generator.hpp), minute by minute, put together into bars.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "engine/core/settings.hpp"
#include "models/training/series.hpp"

namespace proteus::training {

/// The first four: simple regimes. The next seven: the simulator's market, held in one regime.
/// Switching: its regimes follow one another. Jumps: the same with twenty times the jumps, and no
/// clustering. Clusters: no jumps, and volatility that clusters strongly (GARCH 0.2, 0.79).
/// Driftless: Switching as a martingale; nothing can be earned on it.
enum class SyntheticKind : std::uint8_t {
  Bull,
  Bear,
  HighVolatility,
  Sideways,
  BullTrend,
  BearTrend,
  HighVolatilityRange,
  LowVolatilityRange,
  Breakout,
  Reversal,
  Crisis,
  Switching,
  Jumps,
  Clusters,
  Driftless
};

struct SyntheticSettings {
  SyntheticKind kind = SyntheticKind::Switching;
  std::string instrument = "linear:SIM000USDT";  ///< one that engine/market/instruments.hpp knows
  Interval interval = Interval::H1;
  std::size_t bars = 1'000;
  Timestamp start =
      from_unix_ms(1'735'689'600'000);  ///< 2025-01-01; the bar that holds it is first
  features::Kind features = features::Kind::Chapter;
};

/// A series named after kind, instrument (unless it is the usual one) and seed. Errors: Malformed,
/// NotFound (the instrument), OutOfRange (a drift that carries the price out of range), and those
/// of Series::create.
Result<std::shared_ptr<const Series>> synthetic_series(const SyntheticSettings& settings,
                                                       std::uint64_t seed);

}  // namespace proteus::training

template <>
struct proteus::EnumNames<proteus::training::SyntheticKind> {
  static constexpr std::array<std::string_view, 15> names{"bull",
                                                          "bear",
                                                          "high_volatility",
                                                          "sideways",
                                                          "bull_trend",
                                                          "bear_trend",
                                                          "high_volatility_range",
                                                          "low_volatility_range",
                                                          "breakout",
                                                          "reversal",
                                                          "crisis",
                                                          "switching",
                                                          "jumps",
                                                          "clusters",
                                                          "driftless"};
};
