// Orders that are changed while they stand.
#include "connectors/sim/private/exchange_core.hpp"

namespace proteus::sim {

Said<OrderIds> ExchangeCore::amend(AccountId id, const OrderChange& change, Timestamp now) {
  VenueOrder* const order = accounts_[id].find(change.name);
  if (order == nullptr && is_spot(change.name.instrument))
    return Refusal{170213, "Order does not exist."};
  if (order == nullptr) return Refusal{110001, "order not exists or too late to replace"};
  OrderIds ids{order->id, order->link_id};
  BOOST_OUTCOME_TRY(is_spot(order->instrument) && order->live() ? change_spot(*order, change, now)
                    : is_spot(order->instrument) ? change_waiting_spot(*order, change, now)
                    : order->live()              ? change_live(*order, change, now)
                                                 : change_waiting(*order, change, now));
  return ids;
}

/// It may fill by the change, and end its reference.
Said<void> ExchangeCore::change_live(VenueOrder& order, const OrderChange& change, Timestamp now) {
  TradingAccount& account = accounts_[order.account];
  const Quantity quantity = change.quantity.value_or(order.quantity);
  Price price = change.price.value_or(order.price);
  if (price != order.price && price.raw() % instruments_[order.instrument].tick_size.raw() == 0) {
    BOOST_OUTCOME_TRY(fit_to_band(account, order.instrument, order.side, price, now));
  }
  const Protection attached = change.protection.applied(order.attached);
  if (change.trigger && !change.trigger->is_zero())
    return Refusal{10001, "params error: the order has no trigger to change"};
  if (quantity == order.quantity && price == order.price && attached == order.attached)
    return Refusal{10001, "order not modified"};
  if (quantity <= order.filled)
    return Refusal{110064, "The quantity to amend is not above what is filled"};
  NewOrder wish;
  wish.instrument = order.instrument;
  wish.side = order.side;
  wish.reduce_only = order.reduce_only;
  wish.quantity = quantity;
  wish.price = price;
  BOOST_OUTCOME_TRY(check_size(account, wish, price, order.number));
  const Proposal rest_of_it{wish.instrument, wish.side, quantity - order.filled, price};
  BOOST_OUTCOME_TRY(check_margin(account, rest_of_it, order.number, wish.reduce_only));
  BOOST_OUTCOME_TRY(check_protection(order.instrument, order.side, attached, price, now));

  order.attached = attached;
  move(order, quantity, price, now);
  return boost::outcome_v2::success();
}

/// Its place in time is kept only by what is not more, at the same price.
void ExchangeCore::move(VenueOrder& order, Quantity quantity, Price price, Timestamp now) {
  const bool keeps_place = price == order.price && quantity <= order.quantity;
  if (!keeps_place) leave_book(order);
  order.quantity = quantity;
  order.price = price;
  order.updated = now;
  touched_.insert({order.account, order.instrument});
  if (keeps_place) {
    accounts_[order.account].told(order);
  } else {
    enter(order, now);
  }
  trim_touched(now);
}

Said<void> ExchangeCore::change_waiting(VenueOrder& order, const OrderChange& change,
                                        Timestamp now) {
  TradingAccount& account = accounts_[order.account];
  if (order.protects()) {
    ProtectionChange moved;
    (order.stop_type == kStopLoss ? moved.stop_loss : moved.take_profit) = change.trigger;
    return protect(order.account, order.instrument, moved, now);
  }
  NewOrder wish;
  wish.instrument = order.instrument;
  wish.side = order.side;
  wish.market = order.market;
  wish.reduce_only = order.reduce_only;
  wish.close_on_trigger = order.close_on_trigger;
  wish.quantity = change.quantity.value_or(order.quantity);
  if (!order.market) wish.price = change.price.value_or(order.price);
  wish.trigger = order.trigger;
  if (change.trigger && !change.trigger->is_zero()) wish.trigger.price = *change.trigger;
  wish.attached = change.protection.applied(order.attached);
  if (wish.quantity == order.quantity && wish.price == order.price &&
      wish.trigger == order.trigger && wish.attached == order.attached)
    return Refusal{10001, "order not modified"};
  BOOST_OUTCOME_TRY(check_trigger(order.instrument, wish.trigger, now));
  if (!wish.quantity.is_zero()) {
    BOOST_OUTCOME_TRY(check_size(account, wish, wish.trigger.price, order.number));
  }
  const Price base = wish.market ? wish.trigger.price : wish.price;
  BOOST_OUTCOME_TRY(check_protection(order.instrument, order.side, wish.attached, base, now));
  order.quantity = wish.quantity;
  order.price = wish.price;
  order.trigger = wish.trigger;
  order.attached = wish.attached;
  order.updated = now;
  account.told(order);
  return boost::outcome_v2::success();
}

}  // namespace proteus::sim
