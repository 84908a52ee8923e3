#include "tests/integration/scripted_venue.hpp"

#include <fmt/format.h>

#include <charconv>

namespace proteus::app {
namespace {

std::int64_t number_in(const std::string& target, std::string_view key, std::int64_t otherwise) {
  const std::size_t at = target.find(key);
  if (at == std::string::npos) return otherwise;
  std::int64_t value = otherwise;
  std::from_chars(target.data() + at + key.size(), target.data() + target.size(), value);
  return value;
}

/// The texts in quotes of a JSON list that begins after `from`.
std::vector<std::string> texts_after(std::string_view text, std::string_view from) {
  std::vector<std::string> found;
  std::size_t at = text.find(from);
  if (at == std::string_view::npos) return found;
  const std::size_t end = text.find(']', at);
  at += from.size();
  for (;;) {
    const std::size_t open = text.find('"', at);
    if (open == std::string_view::npos || open > end) return found;
    const std::size_t close = text.find('"', open + 1);
    found.emplace_back(text.substr(open + 1, close - open - 1));
    at = close + 1;
  }
}

}  // namespace

ScriptedVenue::ScriptedVenue(net::Loop& loop) {
  net::ServerHandlers handlers;
  handlers.on_http = [this](const net::HttpRequest& request, const net::Responder& responder) {
    if (silent) return kept_.push_back(responder);
    if (auto other = instead ? instead(request.target) : std::nullopt)
      return responder.respond(*std::move(other));
    responder.respond(answer(request.target));
  };
  handlers.on_ws_accept = [this](net::Connection from, const net::HttpRequest&) {
    reader_ = from;
    topics_.clear();
    return 101U;
  };
  handlers.on_ws_text = [this](net::Connection from, std::string_view text) {
    on_text(from, text);
  };
  auto server = net::Server::create(loop, {}, std::move(handlers));
  if (server.has_error()) throw std::runtime_error(server.error().context);
  server_ = std::move(server.value());
}

Overrides ScriptedVenue::where() const {
  return {fmt::format("venue.rest=http://127.0.0.1:{}", server_->port()),
          fmt::format("venue.stream=ws://127.0.0.1:{}", server_->port())};
}

Overrides ScriptedVenue::daemon() {
  return paced() + Overrides{"engine.instruments=linear:BTCUSDT", "feed.repair=concurrent",
                             "feed.warm_up_bars=0", "feed.missing_bar_tries=2"};
}

bool ScriptedVenue::has_reader(const std::string& topic) const { return subscriptions(topic) > 0; }
int ScriptedVenue::subscriptions(const std::string& topic) const {
  const auto found = topics_.find(topic);
  return found == topics_.end() ? 0 : found->second;
}

void ScriptedVenue::on_text(net::Connection from, std::string_view text) {
  const auto ids = texts_after(text, "\"req_id\":");
  const std::string id = ids.empty() ? "" : ids.front();
  const bool ping = text.find("\"ping\"") != std::string_view::npos;
  const bool leaving = text.find("unsubscribe") != std::string_view::npos;
  if (!ping && !leaving)
    for (const std::string& topic : texts_after(text, "\"args\":[")) ++topics_[topic];
  const std::string_view op = ping ? "ping" : leaving ? "unsubscribe" : "subscribe";
  server_->send(from,
                std::make_shared<const std::string>(fmt::format(
                    R"({{"success":true,"ret_msg":"{}","conn_id":"s","req_id":"{}","op":"{}"}})",
                    ping ? "pong" : "", id, op)));
}

void ScriptedVenue::send(const std::string& frame) {
  server_->send(reader_, std::make_shared<const std::string>(frame));
}
void ScriptedVenue::send_binary(const std::string& bytes) {
  server_->send_binary(reader_, std::make_shared<const std::string>(bytes));
}

std::string ScriptedVenue::kline(Timestamp open, const Row& row, bool confirm) const {
  const std::int64_t start = to_unix_ms(open);
  return fmt::format(
      R"({{"topic":"kline.1.BTCUSDT","type":"snapshot","ts":{0},"data":[{{"start":{1},"end":{2},)"
      R"("interval":"1","open":"{3}","close":"{4}","high":"{5}","low":"{6}","volume":"{7}",)"
      R"("turnover":"0","confirm":{8},"timestamp":{0}}}]}})",
      to_unix_ms(now), start, start + 59'999, row.open, row.close, row.high, row.low, row.volume,
      confirm);
}

void ScriptedVenue::close_bar(Timestamp open, const Row& row) {
  now = std::max(now, open + std::chrono::minutes{1});
  rows[open] = row;
  send(kline(open, row));
}

net::HttpAnswer ScriptedVenue::answer(const std::string& target) const {
  std::string result = "{}";
  if (target.starts_with("/v5/market/time")) {
    const std::int64_t ns = to_unix_ns(now);
    result = fmt::format(R"({{"timeSecond":"{}","timeNano":"{}"}})", ns / 1'000'000'000, ns);
  } else if (target.starts_with("/v5/market/instruments-info")) {
    result = fmt::format(
        R"({{"category":"linear","nextPageCursor":"{}","list":[{{"symbol":"BTCUSDT",)"
        R"("contractType":"LinearPerpetual","status":"Trading","baseCoin":"BTC","quoteCoin":"USDT",)"
        R"("deliveryTime":"0","fundingInterval":480,"priceFilter":{{"tickSize":"{}"}},)"
        R"("leverageFilter":{{"maxLeverage":"100.00"}},"lotSizeFilter":{{"qtyStep":"{}",)"
        R"("minOrderQty":"0.001","maxOrderQty":"{}","maxMktOrderQty":"100",)"
        R"("minNotionalValue":"5"}}}}]}})",
        cursor, tick, quantity_step, quantity_max);
  } else if (target.starts_with("/v5/market/kline")) {
    const std::int64_t from = number_in(target, "start=", 0);
    const std::int64_t until = number_in(target, "end=", INT64_MAX);
    std::string list;
    for (auto it = rows.rbegin(); it != rows.rend(); ++it) {
      const std::int64_t open = to_unix_ms(it->first);
      if (open < from || open > until) continue;
      list += fmt::format(R"({}["{}","{}","{}","{}","{}","{}","0"])", list.empty() ? "" : ",", open,
                          it->second.open, it->second.high, it->second.low, it->second.close,
                          it->second.volume);
    }
    result = fmt::format(R"({{"category":"linear","symbol":"BTCUSDT","list":[{}]}})", list);
  }
  return {200,
          fmt::format(R"({{"retCode":0,"retMsg":"OK","result":{},"retExtInfo":{{}},"time":{}}})",
                      result, to_unix_ms(now))};
}

}  // namespace proteus::app
