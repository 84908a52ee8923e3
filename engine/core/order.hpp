// Orders, their reports and their life. The same state machine serves paper and live: a venue
// reports, `Order` checks.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "engine/core/archive.hpp"
#include "engine/core/fields.hpp"
#include "engine/core/fixed.hpp"
#include "engine/core/inline_text.hpp"
#include "engine/core/instrument.hpp"
#include "engine/core/order_id.hpp"
#include "engine/core/time.hpp"

namespace proteus {

enum class Side : std::uint8_t { Buy, Sell };
enum class OrderType : std::uint8_t { Market, Limit, StopMarket };
enum class TimeInForce : std::uint8_t { Gtc, Ioc, Fok, PostOnly };
enum class Liquidity : std::uint8_t { Maker, Taker };

/// Created: ours alone. Submitted: left the process. Acknowledged: the venue has it (a stop waits
/// here for its trigger). Resting: in the book. PartiallyFilled: still open with fills. Unknown: no
/// answer came; asked before anything else. Closed: Filled, Cancelled, Rejected.
enum class OrderState : std::uint8_t {
  Created,
  Submitted,
  Acknowledged,
  Resting,
  PartiallyFilled,
  Filled,
  Cancelled,
  Rejected,
  Unknown
};

/// Why an order was rejected or cancelled by a venue.
enum class OrderEnd : std::uint8_t {
  None,
  ByUser,
  ImmediateUnfilled,
  FillOrKillUnfilled,
  PostOnlyWouldTake,
  ReduceOnlyNothingToReduce,
  BelowMinimum,
  AboveMaximum,
  OffStep,
  InsufficientMargin,
  InsufficientBalance,
  NotTrading,
  DuplicateId,
  NoLiquidity,
  Liquidation,
  ByVenue,
  Unlogged,   ///< our own log could not be written: the order never left
  ByEngine,   ///< cancelled by our own engine: a newer wish, a halt, the end of the run
  NotArrived  ///< the venue never got it: asked until it could not arrive any more
};

std::string_view to_string(Side side);
std::string_view to_string(OrderType type);
std::string_view to_string(TimeInForce tif);
std::string_view to_string(Liquidity liquidity);
std::string_view to_string(OrderState state);
std::string_view to_string(OrderEnd end);

constexpr Side opposite(Side side) { return side == Side::Buy ? Side::Sell : Side::Buy; }
/// +quantity for a buy, -quantity for a sell.
constexpr Quantity signed_quantity(Side side, Quantity quantity) {
  return side == Side::Buy ? quantity : -quantity;
}
constexpr bool is_closed(OrderState s) {
  return s == OrderState::Filled || s == OrderState::Cancelled || s == OrderState::Rejected;
}

struct OrderRequest {
  ClientOrderId id;
  InstrumentId instrument;
  Side side = Side::Buy;
  OrderType type = OrderType::Market;
  TimeInForce time_in_force = TimeInForce::Gtc;
  bool reduce_only = false;
  Quantity quantity;  ///< base, > 0
  Price price;        ///< limit price; zero for Market and StopMarket
  Price trigger;      ///< StopMarket: fires when the price passes it; zero otherwise
  Price reference;    ///< last known price when decided: slippage is measured against it
  Timestamp decided_at{};

  static constexpr auto fields() {
    using O = OrderRequest;
    return std::tuple{field("id", &O::id),
                      field("instrument", &O::instrument),
                      field("side", &O::side),
                      field("type", &O::type),
                      field("time_in_force", &O::time_in_force),
                      field("reduce_only", &O::reduce_only),
                      field("quantity", &O::quantity),
                      field("price", &O::price),
                      field("trigger", &O::trigger),
                      field("reference", &O::reference),
                      field("decided_at", &O::decided_at)};
  }
};

/// A venue's word on an order. `filled` is cumulative. Fills themselves come as `Fill`, before the
/// update that counts them.
struct OrderUpdate {
  ClientOrderId id;
  InstrumentId instrument;
  OrderState state = OrderState::Acknowledged;
  OrderEnd end = OrderEnd::None;
  Quantity filled;
  InlineText<64> text;  ///< the venue's own words, may be empty

  static constexpr auto fields() {
    using O = OrderUpdate;
    return std::tuple{field("id", &O::id),         field("instrument", &O::instrument),
                      field("state", &O::state),   field("end", &O::end),
                      field("filled", &O::filled), field("text", &O::text)};
  }
};

/// One execution. `fee` is in quote (> 0 paid). A spot buy pays its fee in base: `fee_base` is
/// taken off what arrives and `fee` is then its value at the fill price, for the books; the rebate
/// of a spot sale may come in base too, below zero. `slippage`
/// is what the price cost (> 0 worse), in quote, against what the market showed where the order met
/// it: in paper the bar's open, the stop's trigger or the middle of the book; live `reference`. It
/// is a part of the price, shown apart, not paid twice.
struct Fill {
  ClientOrderId id;
  InlineText<40> execution;  ///< the venue's identity of this fill, unique
  InstrumentId instrument;
  Side side = Side::Buy;
  Liquidity liquidity = Liquidity::Taker;
  bool liquidation = false;
  Quantity quantity;
  Price price;
  Money fee;
  Quantity fee_base;
  Money slippage;
  Timestamp time{};  ///< when the venue filled it (in bar mode the open of the bar that filled it)

  static constexpr auto fields() {
    using F = Fill;
    return std::tuple{field("id", &F::id),
                      field("execution", &F::execution),
                      field("instrument", &F::instrument),
                      field("side", &F::side),
                      field("liquidity", &F::liquidity),
                      field("liquidation", &F::liquidation),
                      field("quantity", &F::quantity),
                      field("price", &F::price),
                      field("fee", &F::fee),
                      field("fee_base", &F::fee_base),
                      field("slippage", &F::slippage),
                      field("time", &F::time)};
  }
};

/// True if a report may move an order from `from` to `to`. Late and repeated reports are not moves:
/// `Order::apply` drops them.
bool can_move(OrderState from, OrderState to);

/// One order's life. Reports that would go backwards (an older cumulative fill, anything after a
/// closed state) change nothing and are answered with false; a report that no order life allows
/// asserts.
class Order {
 public:
  Order() = default;
  explicit Order(OrderRequest request) : request_(request) {}

  void submitted();  ///< Created -> Submitted
  void unknown();    ///< the outcome of a request cannot be told: any open state -> Unknown
  /// Applies a venue report. False: it was stale or a repeat and nothing changed.
  bool apply(const OrderUpdate& update);

  [[nodiscard]] const OrderRequest& request() const { return request_; }
  [[nodiscard]] OrderState state() const { return state_; }
  [[nodiscard]] OrderEnd end() const { return end_; }
  [[nodiscard]] Quantity filled() const { return filled_; }
  [[nodiscard]] Quantity remaining() const {
    return is_closed(state_) ? Quantity{} : request_.quantity - filled_;
  }
  [[nodiscard]] bool open() const { return !is_closed(state_); }
  void archive(Archive& a) { a(request_, state_, end_, filled_); }

 private:
  OrderRequest request_;
  OrderState state_ = OrderState::Created;
  OrderEnd end_ = OrderEnd::None;
  Quantity filled_;
};

}  // namespace proteus
