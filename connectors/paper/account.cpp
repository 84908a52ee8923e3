#include "connectors/paper/account.hpp"

#include <algorithm>

#include "engine/matching/execution.hpp"

namespace proteus::paper {

using matching::initial_margin;
using matching::leverage_of;

Account::Account(Money capital, const InstrumentTable& instruments, const matching::Rates& rates)
    : instruments_(instruments),
      rates_(rates),
      books_(capital, instruments),
      margin_(instruments.size()),
      base_locked_(instruments.size()) {}

void Account::apply(const Fill& fill) {
  books_.apply(fill);
  refresh(fill.instrument);
}

void Account::mark(InstrumentId id, Price price) {
  books_.mark(id, price);
  if (!position(id).is_zero()) refresh(id);
}

void Account::refresh(InstrumentId id) {
  const PositionView& p = books_[id];
  if (p.category == Category::Spot) return;
  Money& kept = margin_[id.index];
  margin_used_ -= kept;
  kept = initial_margin(abs(p.value), leverage_of(instruments_[id], rates_.leverage_e9));
  margin_used_ += kept;
}

OrderEnd Account::affords(const OrderRequest& order, Quantity quantity, Price price,
                          const Lock& own) const {
  const LedgerView view = books_.view();
  const matching::Funds funds{.equity = view.equity,
                              .cash = view.cash,
                              .margin_used = margin_used_,
                              .margin_locked = margin_locked_ - own.margin,
                              .cash_locked = cash_locked_ - own.cash};
  return matching::affords(funds, instruments_[order.instrument], position(order.instrument),
                           order.side, quantity, price, rates_);
}

Quantity Account::free_base(InstrumentId id) const {
  return std::max(position(id) - base_locked_[id.index], Quantity{});
}

Lock Account::lock_for(const OrderRequest& order, Quantity quantity, Price price) const {
  if (order.reduce_only || order.type == OrderType::StopMarket) return {};
  if (books_[order.instrument].category == Category::Linear)
    return {.margin =
                matching::order_margin(instruments_[order.instrument], position(order.instrument),
                                       order.side, quantity, price, rates_)};
  if (order.side == Side::Buy) return {.cash = matching::spot_cost(price, quantity, rates_)};
  return {.base = quantity};
}

void Account::hold(InstrumentId id, const Lock& lock) {
  margin_locked_ += lock.margin;
  cash_locked_ += lock.cash;
  base_locked_[id.index] += lock.base;
}

void Account::release(InstrumentId id, const Lock& lock) {
  margin_locked_ -= lock.margin;
  cash_locked_ -= lock.cash;
  base_locked_[id.index] -= lock.base;
}

}  // namespace proteus::paper
