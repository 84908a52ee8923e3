// A market that a test writes by hand for the exchange's core, and a client that signs.
#pragma once

#include <fmt/format.h>

#include <array>
#include <map>

#include "connectors/sim/private/exchange_core.hpp"
#include "connectors/sim/private/signature.hpp"
#include "connectors/sim/text.hpp"
#include "exchange_fixture.hpp"

namespace proteus::sim::private_test {

using namespace exchange_test;

/// One instrument, linear:BTCUSDT: tick 0.1, lot 0.001, at least 0.001 and 5 USDT, 100x, funded
/// every eight hours. The book and the trades are what the test says.
class ScriptedView final : public MarketView {
 public:
  ScriptedView() {
    Instrument& btc = instruments_[0];
    btc.symbol = "BTCUSDT";
    btc.base_coin = "BTC";
    btc.quote_coin = "USDT";
    btc.tick_size = "0.1"_px;
    btc.lot_step = "0.001"_qty;
    btc.quantity_min = "0.001"_qty;
    btc.quantity_max_limit = "1000"_qty;
    btc.quantity_max_market = "100"_qty;
    btc.notional_min = "5"_usdt;
    btc.leverage_max_e9 = 100 * kFixedScale;
    btc.funding_interval = 8h;
  }
  bool priced(InstrumentId, Timestamp) override { return true; }
  Price last(InstrumentId, Timestamp) override { return last_; }
  Price mark(InstrumentId, Timestamp) override { return mark_.value_or(last_); }
  Ladder ladder(InstrumentId, std::size_t depth, Timestamp) override {
    Ladder book = book_;
    book.bids.resize(std::min(depth, book.bids.size()));
    book.asks.resize(std::min(depth, book.asks.size()));
    return book;
  }
  std::span<const PathTrade> trades(InstrumentId, Timestamp) override { return trades_; }
  Timestamp next_funding(InstrumentId, Timestamp t) override {
    return Timestamp{(t.time_since_epoch() / 8h + 1) * 8h};
  }
  std::int64_t funding_rate_e9(InstrumentId, Timestamp) override { return funding_e9_; }

  /// Levels as price and lots, best first.
  using Levels = std::vector<std::pair<Price, std::int64_t>>;
  void book(const Levels& bids, const Levels& asks) {
    book_ = {};
    for (const auto& [price, lots] : bids) book_.bids.push_back({price.raw(), lots});
    for (const auto& [price, lots] : asks) book_.asks.push_back({price.raw(), lots});
  }
  void trade(Price price, std::int64_t lots, bool taker_buys) {
    PathTrade trade;
    trade.price = price;
    trade.lots = lots;
    trade.taker_buys = taker_buys;
    trades_.push_back(trade);
    last_ = price;
  }

  std::array<Instrument, 1> instruments_;
  Price last_ = "36500"_px;
  std::optional<Price> mark_;
  Ladder book_;
  std::vector<PathTrade> trades_;
  std::int64_t funding_e9_ = 100'000;
};

inline matching::Rates usual_rates() {
  matching::VenueSettings costs;  // 5.5 and 2 bps, maintenance 50 bps, liquidation 50 bps.
  return matching::make_rates(costs);
}

/// A core with two accounts of 100 000 USDT over a scripted market that begins at kFirst.
struct CoreBench {
  CoreBench() {
    const std::vector<AccountSpec> specs{{"one", "secret1", "100000"_usdt},
                                         {"two", "secret2", "100000"_usdt}};
    core =
        std::move(ExchangeCore::create(specs, view.instruments_, usual_rates(), view, 1)).value();
    view.book({{"36499.9"_px, 1000}, {"36499.8"_px, 2000}},
              {{"36500"_px, 1000}, {"36500.1"_px, 2000}});
    move();
  }
  /// The next instant; trades of the last one are forgotten.
  void move(Duration by = 1s) {
    now += by;
    core->on_market(now);
    view.trades_.clear();
  }
  static NewOrder limit(Side side, std::string_view quantity, std::string_view price,
                        TimeInForce tif = TimeInForce::Gtc) {
    NewOrder wish;
    wish.side = side;
    wish.quantity = Quantity::parse(quantity).value();
    wish.price = Price::parse(price).value();
    wish.time_in_force = tif;
    return wish;
  }
  static NewOrder market(Side side, std::string_view quantity) {
    NewOrder wish;
    wish.side = side;
    wish.market = true;
    wish.quantity = Quantity::parse(quantity).value();
    return wish;
  }
  /// Accepted, or the test fails.
  OrderIds submit(const NewOrder& wish, AccountId account = 0) {
    const auto ids = core->submit(account, wish, now);
    EXPECT_TRUE(ids) << (ids ? "" : ids.error().text);
    return ids ? ids.value() : OrderIds{};
  }
  int refusal(const NewOrder& wish, AccountId account = 0) {
    const auto ids = core->submit(account, wish, now);
    return ids ? 0 : ids.error().code;
  }
  const TradingAccount& account(AccountId id = 0) const { return core->account(id); }
  const VenueOrder& last_closed(AccountId id = 0) const { return account(id).closed.back(); }

  ScriptedView view;
  std::unique_ptr<ExchangeCore> core;
  Timestamp now = kFirst;
};

/// Signs for the default account and sends to a Bench.
struct Client {
  explicit Client(Bench& b) : bench(b) {}
  [[nodiscard]] HttpHeaders headers(std::string_view payload) const {
    const std::string time = std::to_string(to_unix_ms(bench->now()) + clock_ms);
    return {{"X-BAPI-API-KEY", key},
            {"X-BAPI-TIMESTAMP", time},
            {"X-BAPI-RECV-WINDOW", "5000"},
            {"X-BAPI-SIGN", hmac_sha256_hex(secret, time + key + "5000" + std::string(payload))}};
  }
  HttpReply raw_get(std::string_view path, std::string_view query) const {
    const std::string target = std::string(path) + (query.empty() ? "" : "?") + std::string(query);
    return bench->on_http("GET", target, headers(query));
  }
  HttpReply raw_post(std::string_view path, std::string_view body) const {
    return bench->on_http("POST", path, headers(body), body);
  }
  json::value get(std::string_view path, std::string_view query = "") const {
    return json::parse(raw_get(path, query).body);
  }
  json::value post(std::string_view path, std::string_view body) const {
    return json::parse(raw_post(path, body).body);
  }
  Bench& bench;
  std::string key = "simkey";
  std::string secret = "simsecret";
  std::int64_t clock_ms = 0;  ///< how far this client's clock is ahead
};

inline std::int64_t code_of(const json::value& answer) { return answer.at("retCode").as_int64(); }

}  // namespace proteus::sim::private_test
