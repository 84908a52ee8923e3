// The private websockets: login, topics, the order of frames, and orders by /v5/trade.
#include "private_desk.hpp"

namespace proteus::sim::private_test {
namespace {

using namespace std::string_literals;

TEST(PrivateStream, LogsInWithTheVenuesWords) {
  StreamDesk desk;
  EXPECT_EQ(desk.say(desk.conn, R"({"req_id":"7","op":"subscribe","args":["order"]})"),
            R"({"success":false,"ret_msg":"Request not authorized","op":"subscribe",)"
            R"("conn_id":"sim-1","req_id":"7"})");
  const std::string no =
      R"({"success":false,"ret_msg":"Params Error","op":"auth","conn_id":"sim-1"})";
  EXPECT_EQ(desk.say(desk.conn, desk.auth(10'000, "simkey", "wrong")), no);
  EXPECT_EQ(desk.say(desk.conn, desk.auth(10'000, "nobody", "simsecret")), no);
  EXPECT_EQ(desk.say(desk.conn, desk.auth(0, "simkey", "simsecret")), no) << "it has expired";
  EXPECT_EQ(desk.say(desk.conn, R"({"op":"auth"})"), no);
  EXPECT_EQ(desk.say(desk.conn, desk.auth(1000, "simkey", "simsecret")),
            R"({"success":true,"ret_msg":"","op":"auth","conn_id":"sim-1"})");
  const std::string pong = desk.say(desk.conn, R"({"req_id":"7","op":"ping"})");
  EXPECT_EQ(pong, fmt::format(R"({{"req_id":"7","op":"pong","args":["{}"],"conn_id":"sim-1"}})",
                              to_unix_ms(desk.bench->now())));
}

TEST(PrivateStream, TakesItsOwnTopicsAlone) {
  StreamDesk desk;
  desk.log_in(desk.conn);
  const auto subscribe = [&](std::string_view topics) {
    return text_at(json::parse(desk.say(
                       desk.conn, fmt::format(R"({{"op":"subscribe","args":[{}]}})", topics))),
                   "/ret_msg");
  };
  EXPECT_EQ(subscribe(R"("order","tickers.BTCUSDT")"),
            "error:handler not found,topic:tickers.BTCUSDT");
  EXPECT_EQ(subscribe(R"("position.spot")"), "error:handler not found,topic:position.spot");
  EXPECT_EQ(subscribe(R"("dcp.future")"), "error:handler not found,topic:dcp.future");
  EXPECT_EQ(subscribe(R"("order","order.linear")"),
            "error:all-in-one and categorised topic in one request,topic:order.linear");
  EXPECT_EQ(subscribe(R"("order","wallet")"), "") << "the refused requests left nothing behind";
  EXPECT_EQ(subscribe(R"("order")"), "error:already subscribed,topic:order");
  const std::string off = desk.say(desk.conn, R"({"op":"unsubscribe","args":["order"]})");
  EXPECT_EQ(text_at(json::parse(off), "/ret_msg"), "");
  EXPECT_EQ(subscribe(R"("order")"), "");
}

TEST(PrivateStream, TellsExecutionOrderPositionWalletAfterTheAnswer) {
  StreamDesk desk;
  desk.log_in(desk.conn);
  desk.say(desk.conn, R"({"op":"subscribe","args":["wallet","position","order","execution"]})");
  const json::value made = desk.client.post("/v5/order/create", market_order("Buy", "0.01"));
  ASSERT_EQ(code_of(made), 0);
  EXPECT_TRUE(desk.heard(desk.conn).empty()) << "the answer comes first";
  desk.bench.run(0s);
  const auto frames = desk.heard(desk.conn);
  ASSERT_EQ(frames.size(), 4U);
  const json::value execution = json::parse(frames[0]);
  const json::value order = json::parse(frames[1]);
  const json::value position = json::parse(frames[2]);
  const json::value wallet = json::parse(frames[3]);
  EXPECT_EQ(text_at(execution, "/topic"), "execution");
  EXPECT_EQ(text_at(execution, "/data/0/orderId"), text_at(made, "/result/orderId"));
  EXPECT_EQ(text_at(execution, "/data/0/execType"), "Trade");
  EXPECT_EQ(text_at(execution, "/data/0/feeRate"), "0.00055");
  EXPECT_EQ(text_at(order, "/topic"), "order");
  EXPECT_EQ(text_at(order, "/data/0/orderStatus"), "Filled");
  EXPECT_EQ(text_at(order, "/data/0/leavesQty"), "0");
  EXPECT_EQ(text_at(order, "/data/0/cumExecFee"), text_at(execution, "/data/0/execFee"));
  EXPECT_EQ(text_at(position, "/topic"), "position");
  EXPECT_EQ(text_at(position, "/data/0/size"), "0.01");
  EXPECT_EQ(text_at(position, "/data/0/entryPrice"), text_at(execution, "/data/0/execPrice"));
  EXPECT_EQ(text_at(wallet, "/topic"), "wallet");
  EXPECT_EQ(text_at(wallet, "/data/0/coin/0/walletBalance"),
            text_at(desk.client.get("/v5/account/wallet-balance", "accountType=UNIFIED"),
                    "/result/list/0/coin/0/walletBalance"));
  for (const std::string& text : frames) {
    EXPECT_EQ(json::parse(text).at("creationTime").as_int64(), to_unix_ms(desk.bench->now()));
    EXPECT_EQ(text.find(": "), std::string::npos) << "compact";
  }
  // The market moves, and nothing of the account's does: silence.
  desk.bench.run(5s);
  EXPECT_TRUE(desk.heard(desk.conn).empty());
}

TEST(PrivateStream, ARestingOrdersWholeLifeIsTold) {
  StreamDesk desk;
  desk.log_in(desk.conn);
  desk.say(desk.conn, R"({"op":"subscribe","args":["order.linear","order.spot"]})");
  const std::string named = R"("orderLinkId":"life")";
  ASSERT_EQ(code_of(desk.client.post(
                "/v5/order/create",
                linear_body(R"("side":"Buy","orderType":"Limit","qty":"0.01","price":"40000",)" +
                            named))),
            0);
  desk.bench.run(0s);
  ASSERT_EQ(code_of(desk.client.post("/v5/order/amend", linear_body(named + R"(,"qty":"0.02")"))),
            0);
  desk.bench.run(0s);
  ASSERT_EQ(code_of(desk.client.post("/v5/order/cancel", linear_body(named))), 0);
  desk.bench.run(0s);
  const auto frames = desk.heard(desk.conn);
  ASSERT_EQ(frames.size(), 3U) << "spot hears nothing";
  const auto row = [&](std::size_t i, const char* key) {
    return text_at(json::parse(frames[i]), "/data/0/"s + key);
  };
  EXPECT_EQ(text_at(json::parse(frames[0]), "/topic"), "order.linear");
  EXPECT_EQ(row(0, "orderStatus"), "New");
  EXPECT_EQ(row(0, "avgPrice"), "");
  EXPECT_EQ(row(1, "orderStatus"), "New") << "an amend has no status of its own";
  EXPECT_EQ(row(1, "qty"), "0.02");
  EXPECT_EQ(row(2, "orderStatus"), "Cancelled");
  EXPECT_EQ(row(2, "cancelType"), "CancelByUser");
  EXPECT_EQ(row(2, "leavesQty"), "0");
}

TEST(PrivateStream, EachAccountHearsItsOwn) {
  SimSettings settings;
  settings.accounts = {"one:s1:1000", "two:s2:1000"};
  Bench bench{settings, 60};
  bench.run(3s);
  const ConnId first = bench.connect("/v5/private"), second = bench.connect("/v5/private");
  for (const auto& [conn, key, secret] : {std::tuple{first, "one", "s1"}, {second, "two", "s2"}}) {
    const std::string expires = std::to_string(to_unix_ms(bench->now()) + 10'000);
    bench->on_text(conn, fmt::format(R"({{"op":"auth","args":["{}","{}","{}"]}})", key, expires,
                                     hmac_sha256_hex(secret, "GET/realtime" + expires)));
    bench->on_text(conn, R"({"op":"subscribe","args":["order"]})");
  }
  Client two{bench};
  two.key = "two";
  two.secret = "s2";
  ASSERT_EQ(code_of(two.post("/v5/order/create", market_order("Sell", "0.01"))), 0);
  bench.run(0s);
  EXPECT_EQ(bench.io.frames(first, "order").size(), 0U);
  EXPECT_EQ(bench.io.frames(second, "order").size(), 1U);
}

TEST(PrivateStream, FaultsStrikePrivateFramesToo) {
  StreamDesk desk;
  desk.log_in(desk.conn);
  desk.say(desk.conn, R"({"op":"subscribe","args":["execution"]})");
  ASSERT_TRUE(desk.bench->inject({FaultKind::Duplicate, desk.conn}));
  ASSERT_EQ(code_of(desk.client.post("/v5/order/create", market_order("Buy", "0.01"))), 0);
  desk.bench.run(0s);
  const auto frames = desk.heard(desk.conn);
  ASSERT_EQ(frames.size(), 2U);
  EXPECT_EQ(frames[0], frames[1]) << "one execution, told twice";
}

TEST(PrivateStream, PacedTimeWaitsForAPrivateReader) {
  SimSettings settings;
  settings.paced = true;
  Bench bench{settings, 60};
  const ConnId conn = bench.connect("/v5/private");
  bench.run(1s);
  const Timestamp before = bench->now();
  EXPECT_TRUE(bench.io.pings.empty()) << "no reader yet";
  const std::string expires = std::to_string(to_unix_ms(before) + 1);
  bench->on_text(conn, fmt::format(R"({{"op":"auth","args":["simkey",{},"{}"]}})", expires,
                                   hmac_sha256_hex("simsecret", "GET/realtime" + expires)));
  bench->on_text(conn, R"({"op":"subscribe","args":["order"]})");
  bench.run(1s);
  EXPECT_GT(bench->now(), before);
  const Timestamp first = bench->now();
  bench.run(1s);
  EXPECT_EQ(bench->now(), first) << "its pong is missing";
  bench->on_pong(conn, bench.io.pings[conn]);
  bench.run(1s);
  EXPECT_GT(bench->now(), first);
}

TEST(TradeStream, TakesOrdersUnderTheRulesOfRest) {
  StreamDesk desk;
  const ConnId trade = desk.bench.connect("/v5/trade");
  const auto message = [&](std::string_view req_id, std::string_view op, std::string_view order,
                           std::int64_t ahead = 0) {
    return fmt::format(
        R"({{"reqId":"{}","header":{{"X-BAPI-TIMESTAMP":"{}"}},"op":"{}","args":[{}]}})", req_id,
        to_unix_ms(desk.bench->now()) + ahead, op, order);
  };
  const auto code = [&](const std::string& text) {
    return code_of(json::parse(desk.say(trade, text)));
  };
  EXPECT_EQ(code(message("r-0", "order.create", market_order("Buy", "0.01"))), 10007);
  EXPECT_EQ(code(desk.auth(10'000, "simkey", "wrong")), 10004);
  EXPECT_EQ(desk.say(trade, desk.auth(10'000, "simkey", "simsecret")),
            R"({"retCode":0,"retMsg":"OK","op":"auth","connId":"sim-2"})");
  EXPECT_EQ(code(desk.auth(10'000, "simkey", "simsecret")), 20001);

  const std::string order = linear_body(
      R"("side":"Buy","orderType":"Limit","qty":"0.01","price":"40000","orderLinkId":"w-1")");
  const json::value made = json::parse(desk.say(trade, message("r-1", "order.create", order)));
  EXPECT_EQ(code_of(made), 0) << made;
  EXPECT_EQ(text_at(made, "/reqId"), "r-1");
  EXPECT_EQ(text_at(made, "/op"), "order.create");
  EXPECT_EQ(text_at(made, "/data/orderLinkId"), "w-1");
  EXPECT_EQ(text_at(made, "/header/X-Bapi-Limit-Status"), "9");
  EXPECT_EQ(text_at(made, "/connId"), "sim-2");
  EXPECT_EQ(code(message("r-1", "order.create", order)), 20006) << "the same reqId";
  EXPECT_EQ(code(message("r-2", "order.create", order)), 110072) << "the same orderLinkId";
  EXPECT_EQ(code(message("r-3", "order.flip", order)), 10404);
  EXPECT_EQ(code(message("r-4", "order.cancel", order, -6000)), 10002);
  const std::string named = linear_body(R"("orderLinkId":"w-1")");
  EXPECT_EQ(code(message("r-5", "order.amend", linear_body(R"("orderLinkId":"w-1","qty":"0.02")"))),
            0);
  EXPECT_EQ(code(message("r-6", "order.cancel", named)), 0);
  EXPECT_EQ(code(message("r-7", "order.cancel", named)), 110001);
  EXPECT_EQ(
      desk.say(trade, R"({"op":"ping"})"),
      fmt::format(R"({{"retCode":0,"retMsg":"OK","op":"pong","data":["{}"],"connId":"sim-2"}})",
                  to_unix_ms(desk.bench->now())));
  EXPECT_EQ(text_at(desk.client.get("/v5/order/history", "category=linear&orderLinkId=w-1"),
                    "/result/list/0/orderStatus"),
            "Cancelled");
}

}  // namespace
}  // namespace proteus::sim::private_test
