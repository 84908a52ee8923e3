// Triggers, take-profit and stop-loss by REST and websocket.
#include <fmt/format.h>

#include "connectors/sim/private/private_request.hpp"

namespace proteus::sim {
namespace {

namespace json = boost::json;

/// Nothing where it is left out.
Said<std::optional<TriggerBy>> watched_in(const json::object& body, std::string_view key) {
  BOOST_OUTCOME_TRY(const auto text, text_in(body, key));
  if (!text || *text == "UNKNOWN") return std::optional<TriggerBy>{};
  for (const TriggerBy by : {TriggerBy::LastPrice, TriggerBy::MarkPrice, TriggerBy::IndexPrice})
    if (*text == venue_word(by)) return std::optional(by);
  return wrong(key);
}

/// Refuses a parameter that names anything else than nothing.
Said<void> none_of(const json::object& body, std::initializer_list<std::string_view> keys) {
  for (const std::string_view key : keys) {
    BOOST_OUTCOME_TRY(const auto text, text_in(body, key));
    if (text && *text != "0")
      return Refusal{10001, fmt::format("params error: {} is not simulated", key)};
  }
  return boost::outcome_v2::success();
}

}  // namespace

Said<Trigger> trigger_in(const json::object& body, bool directed) {
  Trigger trigger;
  BOOST_OUTCOME_TRY(const auto price, decimal_in<Price>(body, "triggerPrice"));
  if (!price || price->is_zero()) return trigger;
  trigger.price = *price;
  const json::value* direction = directed ? body.if_contains("triggerDirection") : nullptr;
  if (!directed) {
    trigger.by = TriggerBy::LastPrice;
    return trigger;
  }
  if (direction == nullptr || !direction->is_int64() ||
      (direction->get_int64() != 1 && direction->get_int64() != 2))
    return wrong("triggerDirection");
  trigger.rises = direction->get_int64() == 1;
  BOOST_OUTCOME_TRY(const auto by, watched_in(body, "triggerBy"));
  trigger.by = by.value_or(TriggerBy::LastPrice);
  return trigger;
}

Said<ProtectionChange> protection_in(const json::object& body) {
  ProtectionChange change;
  BOOST_OUTCOME_TRY(change.take_profit, decimal_in<Price>(body, "takeProfit"));
  BOOST_OUTCOME_TRY(change.stop_loss, decimal_in<Price>(body, "stopLoss"));
  BOOST_OUTCOME_TRY(change.take_by, watched_in(body, "tpTriggerBy"));
  BOOST_OUTCOME_TRY(change.stop_by, watched_in(body, "slTriggerBy"));
  BOOST_OUTCOME_TRY(const auto mode, text_in(body, "tpslMode"));
  if (mode && *mode != "Full" && *mode != "Partial") return wrong("tpslMode");
  if (mode && *mode == "Partial")
    return Refusal{10001, "params error: tpslMode Partial is not simulated"};
  for (const std::string_view key : {"tpOrderType", "slOrderType"}) {
    BOOST_OUTCOME_TRY(const auto type, text_in(body, key));
    if (type && *type != "Market")
      return Refusal{10001,
                     fmt::format("params error: {} other than Market is not simulated", key)};
  }
  BOOST_OUTCOME_TRY(none_of(body, {"tpLimitPrice", "slLimitPrice"}));
  return change;
}

bool passes_filter(const VenueOrder& order, std::string_view filter) {
  if (filter == "Order") return order.stop_type.empty();
  const bool locks = order.stop_type == kTpslOrder;
  if (filter == "StopOrder") return !order.stop_type.empty() && !locks;
  if (filter == "tpslOrder") return order.protects() || locks;
  return true;
}

Said<std::string> position_trading_stop(const PrivateRequest& request) {
  const json::object& body = request.body;
  BOOST_OUTCOME_TRY(const auto category, needed_text(body, "category"));
  BOOST_OUTCOME_TRY(linear_only(category));
  BOOST_OUTCOME_TRY(const auto symbol, needed_text(body, "symbol"));
  BOOST_OUTCOME_TRY(const InstrumentId id, symbol_in(request, symbol));
  BOOST_OUTCOME_TRY(right_position(request, id));
  BOOST_OUTCOME_TRY(none_of(body, {"trailingStop", "activePrice", "tpSize", "slSize"}));
  BOOST_OUTCOME_TRY(const ProtectionChange change, protection_in(body));
  BOOST_OUTCOME_TRY(request.core.protect(request.account, id, change, request.now));
  return std::string("{}");
}

}  // namespace proteus::sim
