// Spot: what is bought is paid from the wallet, what is sold has to be there. Codes of
// section 14.3.
#include <fmt/format.h>

#include <algorithm>

#include "connectors/sim/private/exchange_core.hpp"

namespace proteus::sim {
namespace {

constexpr std::size_t kSpotStopsMax = 30;          // of a symbol, of each kind
constexpr std::size_t kSpotOrdersMax = 500;        // of an account
constexpr std::int64_t kSpotLotsMax = 10'000'000;  // of an order, where the source names no more
constexpr std::int64_t kSpotValueMax = 2'000'000'000;  // USDT, of an order

/// Quantity that `money` buys at the price, in whole lots.
Quantity lots_for(Money money, Price price, const Instrument& what) {
  const Int128 base = divide(Int128{money.raw()} * kFixedScale, price.raw(), Rounding::Down);
  const Int128 lots = base / what.lot_step.raw();
  return lots_quantity(static_cast<std::int64_t>(std::min<Int128>(lots, INT64_MAX)), what);
}

}  // namespace

Quantity ExchangeCore::within_budget(const VenueOrder& order, Price price) const {
  if (order.budget.is_zero()) return order.leaves();
  const Money left = std::max(order.budget - order.value, Money{});
  return std::min(order.leaves(), lots_for(left, price, instruments_[order.instrument]));
}

Said<void> ExchangeCore::check_spot_size(const NewOrder& wish, Price value_at) const {
  const Instrument& what = instruments_[wish.instrument];
  if (wish.price.raw() % what.tick_size.raw() != 0)
    return Refusal{170134, "Order price has too many decimals."};
  if (wish.quantity.raw() % what.lot_step.raw() != 0)
    return Refusal{170137, "Order quantity has too many decimals."};
  if (wish.quantity.is_zero() || wish.quantity < what.quantity_min)
    return Refusal{170136, "Order quantity lower than the minimum."};
  const Quantity named = wish.market ? what.quantity_max_market : what.quantity_max_limit;
  const Quantity most = named.is_zero() ? lots_quantity(kSpotLotsMax, what) : named;
  if (wish.quantity > most || !notional_fits(value_at, wish.quantity) ||
      notional(value_at, wish.quantity) > Money::from_raw(kSpotValueMax * kFixedScale))
    return Refusal{170124, "Order amount too large."};
  if (notional(value_at, wish.quantity) < what.notional_min)
    return Refusal{
        170140, fmt::format("Order value exceeded lower limit {}.", what.notional_min.to_string())};
  return boost::outcome_v2::success();
}

/// What a sum of quote currency can be.
Said<void> ExchangeCore::check_spot_amount(const NewOrder& wish) const {
  const Instrument& what = instruments_[wish.instrument];
  if (wish.amount < what.notional_min)
    return Refusal{
        170140, fmt::format("Order value exceeded lower limit {}.", what.notional_min.to_string())};
  if (wish.amount > Money::from_raw(kSpotValueMax * kFixedScale))
    return Refusal{170124, "Order amount too large."};
  return boost::outcome_v2::success();
}

Said<void> ExchangeCore::check_spot_funds(const TradingAccount& account, const NewOrder& wish,
                                          Price value_at, std::uint64_t without) const {
  const bool enough = wish.side == Side::Buy
                          ? (wish.amount.is_zero() ? notional(value_at, wish.quantity, Rounding::Up)
                                                   : wish.amount) <= account.spendable(without)
                          : wish.quantity <= account.position(wish.instrument) -
                                                 account.locked_base(wish.instrument, without);
  if (enough) return boost::outcome_v2::success();
  return Refusal{170131, "Insufficient balance."};
}

/// May change the wish: a market order gets its price, one by amount the most that it can become.
Said<void> ExchangeCore::check_spot(TradingAccount& account, NewOrder& wish, Timestamp now) {
  const Instrument& what = instruments_[wish.instrument];
  if (what.status != InstrumentStatus::Trading || !view_.priced(wish.instrument, now))
    return Refusal{170151, "This trading pair is not available yet."};
  if (account.knows_link(wish.link_id)) return Refusal{170141, "Duplicate clientOrderId."};
  const auto open = std::ranges::count_if(
      account.open, [&](const auto& entry) { return is_spot(entry.second.instrument); });
  if (static_cast<std::size_t>(open) >= kSpotOrdersMax)
    return Refusal{170810, "The number of active orders exceeds the maximum limit of 500."};
  if (wish.trigger.set()) return check_spot_trigger(account, wish, now, 0);
  const Price last = view_.last(wish.instrument, now);
  if (!wish.market && wish.price.raw() % what.tick_size.raw() == 0) {
    BOOST_OUTCOME_TRY(fit_to_band(account, wish.instrument, wish.side, wish.price, now));
  }
  if (wish.amount.is_zero()) {
    BOOST_OUTCOME_TRY(check_spot_size(wish, wish.market ? last : wish.price));
    BOOST_OUTCOME_TRY(check_spot_funds(account, wish, wish.market ? last : wish.price, 0));
  } else {
    BOOST_OUTCOME_TRY(check_spot_amount(wish));
    BOOST_OUTCOME_TRY(check_spot_funds(account, wish, last, 0));
    // The ladder's best may lie below the last price; its budget is what bounds it.
    wish.quantity = lots_for(wish.amount, what.tick_size, what);
  }
  if (wish.market) wish.price = protective_price(wish.instrument, wish.side, now);
  return boost::outcome_v2::success();
}

/// May change the wish: which way the price has to come is seen from where it stands.
Said<void> ExchangeCore::check_spot_trigger(const TradingAccount& account, NewOrder& wish,
                                            Timestamp now, std::uint64_t without) {
  const Instrument& what = instruments_[wish.instrument];
  const Price last = view_.last(wish.instrument, now);
  if (wish.trigger.price.raw() % what.tick_size.raw() != 0)
    return Refusal{170134, "Order price has too many decimals."};
  if (wish.trigger.price == last)
    return Refusal{170130, "Data sent for parameter 'triggerPrice' is not valid."};
  wish.trigger.rises = wish.trigger.price > last;
  const auto waiting = std::ranges::count_if(account.open, [&](const auto& entry) {
    const VenueOrder& order = entry.second;
    return order.instrument == wish.instrument && !order.live() && entry.first != without &&
           (order.stop_type == kTpslOrder) == wish.locks;
  });
  if (static_cast<std::size_t>(waiting) >= kSpotStopsMax)
    return Refusal{170810, "The number of conditional orders exceeds the maximum limit of 30."};
  const Price at = wish.market ? wish.trigger.price : wish.price;
  BOOST_OUTCOME_TRY(wish.amount.is_zero() ? check_spot_size(wish, at) : check_spot_amount(wish));
  if (!wish.locks) return boost::outcome_v2::success();
  return check_spot_funds(account, wish, at, without);
}

/// Its trigger was reached: it needs its money now, if it has not locked it before.
void ExchangeCore::fire_spot(VenueOrder& order, Timestamp now) {
  const TradingAccount& account = accounts_[order.account];
  NewOrder wish;
  wish.instrument = order.instrument;
  wish.side = order.side;
  wish.quantity = order.quantity;
  wish.amount = order.amount;
  if (!order.market && !fit_to_band(account, order.instrument, order.side, order.price, now))
    return finish(order, OrderStatus::Rejected, "UNKNOWN", "EC_ReachRiskPriceLimit", now);
  const Price at = order.market ? view_.last(order.instrument, now) : order.price;
  // A market buy by quantity takes what the wallet holds, and no more than that.
  const bool bounded = order.market && order.side == Side::Buy && order.amount.is_zero();
  const Money spendable = account.spendable(order.number);
  if (bounded ? spendable <= Money{} : !check_spot_funds(account, wish, at, order.number))
    return finish(order, OrderStatus::Rejected, "UNKNOWN", "EC_Others", now);
  if (order.market) {
    order.price = protective_price(order.instrument, order.side, now);
    if (order.side == Side::Buy) order.budget = bounded ? spendable : order.amount;
    if (!order.amount.is_zero())
      order.quantity = lots_for(order.amount, instruments_[order.instrument].tick_size,
                                instruments_[order.instrument]);
  }
  enter(order, now);
}

Said<void> ExchangeCore::change_waiting_spot(VenueOrder& order, const OrderChange& change,
                                             Timestamp now) {
  NewOrder wish;
  wish.instrument = order.instrument;
  wish.side = order.side;
  wish.market = order.market;
  wish.locks = order.stop_type == kTpslOrder;
  wish.amount = order.amount;
  wish.trigger = order.trigger;
  if (change.trigger && !change.trigger->is_zero()) wish.trigger.price = *change.trigger;
  wish.quantity = order.quantity;
  if (change.quantity && order.amount.is_zero()) wish.quantity = *change.quantity;
  if (change.quantity && !order.amount.is_zero())
    wish.amount = Money::from_raw(change.quantity->raw());
  if (!order.market) wish.price = change.price.value_or(order.price);
  if (wish.trigger.price == order.trigger.price && wish.quantity == order.quantity &&
      wish.amount == order.amount && (order.market || wish.price == order.price))
    return Refusal{10001, "order not modified"};
  TradingAccount& account = accounts_[order.account];
  BOOST_OUTCOME_TRY(check_spot_trigger(account, wish, now, order.number));
  order.quantity = wish.quantity;
  order.amount = wish.amount;
  order.trigger = wish.trigger;
  if (!order.market) order.price = wish.price;
  order.updated = now;
  account.told(order);
  return boost::outcome_v2::success();
}

Said<void> ExchangeCore::change_spot(VenueOrder& order, const OrderChange& change, Timestamp now) {
  NewOrder wish;
  wish.instrument = order.instrument;
  wish.side = order.side;
  wish.quantity = change.quantity.value_or(order.quantity);
  wish.price = change.price.value_or(order.price);
  if (wish.quantity == order.quantity && wish.price == order.price)
    return Refusal{10001, "order not modified"};
  if (wish.quantity <= order.filled)
    return Refusal{170313, "The quantity to amend is not above what is filled."};
  const bool on_tick = wish.price.raw() % instruments_[order.instrument].tick_size.raw() == 0;
  if (on_tick && wish.price != order.price) {
    BOOST_OUTCOME_TRY(
        fit_to_band(accounts_[order.account], order.instrument, order.side, wish.price, now));
  }
  const Quantity whole = wish.quantity;
  wish.quantity = whole - order.filled;
  BOOST_OUTCOME_TRY(check_spot_size(wish, wish.price));
  BOOST_OUTCOME_TRY(check_spot_funds(accounts_[order.account], wish, wish.price, order.number));
  move(order, whole, wish.price, now);
  return boost::outcome_v2::success();
}

}  // namespace proteus::sim
