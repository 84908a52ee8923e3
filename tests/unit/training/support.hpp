// Bars, instruments and tasks for tests: random ones from a seed, and plain ones by hand.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>
#include <vector>

#include "engine/market/random.hpp"
#include "models/training/market_env.hpp"

namespace proteus::training {

using namespace literals;
using namespace std::chrono_literals;

inline constexpr Timestamp kStart = from_unix_ms(1'735'689'600'000);  // 2025-01-01T00:00Z

inline Instrument plain_instrument(Category category = Category::Linear) {
  return {.category = category,
          .symbol = "BTCUSDT",
          .base_coin = "BTC",
          .quote_coin = "USDT",
          .tick_size = "0.01"_px,
          .lot_step = "0.001"_qty,
          .notional_min = "5"_usdt,
          .leverage_max_e9 = category == Category::Spot ? kFixedScale : 50 * kFixedScale,
          .funding_interval = category == Category::Spot ? Duration{0} : Duration{8h}};
}

inline double pick(market::Random& random, double low, double high) {
  return low + (high - low) * random.uniform();
}
template <class T>
T one_of(market::Random& random, std::initializer_list<T> values) {
  return values
      .begin()[static_cast<std::size_t>(random.uniform() * static_cast<double>(values.size()))];
}

/// A walk whose bars do not open where the last one closed; some bars have no volume.
inline std::vector<Bar> random_bars(std::size_t count, Interval interval, double start,
                                    double volatility, Price tick, market::Random& random,
                                    Timestamp from = kStart) {
  const auto on_tick = [&](double price) {
    const double ticks = std::round(price * 1e9 / static_cast<double>(tick.raw()));
    return Price::from_raw(static_cast<std::int64_t>(std::max(ticks, 1.0)) * tick.raw());
  };
  std::vector<Bar> bars;
  double price = start;
  Timestamp open_time = from;
  for (std::size_t i = 0; i < count; ++i) {
    Bar bar{
        .interval = interval, .open_time = open_time, .close_time = next_open(open_time, interval)};
    const double open = price * std::exp(0.2 * volatility * random.normal());
    price = open * std::exp(volatility * random.normal());
    bar.open = on_tick(open);
    bar.close = on_tick(price);
    const double up = std::exp(volatility * std::abs(random.normal()));
    bar.high = std::max({bar.open, bar.close, on_tick(std::max(open, price) * up)});
    bar.low = std::min({bar.open, bar.close, on_tick(std::min(open, price) / up)});
    bar.volume = random.chance(0.05) ? 0.0 : 1000.0 * random.exponential();
    bars.push_back(bar);
    open_time = bar.close_time;
  }
  return bars;
}

inline std::shared_ptr<const Series> random_series(std::size_t count, std::uint64_t seed,
                                                   features::Kind kind = features::Kind::Chapter,
                                                   Category category = Category::Linear,
                                                   double volatility = 0.01) {
  market::Random random{seed};
  const Instrument instrument = plain_instrument(category);
  auto series = Series::create(
      {.name = "a random walk",
       .instrument = instrument,
       .interval = Interval::H1,
       .bars = random_bars(count, Interval::H1, 100.0, volatility, instrument.tick_size, random),
       .features = kind});
  EXPECT_TRUE(series) << series.error().context;
  return std::move(series).value();
}

inline MarketEnv make_env(const Series& series, const MarketEnv::Settings& settings = {},
                          std::size_t count = 1,
                          features::TimeShare time = features::TimeShare::Episode) {
  auto observation = features::PolicyObservation::create(series.schema(), time);
  auto env = MarketEnv::create(settings, std::move(observation).value(), count);
  EXPECT_TRUE(env) << env.error().context;
  return std::move(env).value();
}

inline Task task_of(const std::shared_ptr<const Series>& series, std::size_t episode_bars,
                    std::size_t episodes = 1) {
  return {.series = series,
          .start = series->first_ready(),
          .episode_bars = episode_bars,
          .episodes = episodes,
          .stride = episode_bars};
}

/// A word from the set, at random; in Weight now and then one that is out of range or no number.
inline Action random_action(ActionSet set, market::Random& random) {
  if (set == ActionSet::Weight)
    return {.weight = random.chance(0.02) ? std::nan("") : pick(random, -1.3, 1.3)};
  return {.choice =
              static_cast<std::int64_t>(random.uniform() * static_cast<double>(choices(set)))};
}

}  // namespace proteus::training
