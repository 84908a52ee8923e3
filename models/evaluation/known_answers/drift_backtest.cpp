#include "models/evaluation/known_answers/drift_backtest.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <vector>

#include "models/training/market_env.hpp"

namespace proteus::evaluation {
namespace {

using namespace literals;
using training::MarketEnv;

constexpr Timestamp kStart = from_unix_ms(1'735'689'600'000);  // 2025-01-01

/// Bars that open where the last one closed, from 100 on; no lot or tick that could matter.
Result<std::shared_ptr<const training::Series>> series_of(std::span<const double> returns) {
  std::vector<Bar> bars(returns.size());
  double price = 100.0;
  Price open = Price::from_raw(to_fixed_raw(price));
  Timestamp time = kStart;
  for (std::size_t i = 0; i < bars.size(); ++i) {
    price *= std::exp(returns[i]);
    Bar& bar = bars[i];
    bar = {
        .interval = Interval::H1, .open_time = time, .close_time = next_open(time, Interval::H1)};
    bar.open = open;
    bar.close = Price::from_raw(to_fixed_raw(price) / 1000 * 1000);
    bar.high = std::max(bar.open, bar.close);
    bar.low = std::min(bar.open, bar.close);
    bar.volume = 1e6;
    open = bar.close;
    time = bar.close_time;
  }
  return training::Series::create({.name = "hidden drift",
                                   .instrument = {.symbol = "DRIFTUSDT",
                                                  .base_coin = "DRIFT",
                                                  .quote_coin = "USDT",
                                                  .tick_size = "0.000001"_px,
                                                  .lot_step = "0.000001"_qty,
                                                  .notional_min = "1"_usdt,
                                                  .leverage_max_e9 = 10 * kFixedScale,
                                                  .funding_interval = std::chrono::hours{8}},
                                   .interval = Interval::H1,
                                   .bars = std::move(bars),
                                   .features = features::Kind::None});
}

MarketEnv::Settings free_of_cost() {
  MarketEnv::Settings settings;
  settings.venue.half_spread_bps = settings.venue.impact_bps = 0.0;
  settings.venue.linear_taker_fee_bps = 0.0;
  settings.venue.assumed_funding_bps = 0.0;
  settings.actions = {
      .set = training::ActionSet::Target, .exposure_max = 1.0, .no_trade_band = 0.0};
  return settings;
}

Result<double> trade(std::span<const double> returns) {
  BOOST_OUTCOME_TRY(const auto series, series_of(returns));
  BOOST_OUTCOME_TRY(auto observation, features::PolicyObservation::create(
                                          series->schema(), features::TimeShare::Episode));
  BOOST_OUTCOME_TRY(MarketEnv env, MarketEnv::create(free_of_cost(), std::move(observation), 1));
  const std::size_t steps = returns.size() - 1;
  BOOST_OUTCOME_TRY(env.reset(0, {.series = series, .start = 0, .episode_bars = steps}));
  double past = 0.0;
  double earned = 0.0;
  for (std::size_t t = 0; t < steps; ++t) {
    past += returns[t];
    const training::Action action{.choice = past > 0.0 ? 2 : past < 0.0 ? 0 : 1};
    env.step({&action, 1});
    earned += env.infos()[0].step_return;
  }
  return earned;
}

}  // namespace

double environment_profit(std::span<const double> returns) {
  if (returns.size() < 2) return 0.0;
  const auto earned = trade(returns);
  return earned.has_value() ? earned.value() : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace proteus::evaluation
