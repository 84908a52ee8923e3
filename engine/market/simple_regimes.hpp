// Four plain regimes, one a task, for meta-training: bull, bear, high volatility, sideways. Each is
// a small Markov decision process of its own: one drift and one volatility that the agent has to
// find out. No jumps, no clustering, no ticks: the rich market is generator.hpp.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "engine/market/random.hpp"

namespace proteus::market {

enum class SimpleRegime : std::uint8_t { Bull, Bear, HighVolatility, Sideways };
inline constexpr std::array kSimpleRegimes = {SimpleRegime::Bull, SimpleRegime::Bear,
                                              SimpleRegime::HighVolatility, SimpleRegime::Sideways};

/// "bull", "bear", "high_volatility", "sideways".
std::string_view to_string(SimpleRegime regime);

struct SimpleTraits {
  double drift = 0.0;       ///< expected simple return a bar
  double volatility = 0.0;  ///< standard deviation of the log return a bar
  double pull = 0.0;        ///< share of the log distance from the start taken back a bar
};
/// Bull +0.1 %, 1 %; bear -0.1 %, 1.2 %; high volatility 0, 3 %; sideways 0, 0.5 %, pulled 5 %.
const SimpleTraits& traits(SimpleRegime regime);

/// `count` closes after a start at `start` (> 0, not part of the answer): geometric steps
/// log(c'/c) = log(1 + drift) - volatility^2/2 - pull log(c/start) + volatility z.
std::vector<double> simple_closes(SimpleRegime regime, std::size_t count, double start,
                                  Random& random);

}  // namespace proteus::market
