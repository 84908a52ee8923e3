// From settings to the object that trades one instrument.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/core/instrument.hpp"
#include "engine/ports/strategy.hpp"
#include "strategies/forecast/forecast_strategy.hpp"
#include "strategies/policy/policy_strategy.hpp"
#include "strategies/settings.hpp"

namespace proteus::strategies {

/// One strategy for one instrument at the decision interval. Errors: OutOfRange, where
/// 1 <= fast < slow <= 10000 does not hold (sma_cross) or trend_bars is not in 1..1000 (trend);
/// Unsupported, where the interval does not carry the feature set; Refused, where a policy or a
/// forecaster is to trade and `policy` or `forecast` is null or does not fit. `board`: what the
/// features of the plain ones share; null: each instrument stands alone.
Result<std::unique_ptr<Strategy>> make_strategy(const StrategySettings& settings,
                                                const Instrument& instrument, Interval interval,
                                                const PolicyParts* policy = nullptr,
                                                const ForecastParts* forecast = nullptr,
                                                std::shared_ptr<features::MarketBoard> board = {});

/// What the columns of Opinion::observation are called, in order, for the same arguments.
Result<std::vector<std::string>> observation_names(const StrategySettings& settings,
                                                   const Instrument& instrument, Interval interval);

}  // namespace proteus::strategies
