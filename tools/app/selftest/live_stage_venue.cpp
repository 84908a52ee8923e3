// The venue's side of a live stage: other devices of the owner, and the venue's word.
#include <fmt/format.h>

#include <algorithm>

#include "connectors/live/order_text.hpp"
#include "connectors/sim/private/signature.hpp"
#include "engine/core/assert.hpp"
#include "tools/app/selftest/live_stage.hpp"

namespace proteus::app::selftest {
namespace {

using namespace std::chrono_literals;

std::string_view text_of(const boost::json::object& row, const char* key) {
  const boost::json::value* value = row.if_contains(key);
  return value != nullptr && value->is_string() ? std::string_view(value->get_string())
                                                : std::string_view{};
}

}  // namespace

void LiveStage::stranger_trades(InstrumentId id, Quantity change) {
  const sim::HttpReply reply = exchange_->on_http(
      "POST",
      fmt::format("/sim/trade?key={}&symbol={}&side={}&qty={}", kKey, table_[id].symbol.view(),
                  change > Quantity{} ? "Buy" : "Sell", abs(change).to_string()));
  PROTEUS_ASSERT(reply.status == 200);
  network_.advance();
}

void LiveStage::stranger_removes_stop(InstrumentId id) {
  owner_asks(true, "/v5/position/trading-stop", live::trading_stop_text(table_[id], Price{}));
}

boost::json::value LiveStage::owner_asks(bool post, const std::string& path,
                                         const std::string& text) {
  const std::string target = post || text.empty() ? path : path + "?" + text;
  const std::string key(kKey);
  constexpr int kTooMany = 10006;  // Limits are a second's, and the gateway asks too.
  for (;;) {
    const std::string stamp = std::to_string(to_unix_ms(exchange_->now()));
    const sim::HttpReply reply = exchange_->on_http(
        post ? "POST" : "GET", target,
        {{"X-BAPI-API-KEY", key},
         {"X-BAPI-TIMESTAMP", stamp},
         {"X-BAPI-RECV-WINDOW", "60000"},
         {"X-BAPI-SIGN", sim::hmac_sha256_hex(kSecret, stamp + key + "60000" + text)}},
        post ? text : "");
    network_.advance();
    PROTEUS_ASSERT(reply.status == 200);
    boost::json::value body = boost::json::parse(reply.body);
    if (body.at("retCode").as_int64() != kTooMany) return body;
    run(100ms);
  }
}

boost::json::object LiveStage::venue_row(InstrumentId id) {
  const auto body = owner_asks(false, "/v5/position/list",
                               fmt::format("category=linear&symbol={}", table_[id].symbol.view()));
  boost::system::error_code missing;
  const boost::json::value* row = body.find_pointer("/result/list/0", missing);
  return row != nullptr && row->is_object() ? row->get_object() : boost::json::object{};
}

Quantity LiveStage::venue_position(InstrumentId id) {
  const boost::json::object row = venue_row(id);
  const auto told = Quantity::parse(text_of(row, "size"));
  const Quantity size = told ? told.value() : Quantity{};
  return text_of(row, "side") == "Sell" ? -size : size;
}

Price LiveStage::venue_stop(InstrumentId id) {
  const boost::json::object row = venue_row(id);
  const auto told = Price::parse(text_of(row, "stopLoss"));
  return told ? told.value() : Price{};
}

std::vector<VenueOrder> LiveStage::venue_orders() {
  std::vector<VenueOrder> orders;
  for (const char* path : {"/v5/order/realtime", "/v5/order/history"}) {
    const auto body = owner_asks(false, path, "category=linear&settleCoin=USDT&limit=50");
    for (const boost::json::value& value : body.at_pointer("/result/list").as_array()) {
      const boost::json::object& row = value.as_object();
      const std::string_view kind = text_of(row, "stopOrderType");
      if (!kind.empty() && kind != "UNKNOWN") continue;
      orders.push_back({std::string(text_of(row, "orderLinkId")),
                        std::string(text_of(row, "orderStatus")),
                        std::string(text_of(row, "cancelType"))});
    }
  }
  return orders;
}

std::size_t LiveStage::venue_open() {
  const auto orders = venue_orders();
  return static_cast<std::size_t>(std::ranges::count_if(orders, [](const VenueOrder& order) {
    return order.status == "New" || order.status == "PartiallyFilled";
  }));
}

LiveStage::Best LiveStage::best(InstrumentId id) {
  const sim::HttpReply reply = exchange_->on_http(
      "GET", fmt::format("/v5/market/orderbook?category=linear&symbol={}&limit=1",
                         table_[id].symbol.view()));
  network_.advance();
  const auto body = boost::json::parse(reply.body);
  const auto side = [&](const char* path) {
    return Price::parse(std::string_view(body.at_pointer(path).as_string())).value();
  };
  return {side("/result/b/0/0"), side("/result/a/0/0")};
}

}  // namespace proteus::app::selftest
