// A market, a model and a policy strategy over them.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <memory>
#include <vector>

#include "strategies/policy/policy_strategy.hpp"
#include "tests/support/small_policy.hpp"

namespace proteus::strategies::policy_test {

using namespace std::chrono_literals;
using test::SmallPolicy;

inline constexpr std::size_t kFeatures = 16;  // practitioner: few bars of warm-up
inline constexpr std::size_t kState = 5;

inline Instrument an_instrument(Category category = Category::Linear) {
  Instrument instrument;
  instrument.category = category;
  instrument.symbol = "XUSDT";
  instrument.tick_size = Price::from_raw(1);
  instrument.lot_step = Quantity::from_raw(1);
  if (category == Category::Linear) instrument.funding_interval = 8h;
  return instrument;
}

/// Bar k of a wandering price.
inline Bar a_bar(int k, std::uint32_t instrument = 0) {
  const auto price = [&](int i) {
    const double x = static_cast<double>(i) + 7.0 * instrument;
    return 100.0 + 8.0 * std::sin(x / 17.0) + 3.0 * std::sin(x / 3.1) + std::cos(x * 1.7);
  };
  Bar bar;
  bar.instrument = InstrumentId{instrument};
  bar.interval = Interval::H1;
  bar.open_time = Timestamp{} + 24h * 20000 + k * 1h;
  bar.close_time = bar.open_time + 1h;
  const auto px = [](double p) { return Price::from_raw(static_cast<std::int64_t>(p * 1e9)); };
  bar.open = px(price(k - 1));
  bar.close = px(price(k));
  bar.high = px(std::max(price(k - 1), price(k)) + 0.1);
  bar.low = px(std::min(price(k - 1), price(k)) - 0.1);
  bar.volume = 10.0 + std::abs(std::sin(static_cast<double>(k)));
  return bar;
}

inline MarketSettings short_trials() {
  MarketSettings market;
  market.trial_bars = 30;
  market.rebuild_bars = 8;
  market.volatility_span = 10;
  return market;
}

inline PolicySpec a_spec() {
  PolicySpec spec;
  spec.name = "small";
  spec.hash = "0123";
  spec.market = short_trials();
  spec.features = features::Kind::Practitioner;
  spec.interval = Interval::H1;
  spec.offset.assign(kFeatures, 0.0);
  spec.factor.assign(kFeatures, 0.5);
  spec.seen_min.assign(kFeatures, -1e9);
  spec.seen_max.assign(kFeatures, 1e9);
  return spec;
}

inline std::shared_ptr<SmallPolicy> a_policy(std::uint64_t seed = 1) {
  return std::make_shared<SmallPolicy>(kFeatures + kOwnInputs, kState, seed);
}

inline PolicyParts parts_of(std::shared_ptr<const Policy> policy, PolicySettings settings = {}) {
  return {std::move(settings), {{a_spec(), std::move(policy)}}, std::make_shared<PolicyDesk>()};
}

inline std::unique_ptr<PolicyStrategy> make(const PolicyParts& parts,
                                            Category category = Category::Linear) {
  auto made = PolicyStrategy::create(parts, an_instrument(category), Interval::H1);
  EXPECT_TRUE(made.has_value()) << (made ? "" : made.error().context);
  return std::move(made).value();
}

inline Opinion feed(Strategy& strategy, const Bar& bar) {
  return strategy.on_bar(bar, PositionView{}, Money{});
}
/// Bars [from, to); the last opinion.
inline Opinion feed(Strategy& strategy, int from, int to) {
  Opinion last;
  for (int k = from; k < to; ++k) last = feed(strategy, a_bar(k));
  return last;
}

}  // namespace proteus::strategies::policy_test
