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

enum class OrderStatus : std::uint8_t { New, PartiallyFilled, Filled, Cancelled };
std::string_view to_string(OrderStatus status);
/// "GTC", "IOC", "FOK", "PostOnly".
std::string_view venue_word(TimeInForce tif);
/// "Buy", "Sell".
std::string_view venue_word(Side side);

/// What a client asks for. Market orders name no price. quantity zero: see close_on_trigger.
struct NewOrder {
  InstrumentId instrument;
  Side side = Side::Buy;
  bool market = false;
  TimeInForce time_in_force = TimeInForce::Gtc;
  Quantity quantity;
  Price price;
  bool reduce_only = false;
  bool close_on_trigger = false;  ///< with reduce_only and quantity 0: the whole position
  std::string link_id;            ///< empty: none
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
};

struct OrderIds {
  std::string id;
  std::string link_id;
};

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
  Price price;  ///< of a market order the protective one
  Quantity quantity;
  Quantity filled;
  Money value;                ///< of what is filled
  Money fee;                  ///< paid so far
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

  [[nodiscard]] bool open() const {
    return status == OrderStatus::New || status == OrderStatus::PartiallyFilled;
  }
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
  Money fee;                     ///< > 0 paid
  std::int64_t fee_rate_e9 = 0;  ///< of Funding from the position's view: > 0 pays
  bool maker = false;
  Quantity closed;  ///< how much of the position it took off
  Money pnl;        ///< price profit set free
  Price mark;
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
  Money current_realised;  ///< since it was opened, fees and funding taken off
  bool hedge = false;      ///< position mode: both sides; nothing is traded in it here
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
