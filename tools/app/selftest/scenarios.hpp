// The scenarios, one a control. Each makes stages of its own, drives the control over its limit and
// to just within it, and sees what becomes of orders that take risk away. What a limit is, each
// computes for itself from the settings: the gate's own word is then compared with it.
#pragma once

#include <optional>

#include "engine/core/fixed.hpp"
#include "tools/app/selftest/stage.hpp"
#include "tools/app/selftest/trial.hpp"

namespace proteus::app::selftest {

struct Bench {
  const Settings& config;
  const GateMaker& make;
  [[nodiscard]] Stage stage(const StageOptions& options = {}) const {
    return Stage(config, make, options);
  }
  [[nodiscard]] const risk::LimitSettings& limits() const { return config.limits; }
};

// Limits as the page of risk controls words them: amount x setting, rounded down.
constexpr Money part_of(Money amount, std::int64_t setting_e9) {
  return Money::from_raw(
      static_cast<std::int64_t>(Int128{amount.raw()} * setting_e9 / kFixedScale));
}
inline Money part_of(Money amount, double setting) {
  return part_of(amount, to_fixed_raw(setting));
}
constexpr Measure quote(Money money) { return {money.raw(), Unit::Quote}; }
constexpr Measure base(Quantity quantity) { return {quantity.raw(), Unit::Base}; }
constexpr Measure ratio(std::int64_t e9) { return {e9, Unit::Ratio}; }
constexpr Measure count(std::int64_t n) { return {n, Unit::Count}; }
constexpr Measure elapsed(Duration d) { return {d.count(), Unit::Nanoseconds}; }

// orders.cpp
void capital_threshold(Trial& trial, const Bench& bench);
void order_value(Trial& trial, const Bench& bench);
void order_quantity(Trial& trial, const Bench& bench);
void position_limit(Trial& trial, const Bench& bench);
void dust_and_minimum(Trial& trial, const Bench& bench);
// market.cpp
void price_collar(Trial& trial, const Bench& bench);
void stale_data(Trial& trial, const Bench& bench);
void absurd_data(Trial& trial, const Bench& bench);
// states.cpp
void drawdown(Trial& trial, const Bench& bench);
void kill(Trial& trial, const Bench& bench);
// model.cpp
void model_output(Trial& trial, const Bench& bench);

}  // namespace proteus::app::selftest
