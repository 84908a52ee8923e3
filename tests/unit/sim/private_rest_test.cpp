// The signed REST paths over the small market: answers, codes, headers, pages.
#include "private_fixture.hpp"

namespace proteus::sim::private_test {
namespace {

constexpr const char* kCreate = "/v5/order/create";
constexpr const char* kRealtime = "/v5/order/realtime";

std::string order_body(std::string_view rest) {
  return fmt::format(R"({{"category":"linear","symbol":"BTCUSDT",{}}})", rest);
}
std::string limit_body(std::string_view side, std::string_view quantity, std::string_view price,
                       std::string_view more = "") {
  return order_body(fmt::format(R"("side":"{}","orderType":"Limit","qty":"{}","price":"{}"{})",
                                side, quantity, price, more));
}
std::string market_body(std::string_view side, std::string_view quantity) {
  return order_body(fmt::format(R"("side":"{}","orderType":"Market","qty":"{}")", side, quantity));
}

std::string header_value(const HttpReply& reply, std::string_view name) {
  for (const auto& [known, value] : reply.headers)
    if (known == name) return value;
  return "";
}

/// A bench whose market has begun, and a client of the default account.
struct Desk {
  Desk() { bench.run(3s); }
  Bench bench{{}, 60};
  Client client{bench};
};

TEST(PrivateRest, TellsTheKeyAndRefusesOthers) {
  Desk desk;
  const json::value key = desk.client.get("/v5/user/query-api");
  EXPECT_EQ(code_of(key), 0);
  EXPECT_EQ(text_at(key, "/result/apiKey"), "simkey");
  EXPECT_EQ(text_at(key, "/result/secret"), "");
  Client other = desk.client;
  other.secret = "wrong";
  EXPECT_EQ(code_of(other.get("/v5/user/query-api")), 10004);
  other.key = "nobody";
  EXPECT_EQ(code_of(other.get("/v5/user/query-api")), 10003);
  Client late = desk.client;
  late.clock_ms = -5001;
  EXPECT_EQ(code_of(late.get("/v5/user/query-api")), 10002);
  late.clock_ms = 999;
  EXPECT_EQ(code_of(late.get("/v5/user/query-api")), 0);
  EXPECT_EQ(desk.bench->on_http("GET", "/v5/user/query-api").status, 401);
  EXPECT_EQ(desk.bench->on_http("POST", "/v5/user/query-api").status, 404);
  EXPECT_EQ(desk.bench->on_http("GET", "/v5/user/query-api", desk.client.headers(""), "{}").status,
            403);
}

TEST(PrivateRest, TellsTheCoinsAndNoChainToSendThemBy) {
  Desk desk;
  const json::value all = desk.client.get("/v5/asset/coin/query-info");
  ASSERT_EQ(code_of(all), 0) << all;
  const json::value one = desk.client.get("/v5/asset/coin/query-info", "coin=USDT");
  ASSERT_EQ(one.at_pointer("/result/rows").as_array().size(), 1U);
  EXPECT_EQ(text_at(one, "/result/rows/0/coin"), "USDT");
  EXPECT_EQ(one.at_pointer("/result/rows/0/chains").as_array().size(), 0U);
  EXPECT_GT(all.at_pointer("/result/rows").as_array().size(), 1U);
}

TEST(PrivateRest, AMarketOrderBecomesAPositionAnExecutionAndAFee) {
  Desk desk;
  const json::value made = desk.client.post(kCreate, market_body("Buy", "0.01"));
  ASSERT_EQ(code_of(made), 0) << made;
  const std::string id = text_at(made, "/result/orderId");
  EXPECT_EQ(id.size(), 36U);
  EXPECT_EQ(text_at(made, "/result/orderLinkId"), "");

  const json::value position =
      desk.client.get("/v5/position/list", "category=linear&symbol=BTCUSDT");
  EXPECT_EQ(text_at(position, "/result/list/0/side"), "Buy");
  EXPECT_EQ(text_at(position, "/result/list/0/size"), "0.01");
  const json::value done = desk.client.get("/v5/execution/list", "category=linear&orderId=" + id);
  ASSERT_EQ(done.at_pointer("/result/list").as_array().size(), 1U) << done;
  const json::value order = desk.client.get(kRealtime, "category=linear&orderId=" + id);
  EXPECT_EQ(text_at(order, "/result/list/0/orderStatus"), "Filled");
  EXPECT_EQ(text_at(order, "/result/list/0/avgPrice"), text_at(done, "/result/list/0/execPrice"));
  EXPECT_EQ(text_at(position, "/result/list/0/avgPrice"),
            text_at(done, "/result/list/0/execPrice"));

  // wallet = 100 000 - 0.01 x price x 0.00055
  const Price price = Price::parse(text_at(done, "/result/list/0/execPrice")).value();
  const Money fee = share(notional(price, "0.01"_qty), 550'000, Rounding::Up);
  EXPECT_EQ(text_at(done, "/result/list/0/execFee"), fee.to_string());
  const json::value wallet = desk.client.get("/v5/account/wallet-balance", "accountType=UNIFIED");
  EXPECT_EQ(text_at(wallet, "/result/list/0/totalWalletBalance"),
            ("100000"_usdt - fee).to_string());
  EXPECT_EQ(text_at(wallet, "/result/list/0/coin/0/coin"), "USDT");
}

TEST(PrivateRest, OrdersAreAmendedCancelledAndListed) {
  Desk desk;
  const auto link = [](int n) { return fmt::format(R"(,"orderLinkId":"o-{}")", n); };
  for (int n = 0; n < 5; ++n)
    ASSERT_EQ(code_of(desk.client.post(kCreate, limit_body("Buy", "0.01", "40000", link(n)))), 0);
  EXPECT_EQ(code_of(desk.client.post(kCreate, limit_body("Buy", "0.01", "40000", link(0)))),
            110072);
  // Two pages of two, then one; newest first, and the cursor goes back as it came.
  std::vector<std::string> seen;
  std::string cursor;
  for (int page = 0; page < 3; ++page) {
    const json::value list =
        desk.client.get(kRealtime, "category=linear&symbol=BTCUSDT&limit=2" +
                                       (cursor.empty() ? std::string{} : "&cursor=" + cursor));
    for (const json::value& row : list.at_pointer("/result/list").as_array())
      seen.push_back(text_at(row, "/orderLinkId"));
    cursor = text_at(list, "/result/nextPageCursor");
  }
  EXPECT_EQ(seen, (std::vector<std::string>{"o-4", "o-3", "o-2", "o-1", "o-0"}));
  EXPECT_EQ(cursor, "");

  const auto body = [](std::string_view rest) {
    return order_body(fmt::format(R"("orderLinkId":"o-2"{})", rest));
  };
  EXPECT_EQ(code_of(desk.client.post("/v5/order/amend", body(R"(,"price":"39999.9")"))), 0);
  const json::value row = desk.client.get(kRealtime, "category=linear&orderLinkId=o-2");
  EXPECT_EQ(text_at(row, "/result/list/0/price"), "39999.9");
  EXPECT_EQ(text_at(row, "/result/list/0/orderStatus"), "New");
  EXPECT_EQ(code_of(desk.client.post("/v5/order/amend", body(""))), 10001);
  EXPECT_EQ(code_of(desk.client.post("/v5/order/cancel", body(""))), 0);
  EXPECT_EQ(code_of(desk.client.post("/v5/order/cancel", body(""))), 110001);
  const json::value past = desk.client.get("/v5/order/history", "category=linear");
  EXPECT_EQ(text_at(past, "/result/list/0/orderStatus"), "Cancelled");
  EXPECT_EQ(text_at(past, "/result/list/0/cancelType"), "CancelByUser");

  const json::value all =
      desk.client.post("/v5/order/cancel-all", R"({"category":"linear","settleCoin":"USDT"})");
  EXPECT_EQ(all.at_pointer("/result/list").as_array().size(), 4U);
  EXPECT_EQ(text_at(all, "/result/success"), "1");
  EXPECT_EQ(code_of(desk.client.post("/v5/order/cancel-all", R"({"category":"linear"})")), 10001);
}

TEST(PrivateRest, SaysWhatOfAnOrderIsWrong) {
  Desk desk;
  const auto refused = [&](const std::string& body) {
    const json::value answer = desk.client.post(kCreate, body);
    desk.bench.run(1s);  // Out of the rate's window.
    return fmt::format("{} {}", code_of(answer), text_at(answer, "/retMsg"));
  };
  EXPECT_EQ(refused("not json"), "10001 params error: the body is no JSON object");
  EXPECT_EQ(refused(limit_body("Up", "1", "1")), "10001 params error: side invalid");
  EXPECT_EQ(refused(R"({"category":"option","symbol":"BTCUSDT"})"),
            "10001 params error: Category is invalid");
  EXPECT_EQ(refused(R"({"category":"linear","symbol":"NOUSDT"})"), "10001 Not supported symbols");
  EXPECT_EQ(refused(order_body(R"("side":"Buy","orderType":"Limit","qty":0.01,"price":"1")")),
            "10001 params error: qty invalid");
  EXPECT_EQ(refused(order_body(R"("side":"Buy","orderType":"Limit","qty":"1e-2","price":"1")")),
            "10001 params error: qty invalid");
  EXPECT_EQ(refused(order_body(R"("side":"Buy","orderType":"Limit","qty":"0.01")")),
            "10001 params error: price invalid");
  EXPECT_EQ(refused(limit_body("Buy", "0.01", "40000", R"(,"positionIdx":1)")),
            "10001 position idx not match position mode");
  EXPECT_EQ(refused(limit_body("Buy", "0.01", "40000", R"(,"tpLimitPrice":"50000")")),
            "10001 params error: tpLimitPrice is not simulated");
  EXPECT_EQ(refused(limit_body("Buy", "0.01", "40000", R"(,"reduceOnly":true)")),
            "110017 Reduce-only rule not satisfied");
  EXPECT_EQ(refused(limit_body("Buy", "1000", "40000")), "110007 ab not enough for new order");
  EXPECT_EQ(refused(limit_body("Buy", "0.0001", "40000")).substr(0, 5), "10001");
  EXPECT_EQ(code_of(desk.client.get(kRealtime, "category=linear&limit=0&symbol=BTCUSDT")), 10001);
  EXPECT_EQ(code_of(desk.client.get(kRealtime, "category=linear")), 10001);
  EXPECT_EQ(code_of(desk.client.get("/v5/execution/list",
                                    "category=linear&startTime=1&endTime=700000000")),
            10001)
      << "more than seven days";
}

TEST(PrivateRest, AllowsSoManyRequestsInARollingSecond) {
  Desk desk;
  const std::string body = limit_body("Buy", "0.01", "40000");
  for (int left = 9; left >= 0; --left) {
    const HttpReply reply = desk.client.raw_post(kCreate, body);
    EXPECT_EQ(header_value(reply, "X-Bapi-Limit"), "10");
    EXPECT_EQ(header_value(reply, "X-Bapi-Limit-Status"), std::to_string(left));
  }
  const std::int64_t full_at = to_unix_ms(desk.bench->now());
  const HttpReply refused = desk.client.raw_post(kCreate, body);
  EXPECT_EQ(refused.status, 200);
  EXPECT_EQ(code_of(json::parse(refused.body)), 10006);
  EXPECT_EQ(header_value(refused, "X-Bapi-Limit-Status"), "0");
  EXPECT_EQ(header_value(refused, "X-Bapi-Limit-Reset-Timestamp"), std::to_string(full_at + 1000));
  // Another path has its own quota; so has the next second; the refused one had no effect.
  EXPECT_EQ(code_of(desk.client.get("/v5/account/info")), 0);
  desk.bench.run(1s);
  EXPECT_EQ(desk.client.get(kRealtime, "category=linear&symbol=BTCUSDT")
                .at_pointer("/result/list")
                .as_array()
                .size(),
            10U);
  EXPECT_EQ(code_of(desk.client.post(kCreate, body)), 0);
}

TEST(PrivateRest, RestingOrdersFillAsTheMarketMoves) {
  Desk desk;
  // Two ticks around the price of a market that swings by dozens: both fill within a few minutes.
  const json::value ticker = desk.bench.get("/v5/market/tickers?category=linear&symbol=BTCUSDT");
  const Price bid = Price::parse(text_at(ticker, "/result/list/0/bid1Price")).value();
  const Price ask = Price::parse(text_at(ticker, "/result/list/0/ask1Price")).value();
  ASSERT_EQ(code_of(desk.client.post(kCreate, limit_body("Buy", "0.01", bid.to_string(),
                                                         R"(,"timeInForce":"PostOnly")"))),
            0);
  ASSERT_EQ(code_of(desk.client.post(kCreate, limit_body("Sell", "0.01", ask.to_string(),
                                                         R"(,"timeInForce":"PostOnly")"))),
            0);
  desk.bench.run(10min);
  const json::value done = desk.client.get("/v5/execution/list", "category=linear&symbol=BTCUSDT");
  const json::array& rows = done.at_pointer("/result/list").as_array();
  ASSERT_GE(rows.size(), 2U);
  Quantity bought, sold;
  for (const json::value& row : rows) {
    EXPECT_TRUE(row.at("isMaker").as_bool());
    EXPECT_EQ(text_at(row, "/feeRate"), "0.0002");
    const bool buys = text_at(row, "/side") == "Buy";
    EXPECT_EQ(text_at(row, "/execPrice"), (buys ? bid : ask).to_string());
    (buys ? bought : sold) += Quantity::parse(text_at(row, "/execQty")).value();
  }
  EXPECT_EQ(bought, "0.01"_qty);
  EXPECT_EQ(sold, "0.01"_qty);
  const json::value wallet = desk.client.get("/v5/account/wallet-balance", "accountType=UNIFIED");
  EXPECT_EQ(text_at(wallet, "/result/list/0/totalPerpUPL"), "0");
}

TEST(PrivateRest, FundingIsAnExecutionOfItsOwn) {
  Desk desk;
  ASSERT_EQ(code_of(desk.client.post(kCreate, market_body("Sell", "1"))), 0);
  desk.bench.run(8h);
  const json::value rows =
      desk.client.get("/v5/execution/list", "category=linear&symbol=BTCUSDT&execType=Funding");
  ASSERT_EQ(rows.at_pointer("/result/list").as_array().size(), 1U) << rows;
  // The small market's rate at its first settlement is -0.00025: the short pays.
  const json::value row = rows.at_pointer("/result/list/0");
  EXPECT_EQ(text_at(row, "/execType"), "Funding");
  EXPECT_EQ(text_at(row, "/orderType"), "UNKNOWN");
  EXPECT_EQ(text_at(row, "/side"), "Sell");
  EXPECT_EQ(text_at(row, "/feeRate"), "0.00025");
  EXPECT_EQ(text_at(row, "/execTime"), std::to_string(to_unix_ms(kFirst + 8h)));
  EXPECT_EQ(text_at(row, "/orderId"),
            fmt::format("{}-BTCUSDT-1-Sell", to_unix_ms(kFirst + 8h) / 1000));
  const Price mark = Price::parse(text_at(row, "/markPrice")).value();
  EXPECT_EQ(text_at(row, "/execFee"),
            share(notional(mark, "1"_qty), 250'000, Rounding::Up).to_string());
}

TEST(PrivateRest, LeverageModeFeesAndTheAccount) {
  Desk desk;
  const auto leverage = [&](std::string_view buy, std::string_view sell) {
    return code_of(desk.client.post(
        "/v5/position/set-leverage",
        order_body(fmt::format(R"("buyLeverage":"{}","sellLeverage":"{}")", buy, sell))));
  };
  EXPECT_EQ(leverage("10", "10"), 110043);
  EXPECT_EQ(leverage("5", "5"), 0);
  EXPECT_EQ(leverage("5", "6"), 10001);
  EXPECT_EQ(leverage("101", "101"), 10001);
  const json::value flat = desk.client.get("/v5/position/list", "category=linear&symbol=BTCUSDT");
  EXPECT_EQ(text_at(flat, "/result/list/0/leverage"), "5");
  EXPECT_EQ(text_at(flat, "/result/list/0/side"), "");
  EXPECT_EQ(flat.at_pointer("/result/list/0/seq").as_int64(), -1);
  EXPECT_EQ(desk.client.get("/v5/position/list", "category=linear&settleCoin=USDT")
                .at_pointer("/result/list")
                .as_array()
                .size(),
            0U);
  const auto mode = [&](int number) {
    return code_of(desk.client.post("/v5/position/switch-mode",
                                    order_body(fmt::format(R"("mode":{})", number))));
  };
  EXPECT_EQ(mode(0), 110025);
  EXPECT_EQ(mode(3), 110029);
  const json::value fees =
      desk.client.get("/v5/account/fee-rate", "category=linear&symbol=BTCUSDT");
  EXPECT_EQ(text_at(fees, "/result/list/0/takerFeeRate"), "0.00055");
  EXPECT_EQ(text_at(fees, "/result/list/0/makerFeeRate"), "0.0002");
  EXPECT_EQ(text_at(desk.client.get("/v5/account/info"), "/result/marginMode"), "REGULAR_MARGIN");
  EXPECT_EQ(code_of(desk.client.get("/v5/account/wallet-balance", "accountType=SPOT")), 10001);
}

TEST(PrivateRest, AccountsThatCannotBeReadAreRefusedAtTheStart) {
  Bench bench;
  bench.settings.accounts = {"no-colon"};
  EXPECT_FALSE(SimExchange::create(bench.settings, bench.market, bench.io));
  bench.settings.accounts = {};
  const Client client{bench};
  EXPECT_EQ(code_of(client.get("/v5/user/query-api")), 10003) << "without accounts nobody is known";
}

}  // namespace
}  // namespace proteus::sim::private_test
