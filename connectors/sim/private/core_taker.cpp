// An order that comes in, or comes to another price: what it takes at once, and where it rests.
#include <algorithm>

#include "connectors/sim/private/exchange_core.hpp"
#include "engine/matching/filters.hpp"

namespace proteus::sim {
namespace {

constexpr std::size_t kTakerDepth = 1000;

bool reaches(const VenueOrder& taker, Price offered) {
  return taker.side == Side::Buy ? offered <= taker.price : offered >= taker.price;
}

bool avoids(const VenueOrder& taker, const VenueOrder& maker) {
  return taker.self_match != SelfMatch::None && taker.account == maker.account;
}

const std::vector<BookLevel>& far_side(const VenueOrder& taker, const Ladder& ladder) {
  return taker.side == Side::Buy ? ladder.asks : ladder.bids;
}

}  // namespace

/// What a taker can have next: of the ladder where `maker` is null. Zero quantity: nothing.
struct ExchangeCore::Offer {
  Price price;
  Quantity quantity;
  VenueOrder* maker = nullptr;
};

Quantity ExchangeCore::left_of(InstrumentId id, Side side, const BookLevel& level) const {
  const auto& taken = desk(id).taken[static_cast<std::size_t>(side)];
  const Quantity all = lots_quantity(level.lots, instruments_[id]);
  const auto found = taken.find(level.price_raw);
  return found == taken.end() ? all : std::max(all - found->second, Quantity{});
}

ExchangeCore::Offer ExchangeCore::best_offer(const VenueOrder& taker, const Ladder& ladder,
                                             std::size_t& level) {
  const Side far = opposite(taker.side);
  const auto& levels = far_side(taker, ladder);
  Offer best;
  for (; level < levels.size(); ++level) {
    best.quantity = left_of(taker.instrument, far, levels[level]);
    best.price = Price::from_raw(levels[level].price_raw);
    if (best.quantity > Quantity{}) break;
  }
  const auto& makers = desk(taker.instrument).resting[static_cast<std::size_t>(far)];
  for (const auto& [key, maker] : makers) {
    const bool before =
        best.quantity.is_zero() ||
        (taker.side == Side::Buy ? maker->price < best.price : maker->price > best.price);
    if (!before) break;
    const Quantity can = fillable(*maker);
    if (can.is_zero()) continue;  // It is about to be cancelled.
    best = {maker->price, can, maker};
    break;
  }
  return best;
}

/// All that the taker could have at its limit or better. A maker's reduce-only orders count
/// together for no more than its position.
Quantity ExchangeCore::offered(const VenueOrder& taker, const Ladder& ladder) const {
  const Side far = opposite(taker.side);
  Int128 sum = 0;
  for (const BookLevel& level : far_side(taker, ladder)) {
    if (!reaches(taker, Price::from_raw(level.price_raw))) break;
    sum += left_of(taker.instrument, far, level).raw();
  }
  std::map<AccountId, Quantity> reducing;
  for (const auto& [key, maker] : desk(taker.instrument).resting[static_cast<std::size_t>(far)]) {
    if (!reaches(taker, maker->price)) break;
    if (avoids(taker, *maker)) continue;
    Quantity can = fillable(*maker);
    if (maker->reduce_only) {
      const Quantity most =
          matching::reducible(accounts_[maker->account].position(maker->instrument), far,
                              instruments_[maker->instrument]);
      Quantity& used = reducing[maker->account];
      can = std::min(can, most - used);
      used += can;
    }
    sum += can.raw();
  }
  return Quantity::from_raw(static_cast<std::int64_t>(std::min<Int128>(sum, INT64_MAX)));
}

bool ExchangeCore::survives_itself(VenueOrder& taker, VenueOrder& maker, Timestamp now) {
  taker.self_matched = maker.id;
  if (taker.self_match != SelfMatch::CancelTaker) {
    maker.self_matched = taker.id;
    finish(maker, OrderStatus::Cancelled, "CancelBySmp", "EC_BySelfMatch", now);
  }
  if (taker.self_match == SelfMatch::CancelMaker) return true;
  finish(taker, OrderStatus::Cancelled, "CancelBySmp", "EC_BySelfMatch", now);
  return false;
}

bool ExchangeCore::take(VenueOrder& order, const Ladder& ladder, Timestamp now) {
  const auto far = static_cast<std::size_t>(opposite(order.side));
  std::size_t level = 0;
  for (;;) {
    if (fillable(order).is_zero()) return true;
    const Offer offer = best_offer(order, ladder, level);
    if (offer.quantity.is_zero() || !reaches(order, offer.price)) return true;
    const Quantity wanted = std::min(fillable(order), within_budget(order, offer.price));
    if (wanted.is_zero()) {
      // What is left of an amount buys no more: the order has done what it was to do.
      if (!order.amount.is_zero() && !order.filled.is_zero()) order.quantity = order.filled;
      return true;
    }
    if (offer.maker != nullptr && avoids(order, *offer.maker)) {
      if (!survives_itself(order, *offer.maker, now)) return false;
      continue;
    }
    const Quantity quantity = std::min(wanted, offer.quantity);
    fill(order, quantity, offer.price, Liquidity::Taker, now);
    if (offer.maker == nullptr) {
      desk(order.instrument).taken[far][offer.price.raw()] += quantity;
    } else {
      fill_maker(*offer.maker, quantity, now);
    }
  }
}

void ExchangeCore::enter(VenueOrder& order, Timestamp now) {
  order.rank = ++ranks_;
  order.updated = now;
  const Ladder ladder = view_.ladder(order.instrument, kTakerDepth, now);
  const auto end = [&](std::string_view why) {
    finish(order, OrderStatus::Cancelled, "UNKNOWN", why, now);
  };
  if (order.time_in_force == TimeInForce::PostOnly) {
    std::size_t level = 0;
    const Offer offer = best_offer(order, ladder, level);
    if (!offer.quantity.is_zero() && reaches(order, offer.price))
      return end("EC_PostOnlyWillTakeLiquidity");
  }
  if (order.time_in_force == TimeInForce::Fok && offered(order, ladder) < order.leaves())
    return end("EC_CancelForNoFullFill");
  if (!take(order, ladder, now)) return;
  if (order.leaves().is_zero())
    return finish(order, OrderStatus::Filled, "UNKNOWN", "EC_NoError", now);
  if (order.time_in_force == TimeInForce::Gtc || order.time_in_force == TimeInForce::PostOnly)
    return rest(order, ladder);
  end(order.filled.is_zero() ? "EC_NoImmediateQtyToFill" : "EC_NoEnoughQtyToFill");
}

void ExchangeCore::rest(VenueOrder& order, const Ladder& ladder) {
  order.ahead = Quantity{};
  for (const BookLevel& level : order.side == Side::Buy ? ladder.bids : ladder.asks)
    if (level.price_raw == order.price.raw())
      order.ahead = left_of(order.instrument, order.side, level);
  desk(order.instrument)
      .resting[static_cast<std::size_t>(order.side)]
      .emplace(key_of(order), &order);
  accounts_[order.account].told(order);
}

}  // namespace proteus::sim
