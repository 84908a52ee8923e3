#include "engine/matching/execution.hpp"

#include <algorithm>

#include "engine/matching/bar_fill.hpp"
#include "engine/matching/filters.hpp"
#include "engine/matching/margin.hpp"

namespace proteus::matching {

OrderPlan plan_orders(const Instrument& instrument, Quantity held, Quantity wanted) {
  OrderPlan plan;
  const Quantity change = wanted - held;
  if (change.is_zero()) return plan;
  const Side side = change > Quantity{} ? Side::Buy : Side::Sell;
  const auto add = [&](Quantity quantity, bool reduce_only) {
    const bool whole = reduce_only && quantity == abs(held);
    if (!whole || instrument.category == Category::Spot)
      quantity = round_to_step(quantity, instrument.lot_step);
    if (!quantity.is_zero()) plan.push_back({side, quantity, reduce_only});
  };
  const bool turns =
      (held > Quantity{} && wanted < Quantity{}) || (held < Quantity{} && wanted > Quantity{});
  if (turns) {
    add(abs(held), true);
    add(abs(wanted), false);
  } else {
    add(abs(change), abs(wanted) < abs(held));
  }
  return plan;
}

Money order_margin(const Instrument& instrument, Quantity position, Side side, Quantity quantity,
                   Price price, const Rates& rates) {
  const Quantity more = increase(position, side, quantity);
  if (more.is_zero()) return Money{};
  return initial_margin(notional(price, more, Rounding::Up),
                        leverage_of(instrument, rates.leverage_e9));
}

Money spot_cost(Price price, Quantity quantity, const Rates& rates) {
  const Money paid = notional(price, quantity, Rounding::Up);
  return paid + share(paid, rates.fee(Category::Spot, Liquidity::Taker), Rounding::Up);
}

OrderEnd affords(const Funds& funds, const Instrument& instrument, Quantity position, Side side,
                 Quantity quantity, Price price, const Rates& rates) {
  const Money available = funds.equity - funds.margin_used - funds.margin_locked;
  if (instrument.category == Category::Linear) {
    const Money need = order_margin(instrument, position, side, quantity, price, rates);
    return need.is_zero() || need <= available ? OrderEnd::None : OrderEnd::InsufficientMargin;
  }
  if (side == Side::Sell)
    return quantity <= position ? OrderEnd::None : OrderEnd::InsufficientBalance;
  const Money free_cash = std::min(funds.cash - funds.cash_locked, available);
  return spot_cost(price, quantity, rates) <= free_cash ? OrderEnd::None
                                                        : OrderEnd::InsufficientBalance;
}

Price taker_price(const VenueSettings& settings, const Instrument& instrument, Side side,
                  Quantity quantity, Price base, double volume) {
  return worsen(base, side, slippage_rate_e9(settings, quantity, volume), instrument.tick_size);
}

Fill execution(const Rates& rates, const Instrument& instrument, Side side, Quantity quantity,
               Price price, Price fair, Liquidity liquidity, Timestamp time) {
  const Charge paid =
      charge(instrument.category, side, quantity, price, rates.fee(instrument.category, liquidity));
  return {.instrument = instrument.id,
          .side = side,
          .liquidity = liquidity,
          .quantity = quantity,
          .price = price,
          .fee = paid.fee,
          .fee_base = paid.fee_base,
          .slippage = slippage_cost(price, fair, quantity),
          .time = time};
}

Fill liquidation(const Rates& rates, const Instrument& instrument, Quantity position, Price base,
                 std::int64_t slippage_e9, Timestamp time) {
  const Side side = position > Quantity{} ? Side::Sell : Side::Buy;
  const Quantity quantity = abs(position);
  const Price price = worsen(base, side, slippage_e9, instrument.tick_size);
  const Charge paid = charge(Category::Linear, side, quantity, price, rates.liquidation_fee_e9);
  return {.instrument = instrument.id,
          .side = side,
          .liquidation = true,
          .quantity = quantity,
          .price = price,
          .fee = paid.fee,
          .slippage = slippage_cost(price, base, quantity),
          .time = time};
}

}  // namespace proteus::matching
