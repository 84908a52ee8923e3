// What the venue tells of an account, as values: the rows of the private topics and of the private
// REST lists are the same.
//
// A number that is not there ("", null, no key) is zero. Texts that are longer than their room are
// cut, but for identities: a row with a longer order or execution id is malformed, a longer link id
// is none of ours and left empty.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/fixed.hpp"
#include "engine/core/inline_text.hpp"
#include "engine/core/instrument.hpp"
#include "engine/core/order.hpp"
#include "engine/core/time.hpp"

namespace proteus::live {

enum class VenueOrderStatus : std::uint8_t {
  New,
  PartiallyFilled,
  Filled,
  Cancelled,
  PartiallyFilledCanceled,
  Rejected,
  Untriggered,
  Triggered,
  Deactivated,
  Other  ///< a word that we do not know: ask by REST before anything is concluded
};
/// The venue's words; unknown ones are Other.
VenueOrderStatus parse_order_status(std::string_view word);
std::string_view to_string(VenueOrderStatus status);
/// New, PartiallyFilled, Untriggered; Triggered too, which is a moment before New. Other is open:
/// what we do not understand may still fill.
bool is_open(VenueOrderStatus status);

struct OrderRow {
  Category category = Category::Linear;
  InlineText<32> symbol;
  InlineText<40> order_id;
  InlineText<40> link_id;  ///< empty: none
  Side side = Side::Buy;
  bool side_known = true;  ///< false: the venue wrote neither Buy nor Sell
  bool market = false;
  VenueOrderStatus status = VenueOrderStatus::Other;
  InlineText<40> cancel_type;      ///< empty: none ("UNKNOWN" is none)
  InlineText<40> reject_reason;    ///< empty: none ("EC_NoError" is none)
  InlineText<24> stop_order_type;  ///< empty: none ("UNKNOWN" is none)
  Price price;                     ///< of a market order the venue's protective price
  Price avg_price;
  Price trigger_price;
  Price stop_loss;
  Quantity quantity;
  Quantity filled;
  bool reduce_only = false;
  bool close_on_trigger = false;
  int position_idx = 0;
  Timestamp created{};
  Timestamp updated{};
  /// False: a price or quantity needs more than our 1e-9 units hold and was rounded or clamped.
  /// Instruments that we trade never have such.
  bool exact = true;
  friend bool operator==(const OrderRow&, const OrderRow&) = default;
};
/// Why the venue ended it; None for an open or filled order.
OrderEnd order_end_of(const OrderRow& row);

enum class ExecutionKind : std::uint8_t {
  Trade,
  Funding,      ///< moves cash, not the position
  Liquidation,  ///< BustTrade
  Adl,
  Settle,  ///< Settle, Delivery
  Other    ///< BlockTrade, MovePosition, ... and words that we do not know
};
ExecutionKind parse_execution_kind(std::string_view word);
std::string_view to_string(ExecutionKind kind);

struct ExecutionRow {
  Category category = Category::Linear;
  InlineText<32> symbol;
  InlineText<40> order_id;
  InlineText<40> link_id;    ///< empty: none; of execution.fast also where a maker's was left out
  InlineText<40> execution;  ///< the identity of a fill, with the symbol
  Side side = Side::Buy;     ///< of Funding the side of the position
  ExecutionKind kind = ExecutionKind::Trade;
  bool maker = false;
  bool fast = false;  ///< from execution.fast: neither value, fee, rate nor quantities of the order
  Price price;
  Quantity quantity;
  Money value;
  Money fee;                       ///< > 0 paid; in `fee_coin`
  InlineText<16> fee_coin;         ///< empty: linear pays in the settle coin
  InlineText<24> stop_order_type;  ///< of the order that traded; empty: none ("UNKNOWN" is none)
  std::int64_t fee_rate_e9 = 0;
  Quantity order_quantity;
  Quantity leaves;  ///< "0" once the order has closed, also by a cancel
  Price mark;
  Timestamp time{};
  std::int64_t seq = 0;
  bool exact = true;  ///< as of an order
  friend bool operator==(const ExecutionRow&, const ExecutionRow&) = default;
};

struct PositionRow {
  Category category = Category::Linear;
  InlineText<32> symbol;
  int position_idx = 0;
  Quantity quantity;  ///< > 0 long, < 0 short
  Price entry;
  Money cost;  ///< what was paid for it, positionValue: size x entry on linear, never negative
  Price mark;
  std::int64_t leverage_e9 = 0;  ///< 1e9 = 1x; 0: not told
  Price liquidation;             ///< 0: none
  Price stop_loss;               ///< 0: none
  Price take_profit;             ///< 0: none
  Money realised;                ///< since it was opened, fees and funding taken off
  bool isolated = false;         ///< tradeMode 1
  InlineText<16> status;         ///< "Normal", "Liq", "Adl"
  Timestamp updated{};
  std::int64_t seq = 0;  ///< -1: never traded
  bool exact = true;     ///< as of an order
  friend bool operator==(const PositionRow&, const PositionRow&) = default;
};

struct CoinBalance {
  InlineText<16> coin;
  Money wallet;
  Money equity;
  Money locked;
  friend bool operator==(const CoinBalance&, const CoinBalance&) = default;
};

/// Coins that are not listed have not changed.
struct WalletRow {
  InlineText<16> account_type;
  std::vector<CoinBalance> coins;
  Money total_equity;         ///< in USD
  Money available;            ///< in USD
  bool totals_known = false;  ///< false in isolated margin: the venue leaves them empty
  friend bool operator==(const WalletRow&, const WalletRow&) = default;
};

struct KeyInfo {
  bool read_only = true;
  bool can_withdraw = true;
  bool can_trade_derivatives = false;
  bool can_trade_spot = false;
  bool ip_bound = false;
  Timestamp expires{};  ///< epoch: never, or not told
  friend bool operator==(const KeyInfo&, const KeyInfo&) = default;
};

struct AccountInfo {
  InlineText<24> margin_mode;  ///< "REGULAR_MARGIN" (cross), "ISOLATED_MARGIN", "PORTFOLIO_MARGIN"
  int unified_status = 0;      ///< 1 classic, 3 and 4 UTA 1.0, 5 and 6 UTA 2.0
  friend bool operator==(const AccountInfo&, const AccountInfo&) = default;
};

struct FeeRow {
  InlineText<32> symbol;
  std::int64_t taker_e9 = 0;
  std::int64_t maker_e9 = 0;
  friend bool operator==(const FeeRow&, const FeeRow&) = default;
};

/// The answer to create, amend and cancel.
struct OrderIds {
  InlineText<40> order_id;
  InlineText<40> link_id;
  friend bool operator==(const OrderIds&, const OrderIds&) = default;
};

}  // namespace proteus::live
