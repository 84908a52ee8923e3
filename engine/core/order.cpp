#include "engine/core/order.hpp"

#include "engine/core/assert.hpp"

namespace proteus {

std::string_view to_string(Side side) { return side == Side::Buy ? "buy" : "sell"; }
std::string_view to_string(Liquidity liquidity) {
  return liquidity == Liquidity::Maker ? "maker" : "taker";
}

std::string_view to_string(OrderType type) {
  switch (type) {
    case OrderType::Market:
      return "market";
    case OrderType::Limit:
      return "limit";
    case OrderType::StopMarket:
      return "stop_market";
  }
  return "?";
}

std::string_view to_string(TimeInForce tif) {
  switch (tif) {
    case TimeInForce::Gtc:
      return "gtc";
    case TimeInForce::Ioc:
      return "ioc";
    case TimeInForce::Fok:
      return "fok";
    case TimeInForce::PostOnly:
      return "post_only";
  }
  return "?";
}

std::string_view to_string(OrderState state) {
  constexpr std::string_view kNames[] = {"created",   "submitted",        "acknowledged",
                                         "resting",   "partially_filled", "filled",
                                         "cancelled", "rejected",         "unknown"};
  return kNames[static_cast<std::size_t>(state)];
}

std::string_view to_string(OrderEnd end) {
  constexpr std::string_view kNames[] = {"none",
                                         "by_user",
                                         "immediate_unfilled",
                                         "fill_or_kill_unfilled",
                                         "post_only_would_take",
                                         "reduce_only_nothing_to_reduce",
                                         "below_minimum",
                                         "above_maximum",
                                         "off_step",
                                         "insufficient_margin",
                                         "insufficient_balance",
                                         "not_trading",
                                         "duplicate_id",
                                         "no_liquidity",
                                         "liquidation",
                                         "by_venue",
                                         "unlogged",
                                         "by_engine",
                                         "not_arrived"};
  return kNames[static_cast<std::size_t>(end)];
}

bool can_move(OrderState from, OrderState to) {
  using enum OrderState;
  if (is_closed(from) || to == Created) return false;
  switch (from) {
    case Created:
      return to == Submitted;
    case Submitted:
    case Unknown:
      return true;  // A taker order may be Filled with no word in between; an unknown one may be
                    // anything.
    case Acknowledged:
      return to != Submitted && to != Acknowledged;
    case Resting:
    case PartiallyFilled:
      return to == PartiallyFilled || is_closed(to) || to == Unknown;
    default:
      return false;
  }
}

void Order::submitted() {
  PROTEUS_ASSERT(state_ == OrderState::Created);
  state_ = OrderState::Submitted;
}

void Order::unknown() {
  PROTEUS_ASSERT(open() && state_ != OrderState::Created);
  state_ = OrderState::Unknown;
}

bool Order::apply(const OrderUpdate& update) {
  PROTEUS_ASSERT(update.id == request_.id);
  PROTEUS_ASSERT(state_ != OrderState::Created);  // A report about an order that never left.
  if (!open() || update.filled < filled_) return false;
  if (!can_move(state_, update.state)) return false;
  if (update.state == OrderState::PartiallyFilled && state_ == update.state &&
      update.filled == filled_)
    return false;
  PROTEUS_ASSERT(update.filled <= request_.quantity);
  PROTEUS_ASSERT(update.state != OrderState::Filled || update.filled == request_.quantity);
  state_ = update.state;
  end_ = update.end;
  filled_ = update.filled;
  return true;
}

}  // namespace proteus
