// The scenarios, one a control. Each makes stages of its own, drives the control over its limit and
// to just within it, and sees what becomes of orders that take risk away. What a limit is, each
// computes for itself from the settings: the gate's own word is then compared with it.
#pragma once

#include <string>

#include "engine/core/fixed.hpp"
#include "tools/app/selftest/live_stage.hpp"
#include "tools/app/selftest/stage.hpp"
#include "tools/app/selftest/trial.hpp"

namespace proteus::app::selftest {

struct Bench {
  const Settings& config;
  const GateMaker& make;
  const WireTap& tap;
  [[nodiscard]] LiveStage live(const LiveOptions& options = {}) const {
    return LiveStage(config, make, tap, options);
  }
  [[nodiscard]] Stage stage(const StageOptions& options = {}) const {
    return Stage(config, make, options);
  }
  [[nodiscard]] const risk::LimitSettings& limits() const { return config.limits; }
};

/// A person lifts what would say no before a control that is asked after them all.
inline void lift_exposure(Stage& stage) {
  for (const Control other : {Control::PositionLimit, Control::Stage, Control::CapitalThreshold})
    stage.lift(other);
}

// Limits as the page of risk controls words them: amount x setting, rounded down.
constexpr Money part_of(Money amount, std::int64_t setting_e9) {
  return Money::from_raw(
      static_cast<std::int64_t>(Int128{amount.raw()} * setting_e9 / kFixedScale));
}
inline Money part_of(Money amount, double setting) {
  return part_of(amount, to_fixed_raw(setting));
}
inline std::string usdt(Money amount) { return amount.to_string() + " USDT"; }
constexpr Money worth(std::int64_t count) { return Money::from_raw(count * kLotValue.raw()); }
constexpr Measure quote(Money money) { return {money.raw(), Unit::Quote}; }
constexpr Measure base(Quantity quantity) { return {quantity.raw(), Unit::Base}; }
constexpr Measure price(Price price) { return {price.raw(), Unit::Price}; }
constexpr Measure ratio(std::int64_t e9) { return {e9, Unit::Ratio}; }
constexpr Measure count(std::int64_t n) { return {n, Unit::Count}; }
constexpr Measure elapsed(Duration d) { return {d.count(), Unit::Nanoseconds}; }

// orders.cpp: what an order is worth and what it leads to
void capital_threshold(Trial& trial, const Bench& bench);
void order_value(Trial& trial, const Bench& bench);
void order_quantity(Trial& trial, const Bench& bench);
void position_limit(Trial& trial, const Bench& bench);
void open_order_value(Trial& trial, const Bench& bench);
void leverage(Trial& trial, const Bench& bench);
void stage_caps(Trial& trial, const Bench& bench);
void dust_and_minimum(Trial& trial, const Bench& bench);
// history.cpp: what is remembered of orders and fills
void price_drift(Trial& trial, const Bench& bench);
void message_rate(Trial& trial, const Bench& bench);
void repeated_execution(Trial& trial, const Bench& bench);
void duplicate_order(Trial& trial, const Bench& bench);
void loss_streak(Trial& trial, const Bench& bench);
// market.cpp: the data and the clock that an order rests on
void price_collar(Trial& trial, const Bench& bench);
void stale_data(Trial& trial, const Bench& bench);
void absurd_data(Trial& trial, const Bench& bench);
void clock_skew(Trial& trial, const Bench& bench);
// states.cpp: what latches, and what persons say
void daily_loss(Trial& trial, const Bench& bench);
void override_of(Trial& trial, const Bench& bench);
void drawdown(Trial& trial, const Bench& bench);
void kill(Trial& trial, const Bench& bench);
// model.cpp: what the strategy says and is worth
void expected_edge(Trial& trial, const Bench& bench);
void model_output(Trial& trial, const Bench& bench);
// live_guards.cpp: what protects an account when we cannot
void cancel_on_disconnect(Trial& trial, const Bench& bench);
void protective_stop(Trial& trial, const Bench& bench);
void key_permissions(Trial& trial, const Bench& bench);
// live_orders.cpp: orders on their way
void self_trade(Trial& trial, const Bench& bench);
void unknown_outcome(Trial& trial, const Bench& bench);
// live_books.cpp: the venue's books and ours
void reconciliation(Trial& trial, const Bench& bench);
void start_reconciliation(Trial& trial, const Bench& bench);
// adaptation.cpp: what is learned while it trades
void adaptation_bounds(Trial& trial, const Bench& bench);

}  // namespace proteus::app::selftest
