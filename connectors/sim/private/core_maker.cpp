// Resting orders, and what the moving market does to them.
#include <algorithm>

#include "connectors/sim/private/exchange_core.hpp"
#include "engine/matching/filters.hpp"

namespace proteus::sim {
namespace {

constexpr std::size_t kMakerDepth = 50;

/// How a trade lies to a resting order: beyond its price, at it, or short of it.
enum class Reach : std::uint8_t { Short, At, Through };
Reach reach_of(const PathTrade& trade, const VenueOrder& order) {
  if (trade.price == order.price) {
    const bool meets = trade.taker_buys == (order.side == Side::Sell);
    return meets ? Reach::At : Reach::Short;
  }
  const bool beyond =
      order.side == Side::Buy ? trade.price < order.price : trade.price > order.price;
  return beyond ? Reach::Through : Reach::Short;
}

}  // namespace

/// What of the order may fill now: a reduce-only one no more than the position still holds.
Quantity ExchangeCore::fillable(const VenueOrder& order) const {
  if (!order.reduce_only) return order.leaves();
  const Quantity most = matching::reducible(accounts_[order.account].position(order.instrument),
                                            order.side, instruments_[order.instrument]);
  return std::min(order.leaves(), most);
}

/// A fill of a resting order at its own price; it may close the order and end its reference.
void ExchangeCore::fill_maker(VenueOrder& order, Quantity quantity, Timestamp now) {
  fill(order, quantity, order.price, Liquidity::Maker, now);
  if (order.leaves().is_zero())
    return finish(order, OrderStatus::Filled, "UNKNOWN", "EC_NoError", now);
  accounts_[order.account].told(order);
}

/// One trade of the market against the resting orders of one side, best price and oldest first.
void ExchangeCore::meet_trade(InstrumentId id, Side side, const PathTrade& trade, Timestamp now) {
  Quantity left = lots_quantity(trade.lots, instruments_[id]);
  Quantity stood_before;  // of the market's volume at the trade's price, traded by this trade
  const RestingSide& resting = desk(id).resting[static_cast<std::size_t>(side)];
  for (auto it = resting.begin(); it != resting.end() && left > Quantity{};) {
    VenueOrder& order = *it->second;
    ++it;  // A fill may take the order off the book.
    const Reach reach = reach_of(trade, order);
    if (reach == Reach::Short) break;
    if (reach == Reach::Through) {
      order.ahead = Quantity{};
    } else {
      const Quantity mine = std::max(order.ahead - stood_before, Quantity{});
      const Quantity others = std::min(mine, left);
      stood_before += others;
      left -= others;
      order.ahead = mine - others;
    }
    const Quantity quantity = order.ahead.is_zero() ? std::min(left, fillable(order)) : Quantity{};
    if (quantity.is_zero()) continue;
    left -= quantity;
    fill_maker(order, quantity, now);
  }
}

/// Levels of the moved ladder that lie at an order's price or beyond it are takers that came to it.
void ExchangeCore::meet_ladder(InstrumentId id, Side side, const Ladder& ladder, Timestamp now) {
  const Side far = opposite(side);
  auto& taken = desk(id).taken[static_cast<std::size_t>(far)];
  const RestingSide& resting = desk(id).resting[static_cast<std::size_t>(side)];
  for (const BookLevel& level : side == Side::Buy ? ladder.asks : ladder.bids) {
    Quantity left = left_of(id, far, level);
    for (auto it = resting.begin(); it != resting.end() && left > Quantity{};) {
      VenueOrder& order = *it->second;
      ++it;
      const bool crossed = side == Side::Buy ? level.price_raw <= order.price.raw()
                                             : level.price_raw >= order.price.raw();
      if (!crossed) return;
      const Quantity quantity = std::min(left, fillable(order));
      if (quantity.is_zero()) continue;
      left -= quantity;
      taken[level.price_raw] += quantity;
      fill_maker(order, quantity, now);
    }
  }
}

/// What stood before an order may have been withdrawn: no more of it is left than the ladder shows.
void ExchangeCore::shrink_queues(InstrumentId id, Side side, const Ladder& ladder) {
  const auto& levels = side == Side::Buy ? ladder.bids : ladder.asks;
  const auto& resting = desk(id).resting[static_cast<std::size_t>(side)];
  for (const BookLevel& level : levels) {
    const std::int64_t key = side == Side::Buy ? -level.price_raw : level.price_raw;
    for (auto it = resting.lower_bound({key, 0}); it != resting.end() && it->first.first == key;
         ++it)
      it->second->ahead = std::min(it->second->ahead, left_of(id, side, level));
  }
}

void ExchangeCore::meet_trades(InstrumentId id, Timestamp now) {
  for (const PathTrade& trade : view_.trades(id, now))
    for (const Side side : {Side::Buy, Side::Sell}) meet_trade(id, side, trade, now);
  const Ladder ladder = view_.ladder(id, kMakerDepth, now);
  for (const Side side : {Side::Buy, Side::Sell}) {
    meet_ladder(id, side, ladder, now);
    shrink_queues(id, side, ladder);
  }
}

}  // namespace proteus::sim
