// What the signed paths share: a request that has been verified, reading its parameters as the
// venue does, and lists in pages.
#pragma once

#include <boost/json.hpp>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>

#include "connectors/sim/private/exchange_core.hpp"
#include "connectors/sim/private/rate_window.hpp"
#include "connectors/sim/private/rows.hpp"
#include "connectors/sim/text.hpp"

namespace proteus::sim {

class DisconnectGuard;

/// What is left of an account's allowance for one path.
struct Quota {
  RateWindow& window;
  std::size_t limit;
};

struct PrivateRequest {
  Market& market;
  MarketView& view;
  ExchangeCore& core;
  DisconnectGuard& guard;
  AccountId account;
  const Query& query;               ///< of a GET
  const boost::json::object& body;  ///< of a POST
  Timestamp now;
  bool last_page_cursor = false;
  bool cancel_late = false;         ///< a fault: a cancel works at the next push instant only
  Quota* quota = nullptr;           ///< of a batch, which takes of it row by row
  std::string* ext_info = nullptr;  ///< where a batch writes its rows' codes

  [[nodiscard]] RowStyle style() const { return {true, market.clock_offset_ms()}; }
  [[nodiscard]] const TradingAccount& owner() const { return core.account(account); }
};

inline Refusal wrong(std::string_view key) {
  return {10001, "params error: " + std::string(key) + " invalid"};
}

// ---- bodies ----------------------------------------------------------------------------------

/// A text of the body; nothing when it is missing, null or empty. Refused: any other type.
Said<std::optional<std::string>> text_in(const boost::json::object& body, std::string_view key);
/// A text that has to be there.
Said<std::string> needed_text(const boost::json::object& body, std::string_view key);
Said<bool> flag_in(const boost::json::object& body, std::string_view key);
/// A decimal as text; numbers of JSON are refused, as at the venue.
template <class Value>
Said<std::optional<Value>> decimal_in(const boost::json::object& body, std::string_view key) {
  BOOST_OUTCOME_TRY(const auto text, text_in(body, key));
  if (!text) return std::optional<Value>{};
  const auto value = Value::parse(*text);
  if (!value || value.value() < Value{}) return wrong(key);
  return std::optional(value.value());
}
/// triggerPrice, triggerBy and where it is `directed` (not of spot) triggerDirection; not set where
/// there is no price.
Said<Trigger> trigger_in(const boost::json::object& body, bool directed);
/// takeProfit, stopLoss and what they watch, for a whole position at the market.
Said<ProtectionChange> protection_in(const boost::json::object& body);
/// "Order": never conditional, "StopOrder": conditional, "tpslOrder": of a position or with locked
/// coins; empty: any.
bool passes_filter(const VenueOrder& order, std::string_view filter);
/// For what perpetuals alone have.
Said<void> linear_only(std::string_view category);
/// "linear" or "spot".
Said<Category> category_named(std::string_view category);
Said<InstrumentId> symbol_in(const PrivateRequest& request, std::string_view symbol,
                             Category category = Category::Linear);
/// positionIdx of the body: nothing or 0 in one-way mode, 1 or 2 in hedge mode.
Said<void> right_position(const PrivateRequest& request, InstrumentId instrument);

// ---- queries ---------------------------------------------------------------------------------

Said<std::int64_t> count_of(const Query& query, std::string_view key, std::int64_t fallback,
                            std::int64_t max);
/// The instrument asked for; nothing: by settleCoin or baseCoin, or not at all for spot and where
/// `needed` is false.
struct Scope {
  Category category = Category::Linear;
  std::optional<InstrumentId> instrument;
  std::string base_coin;
  std::string settle_coin;
  [[nodiscard]] bool holds(const Instrument& what) const;
};
Said<Scope> scope_of(const PrivateRequest& request, bool needed);

/// Times of a list: at most seven days; [from, until] in what the venue tells, ms.
struct Span7 {
  std::int64_t from_ms = 0;
  std::int64_t until_ms = 0;
};
/// `usual_ms`: how far back where no time is named.
Said<Span7> span_of(const PrivateRequest& request, std::int64_t usual_ms = 7 * 86'400'000LL);

/// Where the last page stopped: the number of its last row. Nothing: from the newest on.
Said<std::optional<std::int64_t>> cursor_of(const PrivateRequest& request);
/// As it stands in an answer, percent-encoded as the venue does.
std::string cursor_text(std::int64_t number);
/// {"category":"linear","list":[rows],"nextPageCursor":".."}
std::string list_text(std::string_view rows, std::string_view cursor,
                      Category category = Category::Linear);

// ---- paths: rest_trading.cpp, rest_batch.cpp, rest_stops.cpp, rest_lists.cpp, rest_account.cpp,
// rest_guard.cpp ------------------------------------------------------------------------------

Said<std::string> order_create(const PrivateRequest& request);
Said<std::string> order_amend(const PrivateRequest& request);
Said<std::string> order_cancel(const PrivateRequest& request);
Said<std::string> order_cancel_all(const PrivateRequest& request);
Said<std::string> order_create_batch(const PrivateRequest& request);
Said<std::string> order_amend_batch(const PrivateRequest& request);
Said<std::string> order_cancel_batch(const PrivateRequest& request);
Said<std::string> order_pre_check(const PrivateRequest& request);
Said<std::string> order_disconnected_cancel_all(const PrivateRequest& request);
Said<std::string> order_realtime(const PrivateRequest& request);
Said<std::string> order_history(const PrivateRequest& request);
Said<std::string> execution_list(const PrivateRequest& request);
Said<std::string> position_list(const PrivateRequest& request);
Said<std::string> position_set_leverage(const PrivateRequest& request);
Said<std::string> position_switch_mode(const PrivateRequest& request);
Said<std::string> position_trading_stop(const PrivateRequest& request);
Said<std::string> account_wallet(const PrivateRequest& request);
Said<std::string> account_info(const PrivateRequest& request);
Said<std::string> account_fee_rate(const PrivateRequest& request);
Said<std::string> account_transaction_log(const PrivateRequest& request);
Said<std::string> account_user_setting(const PrivateRequest& request);
Said<std::string> account_set_limit_px_action(const PrivateRequest& request);
Said<std::string> position_closed_pnl(const PrivateRequest& request);
Said<std::string> account_query_dcp(const PrivateRequest& request);
Said<std::string> asset_coin_info(const PrivateRequest& request);
Said<std::string> user_query_api(const PrivateRequest& request);

}  // namespace proteus::sim
