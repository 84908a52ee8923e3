#include "connectors/live/order_text.hpp"

#include <fmt/format.h>

#include <array>

#include "engine/core/assert.hpp"

namespace proteus::live {
namespace {

std::string_view side_word(Side side) { return side == Side::Buy ? "Buy" : "Sell"; }

std::string_view tif_word(TimeInForce tif) {
  switch (tif) {
    case TimeInForce::Gtc:
      return "GTC";
    case TimeInForce::Ioc:
      return "IOC";
    case TimeInForce::Fok:
      return "FOK";
    case TimeInForce::PostOnly:
      return "PostOnly";
  }
  return "GTC";
}

std::string_view category_word(const Instrument& instrument) {
  return instrument.category == Category::Spot ? "spot" : "linear";
}

/// An object written member by member. Values are words of ours, ids and decimals; what JSON would
/// have to escape cannot be in any of them, which the ids' alphabet (venue and ours) makes sure.
class TextObject {
 public:
  explicit TextObject(const Instrument& instrument) {
    out_.reserve(320);
    text("category", category_word(instrument));
    text("symbol", instrument.symbol.view());
  }
  TextObject& text(std::string_view key, std::string_view value) {
    for (const char c : value) PROTEUS_ASSERT(c >= 0x20 && c < 0x7f && c != '"' && c != '\\');
    name(key);
    out_ += '"';
    out_ += value;
    out_ += '"';
    return *this;
  }
  TextObject& raw(std::string_view key, std::string_view value) {
    name(key);
    out_ += value;
    return *this;
  }
  TextObject& price(std::string_view key, Price value, const Instrument& instrument) {
    return text(key, step_text(value.raw(), instrument.tick_size.raw()));
  }
  std::string take() {
    out_ += '}';
    return std::move(out_);
  }

 private:
  void name(std::string_view key) {
    out_ += out_.empty() ? "{\"" : ",\"";
    out_ += key;
    out_ += "\":";
  }
  std::string out_;
};

void write_trigger(TextObject& object, const OrderRequest& order, const Instrument& instrument) {
  object.price("triggerPrice", order.trigger, instrument);
  if (instrument.category == Category::Spot) {
    object.text("orderFilter", "StopOrder");
    return;
  }
  object.raw("triggerDirection", order.side == Side::Buy ? "1" : "2");
  object.text("triggerBy", "MarkPrice");
}

}  // namespace

std::string_view to_string(SelfMatch rule) {
  constexpr std::array<std::string_view, 4> kWords = {"None", "CancelMaker", "CancelTaker",
                                                      "CancelBoth"};
  return kWords[static_cast<std::size_t>(rule)];
}

int decimals_of(std::int64_t step_raw) {
  PROTEUS_ASSERT(step_raw > 0);
  int decimals = 9;
  while (decimals > 0 && step_raw % 10 == 0) {
    step_raw /= 10;
    --decimals;
  }
  return decimals;
}

std::string step_text(std::int64_t raw, std::int64_t step_raw) {
  const int wanted = decimals_of(step_raw);
  std::string text = format_fixed(raw);
  const std::size_t point = text.find('.');
  std::size_t decimals = point == std::string::npos ? 0 : text.size() - point - 1;
  if (decimals == 0 && wanted > 0) text += '.';
  for (; decimals < static_cast<std::size_t>(wanted); ++decimals) text += '0';
  return text;
}

std::string create_text(const OrderRequest& order, const Instrument& instrument,
                        const OrderExtras& extras) {
  const bool spot = instrument.category == Category::Spot;
  const bool limit = order.type == OrderType::Limit;
  TextObject object(instrument);
  object.text("side", side_word(order.side));
  object.text("orderType", limit ? "Limit" : "Market");
  object.text("qty", step_text(order.quantity.raw(), instrument.lot_step.raw()));
  if (limit) {
    object.price("price", order.price, instrument);
    object.text("timeInForce", tif_word(order.time_in_force));
  }
  object.text("orderLinkId", order.id.view());
  if (spot && !limit) object.text("marketUnit", "baseCoin");
  if (!spot) {
    object.raw("positionIdx", "0");
    object.raw("reduceOnly", order.reduce_only ? "true" : "false");
  }
  if (order.type == OrderType::StopMarket) {
    write_trigger(object, order, instrument);
    // It has to fire whatever margin is left, which only an order that reduces may claim.
    if (!spot && order.reduce_only) object.raw("closeOnTrigger", "true");
  }
  if (extras.stop_loss && !order.reduce_only && !spot) {
    object.price("stopLoss", *extras.stop_loss, instrument);
    object.text("slTriggerBy", "MarkPrice");
    object.text("tpslMode", "Full");
  }
  if (extras.self_match != SelfMatch::None) object.text("smpType", to_string(extras.self_match));
  return object.take();
}

std::string cancel_text(const Instrument& instrument, std::string_view link_id,
                        std::string_view order_id, bool conditional) {
  PROTEUS_ASSERT(!link_id.empty() || !order_id.empty());
  TextObject object(instrument);
  if (!order_id.empty()) object.text("orderId", order_id);
  if (!link_id.empty()) object.text("orderLinkId", link_id);
  if (conditional && instrument.category == Category::Spot) object.text("orderFilter", "StopOrder");
  return object.take();
}

std::string protective_id(const SessionCode& session, std::uint64_t number) {
  constexpr std::string_view kDigits = "0123456789abcdefghijklmnopqrstuvwxyz";
  std::string digits(8, '0');
  for (auto at = digits.rbegin(); at != digits.rend(); ++at, number /= kDigits.size())
    *at = kDigits[number % kDigits.size()];
  return fmt::format("{}{}-{}", kProtectiveWords, session.view(), digits);
}

std::string cancel_all_text(const Instrument& instrument) { return TextObject(instrument).take(); }

std::string trading_stop_text(const Instrument& instrument, Price stop_loss) {
  TextObject object(instrument);
  object.text("tpslMode", "Full").raw("positionIdx", "0");
  if (stop_loss.is_zero())
    object.text("stopLoss", "0");
  else
    object.price("stopLoss", stop_loss, instrument).text("slTriggerBy", "MarkPrice");
  return object.take();
}

std::string set_leverage_text(const Instrument& instrument, std::int64_t leverage_e9) {
  const std::string leverage = format_fixed(leverage_e9);
  return TextObject(instrument).text("buyLeverage", leverage).text("sellLeverage", leverage).take();
}

std::string switch_mode_text(const Instrument& instrument) {
  return TextObject(instrument).raw("mode", "0").take();
}

std::string disconnect_text(Duration window) {
  return fmt::format(R"({{"product":"DERIVATIVES","timeWindow":{}}})",
                     std::chrono::round<std::chrono::seconds>(window).count());
}

std::string ws_message(std::string_view req_id, std::string_view op, std::int64_t timestamp_ms,
                       std::int64_t recv_window_ms, std::string_view args) {
  return fmt::format(
      R"({{"reqId":"{}","header":{{"X-BAPI-TIMESTAMP":"{}","X-BAPI-RECV-WINDOW":"{}"}},)"
      R"("op":"{}","args":[{}]}})",
      req_id, timestamp_ms, recv_window_ms, op, args);
}

std::string rest_payload(std::int64_t timestamp_ms, std::string_view key,
                         std::int64_t recv_window_ms, std::string_view payload) {
  return fmt::format("{}{}{}{}", timestamp_ms, key, recv_window_ms, payload);
}

std::string auth_payload(std::int64_t expires_ms) {
  return fmt::format("GET/realtime{}", expires_ms);
}

std::string auth_message(std::string_view id_name, std::string_view req_id, std::string_view key,
                         std::int64_t expires_ms, std::string_view signature) {
  return fmt::format(R"({{"{}":"{}","op":"auth","args":["{}",{},"{}"]}})", id_name, req_id, key,
                     expires_ms, signature);
}

}  // namespace proteus::live
