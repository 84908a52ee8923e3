// Orders by REST: create, amend, cancel. The answer says that an order was accepted; what becomes
// of it is told by the private streams and by the lists.
#include <fmt/format.h>

#include "connectors/sim/private/private_request.hpp"

namespace proteus::sim {
namespace {

namespace json = boost::json;

std::string ids_text(const OrderIds& ids) {
  std::string out = "{\"orderId\":";
  append_json(out, ids.id);
  out += ",\"orderLinkId\":";
  append_json(out, ids.link_id);
  out += '}';
  return out;
}

/// What an order cannot carry here. A venue would do it: to take such an order and leave the
/// stop out would be worse than to refuse it.
Said<void> nothing_unknown(const json::object& body) {
  for (const std::string_view key : {"tpLimitPrice", "slLimitPrice", "bboSideType",
                                     "slippageToleranceType", "slippageTolerance"}) {
    BOOST_OUTCOME_TRY(const auto text, text_in(body, key));
    const bool means_none = text && (*text == "0" || *text == "None" || *text == "Order" ||
                                     *text == "UNKNOWN" || *text == "baseCoin");
    if (text && !means_none)
      return Refusal{10001, fmt::format("params error: {} is not simulated", key)};
  }
  return boost::outcome_v2::success();
}

Said<TimeInForce> time_in_force_in(const json::object& body) {
  BOOST_OUTCOME_TRY(const auto text, text_in(body, "timeInForce"));
  if (!text) return TimeInForce::Gtc;
  for (const TimeInForce tif :
       {TimeInForce::Gtc, TimeInForce::Ioc, TimeInForce::Fok, TimeInForce::PostOnly})
    if (*text == venue_word(tif)) return tif;
  return wrong("timeInForce");
}

/// Category and symbol, which every call names.
Said<InstrumentId> instrument_in(const PrivateRequest& request) {
  BOOST_OUTCOME_TRY(const auto word, needed_text(request.body, "category"));
  BOOST_OUTCOME_TRY(const Category category, category_named(word));
  BOOST_OUTCOME_TRY(const auto symbol, needed_text(request.body, "symbol"));
  return symbol_in(request, symbol, category);
}

/// What a spot order may say: whether it waits for its trigger, and in which coin the quantity of a
/// market order is. The quantity of a buy is an amount of quote currency unless it says otherwise.
Said<void> read_spot(const json::object& body, NewOrder& wish) {
  BOOST_OUTCOME_TRY(const auto filter, text_in(body, "orderFilter"));
  const std::string kind = filter.value_or("Order");
  if (kind != "Order" && kind != "StopOrder" && kind != "tpslOrder") return wrong("orderFilter");
  if (wish.trigger.set() != (kind != "Order")) return wrong("triggerPrice");
  wish.locks = kind == "tpslOrder";
  if (wish.attached.any())
    return Refusal{10001, "params error: takeProfit and stopLoss of spot are not simulated"};
  if (wish.reduce_only || wish.close_on_trigger) return wrong("reduceOnly");
  if (!wish.market) return boost::outcome_v2::success();
  BOOST_OUTCOME_TRY(const auto unit, text_in(body, "marketUnit"));
  if (unit && *unit != "baseCoin" && *unit != "quoteCoin") return wrong("marketUnit");
  const bool buys = wish.side == Side::Buy;
  const bool by_amount = unit ? *unit == "quoteCoin" : buys;
  if (!by_amount) return boost::outcome_v2::success();
  if (!buys) return Refusal{10001, "params error: a sale by amount is not simulated"};
  wish.amount = Money::from_raw(std::exchange(wish.quantity, Quantity{}).raw());
  if (wish.amount.is_zero()) return Refusal{170136, "Order quantity lower than the minimum."};
  return boost::outcome_v2::success();
}

Said<OrderName> name_in(const PrivateRequest& request) {
  OrderName name;
  BOOST_OUTCOME_TRY(name.instrument, instrument_in(request));
  BOOST_OUTCOME_TRY(auto id, text_in(request.body, "orderId"));
  BOOST_OUTCOME_TRY(auto link, text_in(request.body, "orderLinkId"));
  if (!id && !link) return Refusal{10001, "params error: orderId or orderLinkId is needed"};
  name.id = id.value_or("");
  name.link_id = link.value_or("");
  return name;
}

Said<NewOrder> wish_in(const PrivateRequest& request) {
  const json::object& body = request.body;
  NewOrder wish;
  BOOST_OUTCOME_TRY(wish.instrument, instrument_in(request));
  BOOST_OUTCOME_TRY(nothing_unknown(body));
  const bool spot = request.core.instruments()[wish.instrument].category == Category::Spot;
  if (!spot) {
    BOOST_OUTCOME_TRY(right_position(request, wish.instrument));
  }
  BOOST_OUTCOME_TRY(const auto side, needed_text(body, "side"));
  if (side != "Buy" && side != "Sell") return wrong("side");
  wish.side = side == "Buy" ? Side::Buy : Side::Sell;
  BOOST_OUTCOME_TRY(const auto type, needed_text(body, "orderType"));
  if (type != "Market" && type != "Limit") return wrong("orderType");
  wish.market = type == "Market";
  BOOST_OUTCOME_TRY(const auto quantity, decimal_in<Quantity>(body, "qty"));
  if (!quantity) return wrong("qty");
  wish.quantity = *quantity;
  if (!wish.market) {
    BOOST_OUTCOME_TRY(const auto price, decimal_in<Price>(body, "price"));
    if (!price || price->is_zero()) return wrong("price");
    wish.price = *price;
  }
  BOOST_OUTCOME_TRY(wish.time_in_force, time_in_force_in(body));
  BOOST_OUTCOME_TRY(wish.reduce_only, flag_in(body, "reduceOnly"));
  BOOST_OUTCOME_TRY(wish.close_on_trigger, flag_in(body, "closeOnTrigger"));
  BOOST_OUTCOME_TRY(wish.trigger, trigger_in(body, !spot));
  BOOST_OUTCOME_TRY(const ProtectionChange protection, protection_in(body));
  wish.attached = protection.applied({});
  if (wish.attached.any() && wish.reduce_only)
    return Refusal{10001, "params error: a reduce-only order cannot carry takeProfit or stopLoss"};
  BOOST_OUTCOME_TRY(const auto self_match, text_in(body, "smpType"));
  if (self_match) {
    bool known = false;
    for (const SelfMatch how :
         {SelfMatch::None, SelfMatch::CancelMaker, SelfMatch::CancelTaker, SelfMatch::CancelBoth}) {
      if (*self_match != venue_word(how)) continue;
      wish.self_match = how;
      known = true;
    }
    if (!known) return wrong("smpType");
  }
  BOOST_OUTCOME_TRY(auto link, text_in(body, "orderLinkId"));
  wish.link_id = link.value_or("");
  if (spot) {
    BOOST_OUTCOME_TRY(read_spot(body, wish));
  }
  return wish;
}

}  // namespace

Said<std::string> order_create(const PrivateRequest& request) {
  BOOST_OUTCOME_TRY(const NewOrder wish, wish_in(request));
  BOOST_OUTCOME_TRY(const OrderIds ids, request.core.submit(request.account, wish, request.now));
  return ids_text(ids);
}

Said<std::string> order_pre_check(const PrivateRequest& request) {
  BOOST_OUTCOME_TRY(const NewOrder wish, wish_in(request));
  if (request.core.instruments()[wish.instrument].category != Category::Linear)
    return linear_only("spot").error();
  BOOST_OUTCOME_TRY(const ExchangeCore::Preview seen,
                    request.core.preview(request.account, wish, request.now));
  // Ten-thousandths of equity.
  const auto e4 = [&](Money part) {
    if (seen.equity <= Money{}) return std::int64_t{0};
    return static_cast<std::int64_t>(
        divide(Int128{part.raw()} * 10'000, seen.equity.raw(), Rounding::Near));
  };
  return fmt::format(
      R"({{"orderId":"","orderLinkId":"","preImrE4":{},"preMmrE4":{},"postImrE4":{},"postMmrE4":{}}})",
      e4(seen.initial), e4(seen.maintenance), e4(seen.initial_after), e4(seen.maintenance_after));
}

Said<std::string> order_amend(const PrivateRequest& request) {
  OrderChange change;
  BOOST_OUTCOME_TRY(change.name, name_in(request));
  BOOST_OUTCOME_TRY(nothing_unknown(request.body));
  BOOST_OUTCOME_TRY(change.quantity, decimal_in<Quantity>(request.body, "qty"));
  BOOST_OUTCOME_TRY(change.price, decimal_in<Price>(request.body, "price"));
  BOOST_OUTCOME_TRY(change.trigger, decimal_in<Price>(request.body, "triggerPrice"));
  BOOST_OUTCOME_TRY(change.protection, protection_in(request.body));
  BOOST_OUTCOME_TRY(const OrderIds ids, request.core.amend(request.account, change, request.now));
  return ids_text(ids);
}

Said<std::string> order_cancel(const PrivateRequest& request) {
  BOOST_OUTCOME_TRY(const OrderName name, name_in(request));
  BOOST_OUTCOME_TRY(const OrderIds ids,
                    request.core.cancel(request.account, name, request.now, request.cancel_late));
  return ids_text(ids);
}

Said<std::string> order_cancel_all(const PrivateRequest& request) {
  BOOST_OUTCOME_TRY(const auto category, needed_text(request.body, "category"));
  Scope scope;
  BOOST_OUTCOME_TRY(scope.category, category_named(category));
  const bool spot = scope.category == Category::Spot;
  BOOST_OUTCOME_TRY(const auto symbol, text_in(request.body, "symbol"));
  BOOST_OUTCOME_TRY(const auto base, text_in(request.body, "baseCoin"));
  BOOST_OUTCOME_TRY(const auto settle, text_in(request.body, "settleCoin"));
  if (symbol) {
    BOOST_OUTCOME_TRY(scope.instrument, symbol_in(request, *symbol, scope.category));
  } else if (!spot && !base && !settle) {
    return Refusal{10001, "params error: symbol, baseCoin or settleCoin is needed"};
  }
  scope.base_coin = base.value_or("");
  scope.settle_coin = settle.value_or("");
  BOOST_OUTCOME_TRY(const auto filter, text_in(request.body, "orderFilter"));
  BOOST_OUTCOME_TRY(const auto stop_type, text_in(request.body, "stopOrderType"));
  const auto meant = [&](const VenueOrder& order) {
    return passes_filter(order, filter.value_or(spot ? "Order" : "")) &&
           (!stop_type || order.stop_type == *stop_type);
  };
  std::string rows;
  for (const Instrument& what : request.core.instruments()) {
    if (!scope.holds(what)) continue;
    for (const OrderIds& ids :
         request.core.cancel_all(request.account, what.id, request.now, meant))
      rows += (rows.empty() ? "" : ",") + ids_text(ids);
  }
  return fmt::format(R"({{"list":[{}],"success":"1"}})", rows);
}

}  // namespace proteus::sim
