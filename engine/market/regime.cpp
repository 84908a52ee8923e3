#include "engine/market/regime.hpp"

#include <algorithm>

namespace proteus::market {
namespace {

using namespace std::chrono_literals;

constexpr std::array<std::string_view, kRegimes> kNames = {
    "bull_trend", "bear_trend", "high_volatility_range", "low_volatility_range", "breakout",
    "reversal",   "crisis"};

// Choices of this project, in the proportions of crypto markets seen from a distance: trends last
// about a day, quiet stretches too; breakouts, reversals and crises are over within hours.
constexpr std::array<RegimeTraits, kRegimes> kTraits = {{
    {.drift = 1.0, .volatility = 1.0, .jumps_per_day = 1.0, .duration = 24h},
    {.drift = -1.0, .volatility = 1.2, .jumps_per_day = 1.5, .volume = 1.05, .duration = 18h},
    {.volatility = 1.8, .pull_half_life = 120, .jumps_per_day = 3.0, .duration = 12h},
    {.volatility = 0.5, .pull_half_life = 60, .jumps_per_day = 0.3, .volume = 0.8, .duration = 24h},
    {.drift = 4.0, .volatility = 1.6, .jumps_per_day = 4.0, .volume = 1.4, .duration = 3h},
    {.drift = 3.0, .volatility = 1.5, .jumps_per_day = 3.0, .volume = 1.2, .duration = 4h},
    {.drift = -4.0,
     .volatility = 3.2,
     .jumps_per_day = 24.0,
     .jump_up_share = 0.35,
     .volume = 1.3,
     .duration = 4h},
}};

//   to: bull bear high low breakout reversal crisis
constexpr double kTransitions[kRegimes][kRegimes] = {
    {0.00, 0.05, 0.15, 0.32, 0.10, 0.34, 0.04},  // bull
    {0.05, 0.00, 0.20, 0.25, 0.08, 0.34, 0.08},  // bear
    {0.20, 0.18, 0.00, 0.26, 0.20, 0.06, 0.10},  // high-volatility range
    {0.18, 0.15, 0.17, 0.00, 0.47, 0.00, 0.03},  // low-volatility range
    {0.50, 0.08, 0.20, 0.05, 0.00, 0.15, 0.02},  // breakout, upward
    {0.45, 0.05, 0.22, 0.20, 0.06, 0.00, 0.02},  // reversal, upward
    {0.05, 0.25, 0.35, 0.00, 0.00, 0.35, 0.00},  // crisis
};

constexpr std::size_t at(Regime regime) { return static_cast<std::size_t>(regime); }

/// After a move down, what would have led to a bull market leads to a bear market.
Regime mirrored(Regime regime) {
  if (regime == Regime::BullTrend) return Regime::BearTrend;
  if (regime == Regime::BearTrend) return Regime::BullTrend;
  return regime;
}

Regime draw_next(Regime now, double u) {
  Regime last = now;
  for (std::size_t next = 0; next < kRegimes; ++next) {
    if (kTransitions[at(now)][next] <= 0.0) continue;
    last = static_cast<Regime>(next);
    u -= kTransitions[at(now)][next];
    if (u < 0.0) break;
  }
  return last;
}

}  // namespace

std::string_view to_string(Regime regime) { return kNames[at(regime)]; }

std::optional<Regime> parse_regime(std::string_view text) {
  const auto found = std::ranges::find(kNames, text);
  if (found == kNames.end()) return std::nullopt;
  return static_cast<Regime>(found - kNames.begin());
}

const RegimeTraits& traits(Regime regime) { return kTraits[at(regime)]; }

double transition(Regime now, Regime next) { return kTransitions[at(now)][at(next)]; }

RegimeState step(RegimeState state, double pace, double trend, Random& random) {
  const double leave = pace / static_cast<double>(traits(state.regime).duration.count());
  if (!random.chance(leave)) return state;
  Regime next = draw_next(state.regime, random.uniform());
  const bool directed = state.regime == Regime::Breakout || state.regime == Regime::Reversal;
  if (directed && state.direction < 0) next = mirrored(next);
  const bool up = random.chance(0.5);
  if (next == Regime::Reversal) return {next, trend > 0.0 ? -1 : 1};
  return {next, next == Regime::Breakout && !up ? -1 : 1};
}

std::array<double, kRegimes> stationary() {
  // Visits by power iteration of the jump chain, weighted by the time each visit lasts. The even
  // mix with the last iterate keeps a chain that swings to and fro from doing so for ever. Bull and
  // bear stand in the table as after an upward move; half of the moves go down.
  std::array<double, kRegimes> visits;
  visits.fill(1.0 / kRegimes);
  for (int i = 0; i < 500; ++i) {
    std::array<double, kRegimes> after{};
    for (std::size_t from = 0; from < kRegimes; ++from) {
      const auto now = static_cast<Regime>(from);
      const bool directed = now == Regime::Breakout || now == Regime::Reversal;
      for (std::size_t to = 0; to < kRegimes; ++to) {
        const auto next = static_cast<Regime>(to);
        const double p = directed ? (transition(now, next) + transition(now, mirrored(next))) / 2.0
                                  : transition(now, next);
        after[to] += visits[from] * p;
      }
    }
    for (std::size_t k = 0; k < kRegimes; ++k) visits[k] = (visits[k] + after[k]) / 2.0;
  }
  double total = 0.0;
  for (std::size_t k = 0; k < kRegimes; ++k)
    total += visits[k] *= static_cast<double>(kTraits[k].duration.count());
  for (double& share : visits) share /= total;
  return visits;
}

}  // namespace proteus::market
