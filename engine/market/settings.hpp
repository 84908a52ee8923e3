// What can be set about the simulated market.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

#include "engine/core/settings.hpp"
#include "engine/core/time.hpp"

namespace proteus::market {

struct Settings {
  /// Spelled as everywhere; each has to be known to engine/market/instruments.hpp.
  std::vector<std::string> instruments = {
      "linear:BTCUSDT",  "linear:ETHUSDT",  "linear:SOLUSDT",  "linear:XRPUSDT", "linear:ADAUSDT",
      "linear:DOGEUSDT", "linear:LINKUSDT", "linear:AVAXUSDT", "spot:BTCUSDT",   "spot:ETHUSDT"};
  std::string regime = "switching";
  double regime_pace = 1.0;
  double own_regime_share = 0.15;
  double correlation = 0.75;
  double correlation_crisis = 0.9;
  double volatility_scale = 1.0;
  double drift_scale = 1.0;
  double garch_alpha = 0.08;
  double garch_beta = 0.91;
  double jumps_scale = 1.0;
  double jump_size_sigmas = 6.0;
  double jump_common_share = 0.5;
  double zero_trade_probability = 0.0005;
  double funding_gain = 0.01;
  Duration home_half_life = std::chrono::hours{2880};
  bool driftless = false;

  static constexpr auto settings() {
    using S = Settings;
    return std::tuple{
        setting("instruments", &S::instruments, "which instruments the market has, in this order"),
        setting("regime", &S::regime,
                "\"switching\" for the Markov chain, or the name of one regime to stay in"),
        setting("regime_pace", &S::regime_pace,
                "how many times quicker than documented regimes change", 0.001, 1000.0),
        setting("own_regime_share", &S::own_regime_share,
                "share of time that an instrument is in a regime of its own", 0.0, 0.9),
        setting("correlation", &S::correlation,
                "correlation of the minute shocks of two instruments outside a crisis", 0.0, 0.99),
        setting("correlation_crisis", &S::correlation_crisis, "the same while both are in a crisis",
                0.0, 0.99),
        setting("volatility_scale", &S::volatility_scale,
                "factor on the volatility of every instrument", 0.01, 10.0),
        setting("drift_scale", &S::drift_scale, "factor on the drift of every regime", 0.0, 10.0),
        setting("garch_alpha", &S::garch_alpha,
                "weight of the last squared shock in the next variance", 0.0, 0.5),
        setting("garch_beta", &S::garch_beta,
                "weight of the last variance in the next; alpha + beta stays below 1", 0.0, 0.999),
        setting("jumps_scale", &S::jumps_scale, "factor on the number of jumps", 0.0, 100.0),
        setting("jump_size_sigmas", &S::jump_size_sigmas,
                "mean size of a jump in standard deviations of an ordinary minute", 0.0, 50.0),
        setting("jump_common_share", &S::jump_common_share,
                "share of the jumps that hit all instruments at once", 0.0, 1.0),
        setting("zero_trade_probability", &S::zero_trade_probability,
                "probability that nobody trades an instrument in a minute", 0.0, 1.0),
        setting("funding_gain", &S::funding_gain,
                "funding rate added per unit of log return over the last hours", 0.0, 1.0),
        setting("home_half_life", &S::home_half_life,
                "time in which half of the way back to the start price is pulled", 3600.0, 1e9),
        setting("driftless", &S::driftless,
                "true: every price is a martingale; volatility, jumps and labels stay")};
  }
};

}  // namespace proteus::market
