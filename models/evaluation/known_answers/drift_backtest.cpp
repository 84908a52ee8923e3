#include "models/evaluation/known_answers/drift_backtest.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

#include "models/training/market_env.hpp"

namespace proteus::evaluation {
namespace {

using namespace literals;
using training::MarketEnv;

constexpr Timestamp kStart = from_unix_ms(1'735'689'600'000);  // 2025-01-01

Instrument instrument() {
  return {.symbol = "DRIFTUSDT",
          .base_coin = "DRIFT",
          .quote_coin = "USDT",
          .tick_size = "0.000001"_px,
          .lot_step = "0.000001"_qty,
          .notional_min = "1"_usdt,
          .leverage_max_e9 = 10 * kFixedScale,
          .funding_interval = std::chrono::hours{8}};
}

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
                                   .instrument = instrument(),
                                   .interval = Interval::H1,
                                   .bars = std::move(bars),
                                   .features = features::Kind::None});
}

MarketEnv::Settings at_cost(double cost) {
  MarketEnv::Settings settings;
  settings.venue.half_spread_bps = settings.venue.impact_bps = 0.0;
  settings.venue.linear_taker_fee_bps = cost * 1e4;
  settings.venue.assumed_funding_bps = 0.0;
  settings.actions = {
      .set = training::ActionSet::Target, .exposure_max = 1.0, .no_trade_band = 0.0};
  return settings;
}

Result<double> trade(std::span<const double> returns, double cost) {
  BOOST_OUTCOME_TRY(MarketEnv env, drift_environment(1, cost));
  BOOST_OUTCOME_TRY(const training::Task task, drift_task(returns));
  BOOST_OUTCOME_TRY(env.reset(0, task));
  double past = 0.0;
  double earned = 0.0;
  for (std::size_t t = 0; t < task.episode_bars; ++t) {
    past += returns[t];
    const training::Action action{.choice = past > 0.0 ? 2 : past < 0.0 ? 0 : 1};
    env.step({&action, 1});
    earned += env.infos()[0].step_return;
  }
  return earned;
}

}  // namespace

Result<MarketEnv> drift_environment(std::size_t size, double cost) {
  BOOST_OUTCOME_TRY(const auto set,
                    features::make_feature_set(features::Kind::None, instrument(), Interval::H1));
  BOOST_OUTCOME_TRY(auto observation, features::PolicyObservation::create(
                                          set->schema(), features::TimeShare::Episode));
  return MarketEnv::create(at_cost(cost), std::move(observation), size);
}

Result<training::Task> drift_task(std::span<const double> returns) {
  BOOST_OUTCOME_TRY(const auto series, series_of(returns));
  return training::Task{.series = series, .episode_bars = returns.size() - 1};
}

double environment_profit(std::span<const double> returns, double cost) {
  if (returns.size() < 2) return 0.0;
  const auto earned = trade(returns, cost);
  return earned.has_value() ? earned.value() : std::numeric_limits<double>::quiet_NaN();
}

double simple_profit(std::span<const double> returns, double cost) {
  double squares = 0.0;
  double past = 0.0;
  for (const double r : returns) {
    const int held = (past > 0.0 ? 1 : 0) - (past < 0.0 ? 1 : 0);
    squares += held * (std::expm1(r) - r);
    past += r;
  }
  return sign_rule_profit(returns, cost) + squares;
}

double rebalancing_cost(const DriftMarket& market, double cost) {
  const double mean_size = market.sigma * std::sqrt(2.0 / std::numbers::pi);  // but for the drift
  return 0.5 * static_cast<double>(market.bars - 2) * 2.0 * mean_size * cost;
}

}  // namespace proteus::evaluation
