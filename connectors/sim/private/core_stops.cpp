// Orders that wait for a price: conditional ones, and the take-profit and stop-loss of a position.
//
// A position's protection is two prices in its notes; two reduce-only orders stand for it, made and
// changed by follow_protection() after every action, so that they never live longer than the
// position or hold another quantity.
#include <fmt/format.h>

#include <algorithm>

#include "connectors/sim/private/exchange_core.hpp"
#include "engine/matching/filters.hpp"

namespace proteus::sim {
namespace {

constexpr std::size_t kConditionalOrdersMax = 10;  // of a symbol

bool reached(const Trigger& trigger, Price price) {
  return trigger.rises ? price >= trigger.price : price <= trigger.price;
}

Refusal wrong_side(std::string_view what, Price price, Side side, bool above, Price base) {
  return {10001, fmt::format("{}:{} set for {} position should be {} than base_price:{}", what,
                             price.to_string(), venue_word(side), above ? "higher" : "lower",
                             base.to_string())};
}

}  // namespace

/// Of the prices that a trigger may watch the index is the last price.
Price ExchangeCore::watched(InstrumentId id, TriggerBy by, Timestamp now) {
  return by == TriggerBy::MarkPrice ? view_.mark(id, now) : view_.last(id, now);
}

Said<void> ExchangeCore::check_trigger(InstrumentId id, const Trigger& trigger, Timestamp now) {
  if (trigger.price.raw() % instruments_[id].tick_size.raw() != 0)
    return Refusal{10001, fmt::format("params error: triggerPrice is off the step (tickSize {})",
                                      instruments_[id].tick_size.to_string())};
  const Price stands = watched(id, trigger.by, now);
  if (!reached(trigger, stands)) return boost::outcome_v2::success();
  if (trigger.rises)
    return Refusal{110092, fmt::format("expect Rising, but trigger_price[{}] <= current[{}]",
                                       trigger.price.to_string(), stands.to_string())};
  return Refusal{110093, fmt::format("expect Falling, but trigger_price[{}] >= current[{}]",
                                     trigger.price.to_string(), stands.to_string())};
}

/// May change the wish: what closes on its trigger reduces only. Money is asked about when it
/// becomes live.
Said<void> ExchangeCore::check_conditional(const TradingAccount& account, NewOrder& wish,
                                           Timestamp now) {
  const Instrument& what = instruments_[wish.instrument];
  if (account.conditional_orders(wish.instrument) >= kConditionalOrdersMax)
    return Refusal{110009, "The number of stop orders exceeds the maximum allowable limit"};
  BOOST_OUTCOME_TRY(check_trigger(wish.instrument, wish.trigger, now));
  wish.reduce_only = wish.reduce_only || wish.close_on_trigger;
  const Quantity held = account.position(wish.instrument);
  if (wish.reduce_only && matching::reducible(held, wish.side, what).is_zero())
    return Refusal{110017, "Reduce-only rule not satisfied"};
  const bool whole = wish.quantity.is_zero() && wish.close_on_trigger;
  if (!whole) {
    BOOST_OUTCOME_TRY(check_size(account, wish, wish.trigger.price, 0));
  }
  const Price base = wish.market ? wish.trigger.price : wish.price;
  return check_protection(wish.instrument, wish.side, wish.attached, base, now);
}

Said<void> ExchangeCore::check_protection(InstrumentId id, Side side, const Protection& wish,
                                          std::optional<Price> base, Timestamp now) {
  const Price tick = instruments_[id].tick_size;
  if (wish.take_profit.raw() % tick.raw() != 0 || wish.stop_loss.raw() % tick.raw() != 0)
    return Refusal{10001, fmt::format("params error: takeProfit or stopLoss is off the step "
                                      "(tickSize {})",
                                      tick.to_string())};
  const bool buy = side == Side::Buy;
  if (!wish.take_profit.is_zero()) {
    const Price from = base.value_or(watched(id, wish.take_by, now));
    if (buy ? wish.take_profit <= from : wish.take_profit >= from)
      return wrong_side(kTakeProfit, wish.take_profit, side, buy, from);
  }
  if (!wish.stop_loss.is_zero()) {
    const Price from = base.value_or(watched(id, wish.stop_by, now));
    if (buy ? wish.stop_loss >= from : wish.stop_loss <= from)
      return wrong_side(kStopLoss, wish.stop_loss, side, !buy, from);
  }
  return boost::outcome_v2::success();
}

void ExchangeCore::wait(VenueOrder& order) {
  order.status = OrderStatus::Untriggered;
  desk(order.instrument).waiting.emplace(order.number, &order);
  accounts_[order.account].told(order);
}

/// The prices of one instant in their order, then the mark.
void ExchangeCore::meet_triggers(InstrumentId id, Timestamp now) {
  if (desk(id).waiting.empty()) return;
  std::vector<Price> path;
  for (const PathTrade& trade : view_.trades(id, now)) path.push_back(trade.price);
  path.push_back(view_.last(id, now));
  for (const Price price : path) fire_reached(id, price, false, now);
  fire_reached(id, view_.mark(id, now), true, now);
}

void ExchangeCore::fire_reached(InstrumentId id, Price price, bool of_mark, Timestamp now) {
  std::vector<std::uint64_t> numbers;
  for (const auto& [number, order] : desk(id).waiting)
    if ((order->trigger.by == TriggerBy::MarkPrice) == of_mark && reached(order->trigger, price))
      numbers.push_back(number);
  for (const std::uint64_t number : numbers) {
    const auto& waiting = desk(id).waiting;
    const auto found = waiting.find(number);
    if (found == waiting.end()) continue;  // Another one has closed its position.
    fire(*found->second, now);
    trim_touched(now);
  }
}

/// A conditional order becomes an order like any other, under the rules of this moment.
void ExchangeCore::fire(VenueOrder& order, Timestamp now) {
  TradingAccount& account = accounts_[order.account];
  desk(order.instrument).waiting.erase(order.number);
  forget_protection(order);
  order.status = OrderStatus::Triggered;
  order.updated = now;
  account.told_apart(order);
  order.status = OrderStatus::New;
  if (is_spot(order.instrument)) return fire_spot(order, now);
  if (order.reduce_only) {
    const Quantity most = matching::reducible(account.position(order.instrument), order.side,
                                              instruments_[order.instrument]);
    if (most.is_zero())
      return finish(order, OrderStatus::Cancelled, "CancelByReduceOnly", "EC_NoError", now);
    order.quantity = order.quantity.is_zero() ? most : std::min(order.quantity, most);
  }
  if (!order.market && !fit_to_band(account, order.instrument, order.side, order.price, now))
    return finish(order, OrderStatus::Rejected, "UNKNOWN", "EC_ReachRiskPriceLimit", now);
  NewOrder wish;
  wish.instrument = order.instrument;
  wish.side = order.side;
  wish.market = order.market;
  wish.reduce_only = order.reduce_only;
  wish.quantity = order.quantity;
  if (!order.market) wish.price = order.price;
  const Price value_at = order.market ? view_.last(order.instrument, now) : order.price;
  const Proposal proposal{order.instrument, order.side, order.quantity, value_at};
  const auto afforded = check_margin(account, proposal, order.number, order.reduce_only);
  if (!check_size(account, wish, value_at, order.number) || !afforded)
    return finish(order, OrderStatus::Rejected, "UNKNOWN", "EC_Others", now);
  if (order.market) order.price = protective_price(order.instrument, order.side, now);
  enter(order, now);
}

Said<void> ExchangeCore::protect(AccountId id, InstrumentId instrument,
                                 const ProtectionChange& change, Timestamp now) {
  TradingAccount& account = accounts_[id];
  const Quantity held = account.position(instrument);
  if (held.is_zero()) return Refusal{10001, "can not set tp/sl/ts for zero position"};
  Protection& protection = account.notes[instrument.index].protection;
  const Protection wish = change.applied(protection);
  if (wish == protection) return Refusal{34040, "not modified"};
  // What stays as it is may lie on either side of a price that has moved since.
  Protection fresh = wish;
  if (wish.take_profit == protection.take_profit) fresh.take_profit = Price{};
  if (wish.stop_loss == protection.stop_loss) fresh.stop_loss = Price{};
  const Side side = held > Quantity{} ? Side::Buy : Side::Sell;
  BOOST_OUTCOME_TRY(check_protection(instrument, side, fresh, std::nullopt, now));
  protection = wish;
  account.changes.positions.insert(instrument);
  follow_protection(id, instrument, now);
  return boost::outcome_v2::success();
}

/// The order no longer stands for its position's protection, which goes with it.
void ExchangeCore::forget_protection(const VenueOrder& order) {
  PositionNotes& notes = accounts_[order.account].notes[order.instrument.index];
  if (order.number == notes.take_order) {
    notes.take_order = 0;
    notes.protection.take_profit = Price{};
  } else if (order.number == notes.stop_order) {
    notes.stop_order = 0;
    notes.protection.stop_loss = Price{};
  }
}

void ExchangeCore::follow_protection(AccountId id, InstrumentId instrument, Timestamp now) {
  TradingAccount& account = accounts_[id];
  PositionNotes& notes = account.notes[instrument.index];
  const Quantity held = account.position(instrument);
  const bool is_long = held > Quantity{};
  const auto follow = [&](Price price, TriggerBy by, std::uint64_t& number, bool takes) {
    const Side side = is_long ? Side::Sell : Side::Buy;
    const auto found = number == 0 ? account.open.end() : account.open.find(number);
    VenueOrder* order = found == account.open.end() ? nullptr : &found->second;
    const bool wanted = !held.is_zero() && !price.is_zero();
    if (order != nullptr && (!wanted || order->side != side)) {
      number = 0;
      finish(*order, OrderStatus::Cancelled, "CancelByTpSlTsClear", "EC_NoError", now);
      order = nullptr;
    }
    if (!wanted) return;
    const Trigger trigger{price, takes == is_long, by};
    if (order == nullptr) {
      NewOrder wish;
      wish.instrument = instrument;
      wish.side = side;
      wish.market = wish.reduce_only = wish.close_on_trigger = true;
      wish.quantity = abs(held);
      wish.trigger = trigger;
      VenueOrder fresh = made(id, wish, now);
      fresh.stop_type = takes ? kTakeProfit : kStopLoss;
      fresh.create_type = takes ? "CreateByTakeProfit" : "CreateByStopLoss";
      number = fresh.number;
      wait(account.open.emplace(number, std::move(fresh)).first->second);
    } else if (order->quantity != abs(held) || order->trigger != trigger) {
      order->quantity = abs(held);
      order->trigger = trigger;
      order->updated = now;
      account.told(*order);
    }
  };
  const Protection wish = notes.protection;
  follow(wish.take_profit, wish.take_by, notes.take_order, true);
  follow(wish.stop_loss, wish.stop_by, notes.stop_order, false);
}

}  // namespace proteus::sim
