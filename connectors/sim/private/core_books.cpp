// What fills, funding and liquidation do to the books, and how an order ends.
#include <fmt/format.h>

#include <algorithm>

#include "connectors/sim/private/exchange_core.hpp"
#include "engine/matching/execution.hpp"
#include "engine/matching/filters.hpp"
#include "engine/matching/funding.hpp"

namespace proteus::sim {
namespace {

/// The fee of `part` out of `whole`, toward zero.
Money fee_share(Money fee, Quantity part, Quantity whole) {
  return Money::from_raw(static_cast<std::int64_t>(
      divide(Int128{fee.raw()} * part.raw(), whole.raw(), Rounding::Zero)));
}

/// What of a position the fill has closed: its cost, and the fees of both ends.
void note_closing(VenueOrder& order, const Execution& execution) {
  if (execution.closed.is_zero()) return;
  const Money left = notional(execution.price, execution.closed);
  order.closed += execution.closed;
  order.entered += order.side == Side::Sell ? left - execution.pnl : left + execution.pnl;
  order.opening_fee += execution.opening_fee;
  order.closing_fee += fee_share(execution.fee, execution.closed, execution.quantity);
  ++order.fills;
}

}  // namespace

/// Books the fill, keeps the notes on the position, completes the execution and records it.
void ExchangeCore::book_fill(TradingAccount& account, Execution& execution, const Fill& fill,
                             Timestamp now) {
  const InstrumentId id = fill.instrument;
  const Quantity before = account.position(id);
  const Money realised = account.books[id].realised;
  const Money wallet = account.wallet();
  execution.mark = view_.mark(id, now);
  account.books.mark(id, execution.mark);
  execution.closed =
      std::min(fill.quantity, matching::reducible(before, fill.side, instruments_[id]));
  account.books.apply(fill);
  execution.pnl = account.books[id].realised - realised;
  execution.price = fill.price;
  execution.quantity = fill.quantity;
  execution.value = notional(fill.price, fill.quantity);
  execution.fee = fill.fee;
  execution.fee_base = fill.fee_base;
  execution.change = account.wallet() - wallet;
  execution.id = is_spot(id) ? new_number("execution") : new_id("execution");
  execution.seq = ++seq_;
  execution.time = now;

  PositionNotes& notes = account.notes[id.index];
  if (!execution.closed.is_zero()) {
    execution.opening_fee = fee_share(notes.opening_fees, execution.closed, abs(before));
    notes.opening_fees -= execution.opening_fee;
  }
  const Quantity opened = fill.quantity - execution.closed;
  notes.opening_fees += fee_share(fill.fee, opened, fill.quantity);
  const bool fresh = !opened.is_zero() && execution.closed == abs(before);
  if (notes.created == Timestamp{}) notes.created = now;
  if (fresh) {
    notes.opened = now;
    notes.current_realised = -fee_share(fill.fee, opened, fill.quantity);
  } else {
    notes.current_realised += execution.pnl - fill.fee;
  }
  // Protection is that of one position: it ends with it, also where the next begins at once.
  if (fresh || account.position(id).is_zero()) notes.protection = Protection{};
  notes.updated = now;
  notes.seq = execution.seq;
  touched_.insert({execution.order.account, id});
}

void ExchangeCore::fill(VenueOrder& order, Quantity quantity, Price price, Liquidity liquidity,
                        Timestamp now) {
  TradingAccount& account = accounts_[order.account];
  const Fill fill = matching::execution(rates_, instruments_[order.instrument], order.side,
                                        quantity, price, price, liquidity, now);
  Execution execution;
  execution.order.account = order.account;
  execution.maker = liquidity == Liquidity::Maker;
  execution.fee_rate_e9 = rates_.fee(instruments_[order.instrument].category, liquidity);
  book_fill(account, execution, fill, now);
  if (order.attached.any() && execution.closed < quantity) {
    Protection& held = account.notes[order.instrument.index].protection;
    if (!order.attached.take_profit.is_zero()) {
      held.take_profit = order.attached.take_profit;
      held.take_by = order.attached.take_by;
    }
    if (!order.attached.stop_loss.is_zero()) {
      held.stop_loss = order.attached.stop_loss;
      held.stop_by = order.attached.stop_by;
    }
  }
  order.filled += quantity;
  order.value += execution.value;
  order.fee += fill.fee;
  order.fee_base += fill.fee_base;
  order.closed_pnl += execution.pnl;
  note_closing(order, execution);
  order.status =
      order.filled == order.quantity ? OrderStatus::Filled : OrderStatus::PartiallyFilled;
  order.updated = now;
  execution.order = order;
  account.record(std::move(execution));
}

void ExchangeCore::leave_book(const VenueOrder& order) {
  Desk& here = desk(order.instrument);
  here.resting[static_cast<std::size_t>(order.side)].erase(key_of(order));
  here.waiting.erase(order.number);
}

/// Ends the order and its reference.
void ExchangeCore::finish(VenueOrder& order, OrderStatus status, std::string_view cancel_type,
                          std::string_view reject_reason, Timestamp now) {
  leave_book(order);
  forget_protection(order);
  if (is_spot(order.instrument) && order.status == OrderStatus::Untriggered)
    status = OrderStatus::Deactivated;
  const bool cut = status == OrderStatus::Cancelled && !order.filled.is_zero();
  order.status = cut && is_spot(order.instrument) ? OrderStatus::PartiallyFilledCanceled : status;
  order.cancel_type = cancel_type;
  order.reject_reason = reject_reason;
  order.updated = now;
  TradingAccount& account = accounts_[order.account];
  account.told(order);
  if (order.cancel_asked && status == OrderStatus::Filled) tell_lost_race(account, order);
  account.archive(order.number);
}

/// The second row of an order that a cancel came too late for: section 7.1.
void ExchangeCore::tell_lost_race(TradingAccount& account, const VenueOrder& order) {
  VenueOrder again = order;
  again.cancel_type = "CancelByUser";
  again.reject_reason = "EC_OrigClOrdIDDoesNotExist";
  account.told_apart(again);
}

/// Cancels that were accepted since the last instant, of what its fills have left.
void ExchangeCore::cancel_late_ones(Timestamp now) {
  for (const auto& [id, number] : std::exchange(late_cancels_, {})) {
    const auto found = accounts_[id].open.find(number);
    if (found != accounts_[id].open.end())
      finish(found->second, OrderStatus::Cancelled, "CancelByUser", "EC_PerCancelRequest", now);
  }
}

void ExchangeCore::trim_touched(Timestamp now) {
  for (const auto& [id, instrument] : std::exchange(touched_, {})) {
    std::vector<VenueOrder*> reducing;
    for (auto& [number, order] : accounts_[id].open)
      if (order.reduce_only && order.live() && order.instrument == instrument)
        reducing.push_back(&order);
    for (VenueOrder* const order : reducing) {
      const Quantity most = fillable(*order);
      if (most.is_zero()) {
        finish(*order, OrderStatus::Cancelled, "CancelByReduceOnly", "EC_NoError", now);
      } else if (most < order->leaves()) {
        order->quantity = order->filled + most;
        order->updated = now;
        accounts_[id].told(*order);
      }
    }
    follow_protection(id, instrument, now);
  }
}

/// Every settlement after the last instant and up to `now`, at the mark of now.
void ExchangeCore::settle_funding(InstrumentId id, Timestamp now) {
  if (!moved_) return;
  const Instrument& what = instruments_[id];
  for (Timestamp due = view_.next_funding(id, *moved_); due <= now;
       due = view_.next_funding(id, due)) {
    for (AccountId owner = 0; owner < accounts_.size(); ++owner) {
      TradingAccount& account = accounts_[owner];
      const Quantity held = account.position(id);
      if (held.is_zero()) continue;
      const matching::FundingTime time{due, true, view_.funding_rate_e9(id, due)};
      const FundingSettled settled =
          matching::settlement(time, id, held, view_.mark(id, now), what.funding_interval, 0);
      account.books.apply(settled);
      Execution execution;
      execution.type = ExecutionType::Funding;
      execution.order.account = owner;
      execution.order.instrument = id;
      execution.order.side = held > Quantity{} ? Side::Buy : Side::Sell;
      execution.order.id = fmt::format("{}-{}-{}-{}", to_unix_ms(due) / 1000, what.symbol.view(),
                                       owner + 1, venue_word(execution.order.side));
      execution.id = new_id("execution");
      execution.price = execution.mark = settled.mark;
      execution.quantity = abs(held);
      execution.value = notional(settled.mark, abs(held));
      execution.fee = settled.amount;
      execution.change = -settled.amount;
      execution.fee_rate_e9 = held > Quantity{} ? settled.rate_e9 : -settled.rate_e9;
      execution.seq = ++seq_;
      execution.time = due;
      PositionNotes& notes = account.notes[id.index];
      notes.current_realised -= settled.amount;
      notes.updated = due;
      notes.seq = execution.seq;
      account.record(std::move(execution));
    }
  }
}

/// Equity at or below what the positions must have behind them: all orders go, then all positions,
/// at the mark, for the fee of liquidations.
void ExchangeCore::liquidate_if_due(AccountId id, Timestamp now) {
  TradingAccount& account = accounts_[id];
  if (account.books.gross(Category::Linear).is_zero()) return;
  if (account.margin_equity() > account.maintenance(rates_.maintenance_e9)) return;
  while (!account.open.empty())
    finish(account.open.begin()->second, OrderStatus::Cancelled, "CancelAllBeforeLiq", "EC_NoError",
           now);
  for (const Instrument& what : instruments_)
    if (!is_spot(what.id) && !account.position(what.id).is_zero()) bust(id, what.id, now);
}

void ExchangeCore::bust(AccountId id, InstrumentId instrument, Timestamp now) {
  TradingAccount& account = accounts_[id];
  const Quantity held = account.position(instrument);
  const Fill fill = matching::liquidation(rates_, instruments_[instrument], held,
                                          view_.mark(instrument, now), 0, now);
  VenueOrder order;
  order.number = ++orders_made_;
  order.account = id;
  order.instrument = instrument;
  order.id = new_id("order");
  order.side = fill.side;
  order.market = true;
  order.time_in_force = TimeInForce::Ioc;
  order.reduce_only = true;
  order.price = fill.price;
  order.quantity = order.filled = fill.quantity;
  order.create_type = "CreateByLiq";
  order.status = OrderStatus::Filled;
  order.last_at_creation = view_.last(instrument, now);
  order.created = order.updated = now;
  Execution execution;
  execution.type = ExecutionType::BustTrade;
  execution.order.account = id;
  execution.fee_rate_e9 = rates_.liquidation_fee_e9;
  book_fill(account, execution, fill, now);
  order.value = execution.value;
  order.fee = execution.fee;
  order.closed_pnl = execution.pnl;
  note_closing(order, execution);
  execution.order = order;
  account.record(std::move(execution));
  account.told(order);
  account.open.emplace(order.number, order);
  account.archive(order.number);
}

}  // namespace proteus::sim
