// A forecaster that trades: at every bar it adapts on the last bars whose labels are known,
// forecasts the return ahead, and is long, short or flat by a threshold. The trades are
// market_env's: fills at the next bar's open, with slippage, fees and funding.
#pragma once

#include <vector>

#include "models/maml/forecast.hpp"
#include "models/training/market_env.hpp"

namespace proteus::maml {

struct ForecastRule {
  std::int64_t window = 20;
  std::int64_t adaptation_steps = 5;
  double threshold = 0.1;
  double exposure = 0.95;

  static constexpr auto settings() {
    using R = ForecastRule;
    return std::tuple{
        setting("window", &R::window, "last bars with a known label that it adapts on", 1, 10'000),
        setting("adaptation_steps", &R::adaptation_steps,
                "inner steps at every bar; 0: the base forecasts", 0, 100),
        setting("threshold", &R::threshold,
                "a forecast beyond it, in usual returns over the horizon, is a position", 0.0,
                100.0),
        setting("exposure", &R::exposure, "share of equity that a position is", 0.01, 1.0)};
  }
};

/// One bar of a back-test; money in quote currency.
struct ForecastBar {
  Timestamp date{};              ///< the bar's close, at which the forecast was made
  double price = 0.0;            ///< its close
  double prediction = 0.0;       ///< return over the horizon
  double actual_return = 0.0;    ///< close to close, to the next bar
  double position = 0.0;         ///< share of equity held over the next bar
  double position_return = 0.0;  ///< of equity to the next bar's close, net
  double capital = 0.0;          ///< equity there
  double turnover = 0.0;         ///< of all fills so far
};

/// Trades bars [from, to) of `rows` and returns one entry a bar; fewer where the account is ruined.
/// `from` moves up to the first bar that has a whole window behind it. Errors: OutOfRange, where no
/// bar is left; those of MarketEnv::create.
Result<std::vector<ForecastBar>> trade_forecasts(Learner<float>& learner, const ForecastRows& rows,
                                                 std::size_t from, std::size_t to,
                                                 const ForecastRule& rule,
                                                 const matching::VenueSettings& venue);

}  // namespace proteus::maml
