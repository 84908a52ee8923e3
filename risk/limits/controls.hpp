// The controls as pure functions, one each: numbers in, a word with limit and actual out. Where an
// order that only reduces a position passes regardless, the function says so by taking `reduces`.
// Ratios are in units of 1e-9. Numbers and rules: docs/reference/risk-controls.md.
#pragma once

#include <cstdint>

#include "engine/core/decision.hpp"
#include "engine/core/instrument.hpp"
#include "engine/core/order.hpp"
#include "engine/ports/risk_gate.hpp"

namespace proteus::risk {

/// `actual` of a control whose measured thing is not there at all (no reference, never a bar).
inline constexpr std::int64_t kMissing = INT64_MAX;

Measure quote(Money money);
Measure base(Quantity quantity);
Measure ratio(std::int64_t e9);
Measure count(std::int64_t n);
Measure elapsed(Duration duration);
/// |x| beyond what fits is cut to the largest value; NaN is kMissing.
Measure ratio_of(double x);

/// Sums and products that are compared with limits must not end the program where they overflow:
/// they stop at the largest Money.
Money capped(Int128 raw);
Money capped_notional(Price price, Quantity quantity);
/// amount x e9, rounded down: the limit is never more than was allowed.
Money capped_share(Money amount, std::int64_t e9);
/// numerator / denominator, rounded up. kMissing where the denominator is not positive.
std::int64_t ratio_e9(Money numerator, Money denominator);

/// What an order is expected to trade at: a limit order at its limit, others at the price it was
/// decided on (a stop's trigger lies away from the market on purpose).
Price expected_price(const OrderRequest& order);

/// 1: gross exposure with open orders and this one against a fraction of the starting capital.
ControlResult capital_threshold(Money gross, Money capital, std::int64_t max_e9, bool reduces);
/// 2: distance of the expected price from a reference. No reference: refused. Reductions too.
ControlResult price_collar(Price expected, Price reference, std::int64_t band_e9);
/// 4: value of one order against a fraction of equity.
ControlResult order_value(Money value, Money equity, std::int64_t max_e9, bool reduces);

/// 10: value of all that is not executed, this order with it, against a fraction of equity.
ControlResult open_order_value(Money value, Money equity, std::int64_t max_e9, bool reduces);

struct QuantityWord {
  ControlResult result;
  Quantity quantity;  ///< as it may leave
};
/// 5: the instrument's least and largest quantity and step, and our own largest. own_max zero: no
/// volume is known to this source. A reduction above the venue's largest is cut to it and passes;
/// what our own limit or the step would say of it does not matter.
QuantityWord order_quantity(const OrderRequest& order, const Instrument& instrument,
                            Quantity own_max, bool reduces);
/// 9: exposure of an instrument, or of all, with open orders, against a fraction of equity.
ControlResult position_limit(Money exposure, Money equity, std::int64_t max_e9, bool reduces);
/// 12: the drawdown that latched a state, or the present one, against its limit.
ControlResult drawdown(std::int64_t actual_e9, std::int64_t max_e9, bool passed);
/// 15: the latched state against the strictest one in which this order still passes.
ControlResult latched_state(TradingState state, TradingState strictest_passing);
/// 18: age of an instrument's data. Reductions too.
ControlResult stale_data(Duration age, Duration age_max);
/// 19: |log| distance of the last bar from the one before, which was set aside. Reductions too.
ControlResult absurd_data(bool aside, std::int64_t distance_e9, std::int64_t max_e9);
/// 27: weight in [-1, 1] and confidence in [0, 1], both finite. `actual` is the weight, or the
/// confidence where that is at fault.
ControlResult model_output(const Target& target);
/// 30: an increase worth less than the venue takes.
ControlResult minimum_notional(Money value, Money minimum, bool reduces);

/// 30 before an order exists. A wish that the venue could not hold alone becomes flat, so that no
/// remainder is left; a spot sale too small to be made is not wished for.
void settle_dust(const Instrument& instrument, Price close, Quantity held, Sized& sized);

/// Whether an order can do nothing but reduce the position, whatever else fills: it lies on the
/// other side and fits into what the open orders of its own side leave of it, or the venue itself
/// keeps it there (reduce_only; spot has no such flag).
bool only_reduces(const OrderRequest& order, Category category, Quantity position,
                  Quantity open_same_side);
/// A person's or the guard's flatten, by the purpose letter of its id: passes where automatic
/// reductions wait.
bool is_flatten(const OrderRequest& order);

}  // namespace proteus::risk
