// The seven regimes of the simulated market: what each does to drift, volatility, jumps and volume,
// how long it lasts and what follows it. The numbers are the table in docs/reference/markets.md.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "engine/core/time.hpp"
#include "engine/market/random.hpp"

namespace proteus::market {

enum class Regime : std::uint8_t {
  BullTrend,
  BearTrend,
  HighVolatilityRange,
  LowVolatilityRange,
  Breakout,
  Reversal,
  Crisis
};
inline constexpr std::size_t kRegimes = 7;

/// "bull_trend", "bear_trend", "high_volatility_range", "low_volatility_range", "breakout",
/// "reversal", "crisis".
std::string_view to_string(Regime regime);
std::optional<Regime> parse_regime(std::string_view text);

struct RegimeTraits {
  /// In standard deviations of an ordinary day, per day: 1 moves a 2.6 %-a-day market by 2.6 % a
  /// day. Times the direction for Breakout and Reversal.
  double drift = 0.0;
  double volatility = 1.0;           ///< factor on the instrument's own
  double pull_half_life = 0.0;       ///< minutes; a range returns to where it began. 0: it does not
  double jumps_per_day = 0.0;        ///< expected number, up and down together
  double jump_up_share = 0.5;        ///< probability that a jump goes up
  double volume = 1.0;               ///< factor on top of what volatility does
  std::chrono::minutes duration{0};  ///< expected; the length is geometric
};
const RegimeTraits& traits(Regime regime);

/// Probability that `next` follows `now`; rows sum to 1, none follows itself. For Breakout and
/// Reversal the row holds after an upward one; after a downward one bull and bear change places.
double transition(Regime now, Regime next);

/// A regime as it is lived: which, and which way where that is open.
struct RegimeState {
  Regime regime = Regime::LowVolatilityRange;
  int direction = 1;  ///< +1 or -1; drawn for Breakout, against the recent trend for Reversal
};

/// One minute of the Markov chain: stays, or moves on with probability pace / duration. `trend` is
/// the recent log return, whose sign a Reversal opposes. pace > 0; 2 means twice as quick.
RegimeState step(RegimeState state, double pace, double trend, Random& random);

/// The share of time the chain spends in each regime in the long run.
std::array<double, kRegimes> stationary();

}  // namespace proteus::market
