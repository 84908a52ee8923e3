#include "engine/matching/margin.hpp"

#include <algorithm>

namespace proteus::matching {

std::int64_t leverage_of(const Instrument& instrument, std::int64_t leverage_e9) {
  return std::min(leverage_e9, instrument.leverage_max_e9);
}

Money initial_margin(Money notional, std::int64_t leverage_e9) {
  const Int128 wide = divide(Int128{notional.raw()} * kFixedScale, leverage_e9, Rounding::Up);
  return Money::from_raw(static_cast<std::int64_t>(wide));
}

bool below_maintenance_at(const CrossMargin& account, const PositionView& position, Price price,
                          std::int64_t maintenance_e9) {
  // In 128 bits: a bar's extreme may be a price at which the position's value is no Money.
  const auto magnitude = [](Int128 x) { return x < 0 ? -x : x; };
  const Int128 before = position.value.raw();
  const Int128 after =
      divide_by_scale(Int128{price.raw()} * position.quantity.raw(), Rounding::Near);
  const Int128 equity = account.equity.raw() + (after - before);
  const Int128 gross = account.gross_linear.raw() + (magnitude(after) - magnitude(before));
  return equity <= divide_by_scale(gross * maintenance_e9, Rounding::Up);
}

Price liquidation_distance(const CrossMargin& account, Quantity quantity,
                           std::int64_t maintenance_e9) {
  // A move d against us takes |Q| d from equity and, of a long, m |Q| d from what has to stand
  // behind it; of a short it adds that. So d = (E - m G) / (|Q| (1 -+ m)).
  constexpr Price kFar = Price::from_raw(INT64_MAX);
  if (quantity.is_zero()) return kFar;
  const Int128 needed =
      divide_by_scale(Int128{account.gross_linear.raw()} * maintenance_e9, Rounding::Up);
  const Int128 rest = account.equity.raw() - needed;
  if (rest <= 0) return Price{};
  const bool is_long = quantity > Quantity{};
  const Int128 slope = Int128{abs(quantity).raw()} *
                       (is_long ? kFixedScale - maintenance_e9 : kFixedScale + maintenance_e9);
  const Int128 distance = divide(rest * kFixedScale * kFixedScale, slope, Rounding::Down);
  return distance < kFar.raw() ? Price::from_raw(static_cast<std::int64_t>(distance)) : kFar;
}

std::optional<Price> liquidation_price(const CrossMargin& account, const PositionView& position,
                                       const Bar& bar, std::int64_t maintenance_e9) {
  const bool is_long = position.quantity > Quantity{};
  const Price extreme = is_long ? bar.low : bar.high;
  if (!below_maintenance_at(account, position, extreme, maintenance_e9)) return std::nullopt;

  // With `rest` = equity without this position's value, less the maintenance of the others:
  //   rest + Q p = m |Q| p,  so  p = -rest / (Q (1 - m)) long,  p = rest / (|Q| (1 + m)) short.
  // Rounded away from where the position would like it.
  const Money others = account.gross_linear - abs(position.value);
  const Money rest = account.equity - position.value - share(others, maintenance_e9, Rounding::Up);
  const Int128 numerator = Int128{is_long ? -rest.raw() : rest.raw()} * kFixedScale * kFixedScale;
  const Int128 denominator =
      Int128{abs(position.quantity).raw()} *
      (is_long ? kFixedScale - maintenance_e9 : kFixedScale + maintenance_e9);
  const Int128 meets = divide(numerator, denominator, is_long ? Rounding::Down : Rounding::Up);
  const Int128 low = is_long ? bar.low.raw() : bar.open.raw();
  const Int128 high = is_long ? bar.open.raw() : bar.high.raw();
  return Price::from_raw(static_cast<std::int64_t>(std::clamp(meets, low, high)));
}

}  // namespace proteus::matching
