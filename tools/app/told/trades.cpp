#include "tools/app/told/trades.hpp"

#include <algorithm>
#include <cstdlib>

namespace proteus::app::told {
namespace {

Money money_of(Int128 value) {
  return Money::from_raw(static_cast<std::int64_t>(value / kFixedScale));
}
Price mean(Int128 value, std::int64_t quantity) {
  return Price::from_raw(quantity == 0 ? 0 : static_cast<std::int64_t>(value / quantity));
}
Money share(Money whole, std::int64_t part, std::int64_t of) {
  return Money::from_raw(static_cast<std::int64_t>(Int128{whole.raw()} * part / of));
}

}  // namespace

Trade Trades::finished(const Position& p) {
  Trade trade = p.trade;
  const std::int64_t entered = trade.quantity.raw();
  trade.entry = mean(p.entered_value, entered);
  trade.exit = mean(p.closed_value, p.closed);
  if (p.closed > 0) {
    // What was closed cost its share of the entries.
    const Int128 cost =
        p.entered_value / entered * p.closed + p.entered_value % entered * p.closed / entered;
    const Int128 gain = p.closed_value - cost;
    trade.gross = money_of(trade.side == Side::Buy ? gain : -gain);
  }
  trade.net = trade.gross - trade.fees - trade.funding;
  return trade;
}

void Trades::take(Position& p, const Fill& fill, std::int64_t quantity, Money fee, Money slippage) {
  const Int128 value = Int128{fill.price.raw()} * quantity;
  const bool enters = p.held == 0 || fill.side == p.trade.side;
  if (p.held == 0) {
    p = Position{};
    p.trade.instrument = fill.instrument;
    p.trade.side = fill.side;
    p.trade.entered = fill.time;
    p.trade.open = true;
  }
  if (enters) {
    p.entered_value += value;
    p.trade.quantity += Quantity::from_raw(quantity);
  } else {
    p.closed_value += value;
    p.closed += quantity;
  }
  p.held += fill.side == Side::Buy ? quantity : -quantity;
  ++p.trade.fills;
  p.trade.fees += fee;
  p.trade.slippage += slippage;
}

std::optional<Trade> Trades::add(const Fill& fill) {
  Position& p = positions_[fill.instrument.index];
  const std::int64_t whole = fill.quantity.raw();
  const bool enters = p.held == 0 || fill.side == p.trade.side;
  const std::int64_t now = enters ? whole : std::min(whole, std::abs(p.held));
  const Money fee = share(fill.fee, now, whole);
  const Money slippage = share(fill.slippage, now, whole);
  take(p, fill, now, fee, slippage);
  p.held -= fill.fee_base.raw();  // a fee taken in the coin itself
  if (p.held != 0) return std::nullopt;
  p.trade.open = false;
  p.trade.left = fill.time;
  const Trade ended = finished(p);
  p = Position{};
  if (whole > now) take(p, fill, whole - now, fill.fee - fee, fill.slippage - slippage);
  return ended;
}

void Trades::add(const FundingSettled& funding) {
  Position& p = positions_[funding.instrument.index];
  if (p.held != 0) p.trade.funding += funding.amount;
}

std::vector<Trade> Trades::open() const {
  std::vector<Trade> found;
  for (const auto& [index, position] : positions_)
    if (position.held != 0) found.push_back(finished(position));
  return found;
}

}  // namespace proteus::app::told
