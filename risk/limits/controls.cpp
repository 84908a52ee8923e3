#include "risk/limits/controls.hpp"

#include <algorithm>
#include <cmath>

namespace proteus::risk {
namespace {

// p<13>-<3>-<7>-<purpose>: see engine/core/order_id.hpp.
constexpr std::size_t kPurposeAt = 27;

ControlResult word(Control control, bool passed, Measure limit, Measure actual) {
  return {control, passed, limit, actual};
}

/// The venue's least for a whole position or order; the unit says which of its two rules binds.
ControlResult venue_minimum(const Instrument& instrument, Price price, Quantity quantity) {
  if (quantity < instrument.quantity_min)
    return word(Control::DustAndMinimum, false, base(instrument.quantity_min), base(quantity));
  const Money value = capped_notional(price, quantity);
  return word(Control::DustAndMinimum, value >= instrument.notional_min,
              quote(instrument.notional_min), quote(value));
}

}  // namespace

Measure quote(Money money) { return {money.raw(), Unit::Quote}; }
Measure base(Quantity quantity) { return {quantity.raw(), Unit::Base}; }
Measure ratio(std::int64_t e9) { return {e9, Unit::Ratio}; }
Measure count(std::int64_t n) { return {n, Unit::Count}; }
Measure elapsed(Duration duration) { return {duration.count(), Unit::Nanoseconds}; }

Measure ratio_of(double x) {
  if (std::isnan(x)) return ratio(kMissing);
  return ratio(to_fixed_raw(std::clamp(x, -9.0e9, 9.0e9)));
}

Money capped(Int128 raw) {
  const Int128 inside = std::clamp<Int128>(raw, -Int128{INT64_MAX}, Int128{INT64_MAX});
  return Money::from_raw(static_cast<std::int64_t>(inside));
}

Money capped_notional(Price price, Quantity quantity) {
  return capped(divide(Int128{price.raw()} * quantity.raw(), kFixedScale, Rounding::Near));
}

Money capped_share(Money amount, std::int64_t e9) {
  return capped(divide(Int128{amount.raw()} * e9, kFixedScale, Rounding::Down));
}

std::int64_t ratio_e9(Money numerator, Money denominator) {
  if (denominator <= Money{}) return kMissing;
  if (numerator.is_zero()) return 0;
  return capped(divide(Int128{numerator.raw()} * kFixedScale, denominator.raw(), Rounding::Up))
      .raw();
}

Price expected_price(const OrderRequest& order) {
  return order.type == OrderType::Limit ? order.price : order.reference;
}

ControlResult capital_threshold(Money gross, Money capital, std::int64_t max_e9, bool reduces) {
  const Money limit = capped_share(capital, max_e9);
  return word(Control::CapitalThreshold, reduces || gross <= limit, quote(limit), quote(gross));
}

ControlResult price_collar(Price expected, Price reference, std::int64_t band_e9) {
  if (expected <= Price{} || reference <= Price{})
    return word(Control::PriceCollar, false, ratio(band_e9), ratio(kMissing));
  const Price off = abs(expected - reference);
  const std::int64_t distance =
      ratio_e9(Money::from_raw(off.raw()), Money::from_raw(reference.raw()));
  return word(Control::PriceCollar, distance <= band_e9, ratio(band_e9), ratio(distance));
}

ControlResult order_value(Money value, Money equity, std::int64_t max_e9, bool reduces) {
  const Money limit = capped_share(equity, max_e9);
  return word(Control::OrderValue, reduces || value <= limit, quote(limit), quote(value));
}

ControlResult open_order_value(Money value, Money equity, std::int64_t max_e9, bool reduces) {
  const Money limit = capped_share(equity, max_e9);
  return word(Control::OpenOrderValue, reduces || value <= limit, quote(limit), quote(value));
}

QuantityWord order_quantity(const OrderRequest& order, const Instrument& instrument,
                            Quantity own_max, bool reduces) {
  const auto say = [&](bool passed, Quantity limit, Quantity leaves) {
    return QuantityWord{word(Control::OrderQuantity, passed, base(limit), base(order.quantity)),
                        leaves};
  };
  const Quantity venue_max = order.type == OrderType::Limit ? instrument.quantity_max_limit
                                                            : instrument.quantity_max_market;
  const bool above_venue = venue_max > Quantity{} && order.quantity > venue_max;
  if (order.quantity <= Quantity{}) return say(false, instrument.quantity_min, order.quantity);
  if (reduces) {
    if (!above_venue) return say(true, venue_max, order.quantity);
    return say(true, venue_max, round_to_step(venue_max, instrument.lot_step));
  }
  if (order.quantity < instrument.quantity_min)
    return say(false, instrument.quantity_min, order.quantity);
  if (!(order.quantity - round_to_step(order.quantity, instrument.lot_step)).is_zero())
    return say(false, instrument.lot_step, order.quantity);
  Quantity limit = venue_max;
  if (own_max > Quantity{} && (limit.is_zero() || own_max < limit)) limit = own_max;
  return say(limit.is_zero() || order.quantity <= limit, limit, order.quantity);
}

ControlResult position_limit(Money exposure, Money equity, std::int64_t max_e9, bool reduces) {
  const Money limit = capped_share(equity, max_e9);
  return word(Control::PositionLimit, reduces || exposure <= limit, quote(limit), quote(exposure));
}

ControlResult drawdown(std::int64_t actual_e9, std::int64_t max_e9, bool passed) {
  return word(Control::Drawdown, passed, ratio(max_e9), ratio(actual_e9));
}

ControlResult latched_state(TradingState state, TradingState strictest_passing) {
  return word(Control::Kill, state <= strictest_passing,
              count(static_cast<std::int64_t>(strictest_passing)),
              count(static_cast<std::int64_t>(state)));
}

ControlResult stale_data(Duration age, Duration age_max) {
  return word(Control::StaleData, age <= age_max, elapsed(age_max), elapsed(age));
}

ControlResult absurd_data(bool aside, std::int64_t distance_e9, std::int64_t max_e9) {
  return word(Control::AbsurdData, !aside, ratio(max_e9), ratio(distance_e9));
}

ControlResult model_output(const Target& target) {
  // Written so that a NaN fails.
  const bool weight_ok = std::abs(target.weight) <= 1.0;
  const bool confidence_ok = target.confidence >= 0.0 && target.confidence <= 1.0;
  return word(Control::ModelOutput, weight_ok && confidence_ok, ratio(kFixedScale),
              ratio_of(weight_ok && !confidence_ok ? target.confidence : target.weight));
}

ControlResult minimum_notional(Money value, Money minimum, bool reduces) {
  return word(Control::DustAndMinimum, reduces || value >= minimum, quote(minimum), quote(value));
}

void settle_dust(const Instrument& instrument, Price close, Quantity held, Sized& sized) {
  if (!sized.wanted.is_zero()) {
    const ControlResult whole = venue_minimum(instrument, close, abs(sized.wanted));
    if (!whole.passed) {
      sized.wanted = Quantity{};
      sized.weight = 0.0;
      sized.control = whole;
      sized.reason = "the wanted position is below the venue's minimum: none";
    }
  }
  if (instrument.category != Category::Spot || sized.wanted >= held) return;
  // Spot has no reduce-only exemption: what is below the minimum cannot be sold.
  const Quantity sold = round_to_step(held - sized.wanted, instrument.lot_step);
  const ControlResult sale = venue_minimum(instrument, close, sold);
  if (sale.passed && !sold.is_zero()) return;
  sized.wanted = held;
  sized.unchanged = true;
  sized.control = sale;
  sized.control.passed = false;
  sized.reason = "what would be sold is below the venue's minimum: held as it is";
}

bool only_reduces(const OrderRequest& order, Category category, Quantity position,
                  Quantity open_same_side) {
  const bool opposite_side =
      order.side == Side::Sell ? position > Quantity{} : position < Quantity{};
  if (!opposite_side) return false;
  if (order.reduce_only && category == Category::Linear) return true;
  return Int128{order.quantity.raw()} + open_same_side.raw() <= Int128{abs(position).raw()};
}

bool is_flatten(const OrderRequest& order) {
  const std::string_view id = order.id.view();
  return id.size() > kPurposeAt && id[kPurposeAt] == static_cast<char>(Purpose::Flatten);
}

}  // namespace proteus::risk
