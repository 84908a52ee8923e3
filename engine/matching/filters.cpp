#include "engine/matching/filters.hpp"

namespace proteus::matching {

Quantity increase(Quantity position, Side side, Quantity quantity) {
  const Quantity after = position + signed_quantity(side, quantity);
  return std::max(abs(after) - abs(position), Quantity{});
}

Quantity reducible(Quantity position, Side side, const Instrument& instrument) {
  const bool opposed = side == Side::Buy ? position < Quantity{} : position > Quantity{};
  if (!opposed) return Quantity{};
  return instrument.category == Category::Linear
             ? abs(position)
             : round_to_step(abs(position), instrument.lot_step);
}

Price valuation(const OrderRequest& order, Price last) {
  switch (order.type) {
    case OrderType::Limit:
      return order.price;
    case OrderType::StopMarket:
      return order.trigger;
    case OrderType::Market:
      break;
  }
  return last;
}

bool on_grid(const OrderRequest& order, const Instrument& instrument, Quantity position) {
  const std::int64_t tick = instrument.tick_size.raw();
  const bool closes_all = instrument.category == Category::Linear && order.reduce_only &&
                          order.quantity == abs(position);
  const bool lots = closes_all || order.quantity.raw() % instrument.lot_step.raw() == 0;
  return lots && order.price.raw() % tick == 0 && order.trigger.raw() % tick == 0;
}

OrderEnd check_filters(const OrderRequest& order, const Instrument& instrument, Price last,
                       Quantity position) {
  if (order.quantity <= Quantity{}) return OrderEnd::BelowMinimum;
  if (!on_grid(order, instrument, position)) return OrderEnd::OffStep;
  if (order.type == OrderType::Limit && order.price <= Price{}) return OrderEnd::OffStep;
  if (order.type == OrderType::StopMarket && order.trigger <= Price{}) return OrderEnd::OffStep;

  const Quantity largest = order.type == OrderType::Limit ? instrument.quantity_max_limit
                                                          : instrument.quantity_max_market;
  if (!largest.is_zero() && order.quantity > largest) return OrderEnd::AboveMaximum;
  const Price price = valuation(order, last);
  if (!notional_fits(price, order.quantity)) return OrderEnd::AboveMaximum;
  if (order.reduce_only && instrument.category == Category::Linear) return OrderEnd::None;
  if (order.quantity < instrument.quantity_min) return OrderEnd::BelowMinimum;
  if (notional(price, order.quantity) < instrument.notional_min) return OrderEnd::BelowMinimum;
  return OrderEnd::None;
}

}  // namespace proteus::matching
