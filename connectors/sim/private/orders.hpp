// Orders, executions and positions of the simulated exchange as its private half keeps and tells
// them. Values only.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/sim/private/accounts.hpp"
#include "engine/core/order.hpp"

namespace proteus::sim {

enum class OrderStatus : std::uint8_t {
  New,
  PartiallyFilled,
  Filled,
  Cancelled,
  Untriggered,
  Triggered,
  Rejected,
  PartiallyFilledCanceled,  // of spot: cancelled with fills
  Deactivated               // of spot: cancelled before its trigger
};
std::string_view to_string(OrderStatus status);
/// "GTC", "IOC", "FOK", "PostOnly".
std::string_view venue_word(TimeInForce tif);
/// "Buy", "Sell".
std::string_view venue_word(Side side);

/// The price that a trigger watches.
enum class TriggerBy : std::uint8_t { None, LastPrice, MarkPrice, IndexPrice };
/// "LastPrice" and so on; empty: None.
std::string_view venue_word(TriggerBy by);

/// What an incoming order does where it would trade with its own account.
enum class SelfMatch : std::uint8_t { None, CancelMaker, CancelTaker, CancelBoth };
std::string_view venue_word(SelfMatch how);

/// When a conditional order becomes live.
struct Trigger {
  Price price;         ///< zero: it is none
  bool rises = false;  ///< the market comes to it from below
  TriggerBy by = TriggerBy::None;
  [[nodiscard]] bool set() const { return !price.is_zero(); }
  friend bool operator==(const Trigger&, const Trigger&) = default;
};

/// Take-profit and stop-loss of a whole position, at the market. A price of zero: none.
struct Protection {
  Price take_profit;
  Price stop_loss;
  TriggerBy take_by = TriggerBy::LastPrice;
  TriggerBy stop_by = TriggerBy::LastPrice;
  [[nodiscard]] bool any() const { return !take_profit.is_zero() || !stop_loss.is_zero(); }
  friend bool operator==(const Protection&, const Protection&) = default;
};

/// What is left out stays as it is; a price of zero removes.
struct ProtectionChange {
  std::optional<Price> take_profit;
  std::optional<Price> stop_loss;
  std::optional<TriggerBy> take_by;
  std::optional<TriggerBy> stop_by;
  [[nodiscard]] Protection applied(Protection to) const {
    to.take_profit = take_profit.value_or(to.take_profit);
    to.stop_loss = stop_loss.value_or(to.stop_loss);
    to.take_by = take_by.value_or(to.take_by);
    to.stop_by = stop_by.value_or(to.stop_by);
    return to;
  }
};

/// What a client asks for. Market orders name no price. quantity zero: see close_on_trigger.
struct NewOrder {
  InstrumentId instrument;
  Side side = Side::Buy;
  bool market = false;
  TimeInForce time_in_force = TimeInForce::Gtc;
  Quantity quantity;
  Money amount;  ///< spot, a market buy by what it may cost: quantity is then left out
  Price price;
  bool reduce_only = false;
  bool close_on_trigger = false;  ///< with reduce_only and quantity 0: the whole position
  Trigger trigger;                ///< of a conditional order
  Protection attached;            ///< what a position that it opens gets
  SelfMatch self_match = SelfMatch::None;
  bool locks = false;   ///< a conditional order of spot that locks what it needs at once
  std::string link_id;  ///< empty: none
};

/// How an order is named; a non-empty `id` goes before `link_id`.
struct OrderName {
  InstrumentId instrument;
  std::string id;
  std::string link_id;
};

struct OrderChange {
  OrderName name;
  std::optional<Quantity> quantity;  ///< the new total
  std::optional<Price> price;
  std::optional<Price> trigger;
  ProtectionChange protection;
};

struct OrderIds {
  std::string id;
  std::string link_id;
};

inline constexpr std::string_view kStop = "Stop";
inline constexpr std::string_view kTpslOrder = "tpslOrder";  ///< of spot: it locks what it needs
inline constexpr std::string_view kTakeProfit = "TakeProfit";
inline constexpr std::string_view kStopLoss = "StopLoss";

struct VenueOrder {
  std::uint64_t number = 0;  ///< counts all orders; later ones are larger
  std::uint64_t rank = 0;    ///< place in time among orders at one price
  AccountId account = 0;
  InstrumentId instrument;
  std::string id;
  std::string link_id;
  Side side = Side::Buy;
  bool market = false;
  TimeInForce time_in_force = TimeInForce::Gtc;
  bool reduce_only = false;
  bool close_on_trigger = false;
  std::string_view
      stop_type;  ///< "Stop", "TakeProfit", "StopLoss"; empty: it was never conditional
  Trigger trigger;
  Protection attached;
  SelfMatch self_match = SelfMatch::None;
  std::string self_matched;  ///< id of the order that it would have traded with
  Price price;               ///< of a market order the protective one
  Quantity quantity;
  Money amount;  ///< of a market buy by amount: what was asked for
  Money budget;  ///< of a spot market buy: its fills may cost no more
  Quantity filled;
  Money value;        ///< of what is filled
  Money fee;          ///< paid so far; of spot buys what it is worth
  Quantity fee_base;  ///< what spot buys paid in the coin they bought
  Quantity closed;    ///< of a position, by its fills
  Money entered;      ///< what that had cost, and the fees of opening it
  Money opening_fee;
  Money closing_fee;
  std::int64_t fills = 0;     ///< that closed something
  Money closed_pnl;           ///< price profit that its fills set free
  Quantity ahead;             ///< of the market's own volume at its price, still before it
  bool cancel_asked = false;  ///< a fault: a cancel was accepted and has not worked yet
  OrderStatus status = OrderStatus::New;
  std::string_view cancel_type = "UNKNOWN";
  std::string_view reject_reason = "EC_NoError";
  std::string_view create_type = "CreateByUser";
  Price last_at_creation;
  Timestamp created{};
  Timestamp updated{};

  /// In the book, or about to be.
  [[nodiscard]] bool live() const {
    return status == OrderStatus::New || status == OrderStatus::PartiallyFilled;
  }
  [[nodiscard]] bool open() const { return live() || status == OrderStatus::Untriggered; }
  /// Of spot: what it may cost or sell is locked.
  [[nodiscard]] bool locks() const { return live() || (open() && stop_type == kTpslOrder); }
  [[nodiscard]] bool protects() const { return stop_type == kTakeProfit || stop_type == kStopLoss; }
  [[nodiscard]] Quantity leaves() const { return open() ? quantity - filled : Quantity{}; }
};

enum class ExecutionType : std::uint8_t { Trade, Funding, BustTrade };
std::string_view to_string(ExecutionType type);

struct Execution {
  ExecutionType type = ExecutionType::Trade;
  VenueOrder order;  ///< as it stood after this; of Funding only id, side and instrument
  std::string id;
  Price price;
  Quantity quantity;
  Money value;
  Money fee;                     ///< > 0 paid; of spot buys what it is worth
  Quantity fee_base;             ///< what a spot buy paid in the coin it bought
  Money change;                  ///< of the wallet's quote currency
  std::int64_t fee_rate_e9 = 0;  ///< of Funding from the position's view: > 0 pays
  bool maker = false;
  Quantity closed;    ///< how much of the position it took off
  Money pnl;          ///< price profit set free
  Money opening_fee;  ///< of what it closed
  Price mark;
  Money wallet;       ///< balance after it
  Quantity position;  ///< signed, after it
  std::int64_t seq = 0;
  Timestamp time{};
};

/// What the books do not know of a position.
struct PositionNotes {
  std::int64_t leverage_e9 = 10 * kFixedScale;
  Timestamp created{};  ///< first time ever; epoch: never traded
  Timestamp opened{};
  Timestamp updated{};
  std::int64_t seq = -1;
  Money opening_fees;            ///< of what is still open
  Money current_realised;        ///< since it was opened, fees and funding taken off
  Protection protection;         ///< of a position that is held
  std::uint64_t take_order = 0;  ///< number of the order that stands for it; 0: none
  std::uint64_t stop_order = 0;
  bool hedge = false;  ///< position mode: both sides; nothing is traded in it here
};

/// What one account is to be told of one action or instant, in this order: executions, orders,
/// positions, wallet.
struct Changes {
  std::vector<Execution> executions;
  std::vector<VenueOrder> orders;  ///< the last state of each, and passing ones before it
  std::set<InstrumentId> positions;
  [[nodiscard]] bool any() const {
    return !executions.empty() || !orders.empty() || !positions.empty();
  }
};

}  // namespace proteus::sim
