#include "connectors/paper/account.hpp"

#include <algorithm>

#include "engine/matching/filters.hpp"

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

Money Account::margin_for(const OrderRequest& order, Quantity quantity, Price price) const {
  const Quantity more = matching::increase(position(order.instrument), order.side, quantity);
  if (more.is_zero()) return Money{};
  return initial_margin(notional(price, more, Rounding::Up),
                        leverage_of(instruments_[order.instrument], rates_.leverage_e9));
}

Money Account::spot_cost(Price price, Quantity quantity) const {
  const Money paid = notional(price, quantity, Rounding::Up);
  return paid + share(paid, rates_.fee(Category::Spot, Liquidity::Taker), Rounding::Up);
}

OrderEnd Account::affords(const OrderRequest& order, Quantity quantity, Price price,
                          const Lock& own) const {
  const LedgerView view = books_.view();
  const Money available = view.equity - margin_used_ - (margin_locked_ - own.margin);
  if (books_[order.instrument].category == Category::Linear) {
    const Money need = margin_for(order, quantity, price);
    return need.is_zero() || need <= available ? OrderEnd::None : OrderEnd::InsufficientMargin;
  }
  if (order.side == Side::Sell)
    return quantity <= position(order.instrument) ? OrderEnd::None : OrderEnd::InsufficientBalance;
  const Money free_cash = std::min(view.cash - (cash_locked_ - own.cash), available);
  return spot_cost(price, quantity) <= free_cash ? OrderEnd::None : OrderEnd::InsufficientBalance;
}

Quantity Account::free_base(InstrumentId id) const {
  return std::max(position(id) - base_locked_[id.index], Quantity{});
}

Lock Account::lock_for(const OrderRequest& order, Quantity quantity, Price price) const {
  if (order.reduce_only || order.type == OrderType::StopMarket) return {};
  if (books_[order.instrument].category == Category::Linear)
    return {.margin = margin_for(order, quantity, price)};
  if (order.side == Side::Buy) return {.cash = spot_cost(price, quantity)};
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
