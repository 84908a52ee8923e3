// A small market whose bars can be worked out by hand, and sockets that only remember.
#pragma once

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "connectors/sim/exchange.hpp"

namespace proteus::sim::exchange_test {

using namespace std::chrono_literals;
using namespace literals;
namespace json = boost::json;

inline const Timestamp kFirst = from_unix_ms(1'735'689'600'000);  // 2025-01-01T00:00Z, a Wednesday

/// One-minute bars of integer arithmetic: minute n of instrument i opens where minute n-1 closed.
class SmallMarket : public MarketSource {
 public:
  SmallMarket() {
    add(Category::Linear, "BTCUSDT", "0.1"_px, "0.001"_qty);
    add(Category::Linear, "ETHUSDT", "0.01"_px, "0.01"_qty);
    add(Category::Spot, "BTCUSDT", "0.01"_px, "0.000001"_qty);
  }
  void add(Category category, std::string_view symbol, Price tick, Quantity lot) {
    Instrument what;
    what.id.index = static_cast<std::uint32_t>(instruments_.size());
    what.category = category;
    what.symbol = symbol;
    what.base_coin = symbol.substr(0, symbol.size() - 4);
    what.quote_coin = "USDT";
    what.tick_size = tick;
    what.lot_step = lot;
    what.quantity_min = category == Category::Linear ? lot : Quantity{};
    what.notional_min = "5"_usdt;
    what.leverage_max_e9 = category == Category::Linear ? 100 * kFixedScale : kFixedScale;
    what.funding_interval = category == Category::Linear ? Duration{8h} : Duration{0};
    instruments_.push_back(what);
  }

  std::span<const Instrument> instruments() const override { return instruments_; }
  Interval base_interval() const override { return Interval::M1; }
  Timestamp first() const override { return kFirst; }
  std::optional<Timestamp> end() const override { return end_; }
  std::optional<Bar> bar(InstrumentId id, Timestamp open) override {
    if (open < kFirst || (end_ && open >= *end_) || holes_.contains(open)) return std::nullopt;
    const std::int64_t n = (open - kFirst) / 1min;
    const Instrument& what = instruments_[id.index];
    const std::int64_t ticks = 500'000 + 1000 * id.index;
    const auto price = [&](std::int64_t t) { return Price::from_raw(t * what.tick_size.raw()); };
    const std::int64_t from = ticks + swing(n), to = ticks + swing(n + 1);
    Bar bar{id, Interval::M1, open, open + 1min, price(from)};
    bar.high = price(std::max(from, to) + 3 + n % 7);
    bar.low = price(std::min(from, to) - 2 - n % 5);
    if (open == spike_) bar.high = price(from + 900);
    bar.close = price(to);
    const std::int64_t lots = 500 + n * 37 % 400;
    bar.volume = static_cast<double>(lots) * what.lot_step.to_double();
    // Exactly representable: the decimal the test expects is the double's shortest text.
    bar.turnover = with_turnover_ ? static_cast<double>(1000 + n % 100) : 0.0;
    return bar;
  }
  std::optional<std::int64_t> funding_rate_e9(InstrumentId, Timestamp t) override {
    if (t == kFirst + 8h) return -250'000;
    return std::nullopt;
  }
  std::string_view regime(InstrumentId, Timestamp) override { return {}; }

  std::vector<Instrument> instruments_;
  std::optional<Timestamp> end_;
  std::set<Timestamp> holes_;
  std::optional<Timestamp> spike_;  ///< this minute reaches 900 ticks above its open
  bool with_turnover_ = true;

 private:
  static std::int64_t swing(std::int64_t n) { return (n * n * 7 + n * 13) % 61; }
};

struct Sent {
  ConnId conn = 0;
  std::string text;
  FrameKind kind = FrameKind::Text;
};

class Notebook : public SimIo {
 public:
  void send(ConnId conn, std::shared_ptr<const std::string> frame, FrameKind kind) override {
    sent.push_back({conn, *frame, kind});
  }
  void ping(ConnId conn, std::string_view payload) override { pings[conn] = payload; }
  void drop(ConnId conn) override { dropped.push_back(conn); }
  void mute(ConnId conn, bool muted) override {
    if (muted) this->muted.push_back(conn);
  }
  [[nodiscard]] std::vector<std::string> of(ConnId conn) const {
    std::vector<std::string> texts;
    for (const Sent& s : sent)
      if (s.conn == conn) texts.push_back(s.text);
    return texts;
  }
  [[nodiscard]] std::vector<json::object> frames(ConnId conn, std::string_view topic) const {
    std::vector<json::object> found;
    for (const Sent& s : sent) {
      if (s.conn != conn || s.kind != FrameKind::Text) continue;
      boost::system::error_code failed;
      const json::value value = json::parse(s.text, failed);
      if (failed || !value.is_object()) continue;
      const json::value* name = value.get_object().if_contains("topic");
      if (name != nullptr && name->is_string() && std::string_view(name->get_string()) == topic)
        found.push_back(value.get_object());
    }
    return found;
  }
  std::vector<Sent> sent;
  std::map<ConnId, std::string> pings;
  std::vector<ConnId> dropped;
  std::vector<ConnId> muted;
};

/// An exchange that starts `history` bars after the first, with time by factor 1 and a clock that
/// the test winds.
struct Bench {
  explicit Bench(SimSettings wanted = {}, std::int64_t history = 0) {
    wanted.history_bars = history;
    settings = wanted;
  }
  SimExchange& operator*() {
    if (!exchange) {
      auto made = SimExchange::create(settings, market, io);
      EXPECT_TRUE(made) << made.error().context;
      exchange = std::move(made).value();
      exchange->advance(clock);
    }
    return *exchange;
  }
  SimExchange* operator->() { return &**this; }
  void run(Duration real) {
    (**this).advance(clock);
    clock += real;
    while ((**this).advance(clock) == Duration{0}) {
    }
  }
  ConnId connect(std::string_view target = "/v5/public/linear") {
    const ConnId conn = ++connections;
    EXPECT_EQ((**this).on_connect(conn, target), 101);
    return conn;
  }
  void subscribe(ConnId conn, std::vector<std::string> topics) {
    std::string args;
    for (const std::string& topic : topics) args += (args.empty() ? "\"" : ",\"") + topic + "\"";
    (**this).on_text(conn, R"({"op":"subscribe","args":[)" + args + "]}");
  }
  json::value get(std::string_view target) {
    const HttpReply reply = (**this).on_http("GET", target);
    EXPECT_EQ(reply.status, 200) << target;
    return json::parse(reply.body);
  }

  SmallMarket market;
  Notebook io;
  SimSettings settings;
  std::unique_ptr<SimExchange> exchange;
  Duration clock{1'000'000'000'000};
  ConnId connections = 0;
};

inline std::string text_at(const json::value& value, std::string_view pointer) {
  return std::string(std::string_view(value.at_pointer(pointer).as_string()));
}

}  // namespace proteus::sim::exchange_test
