// Faults of signed requests, of lists and of private streams.
#include "private_desk.hpp"

namespace proteus::sim::private_test {
namespace {

TEST(PrivateFaults, AnOrderThatWasDoneMayBeAnswered10016OrNotAtAll) {
  FaultDesk desk;
  desk.order_fault(FaultKind::Order10016);
  EXPECT_EQ(code_of(json::parse(desk.buy("f-1").body)), 10016);
  EXPECT_EQ(desk.size_held(), "0.01");
  EXPECT_EQ(code_of(json::parse(desk.buy("f-1").body)), 110072) << "which proves that it arrived";
  desk.order_fault(FaultKind::OrderLost);
  EXPECT_TRUE(desk.buy("f-2").lost);
  EXPECT_EQ(desk.size_held(), "0.02");
  EXPECT_FALSE(desk.buy("f-3").lost) << "one was ordered";
  EXPECT_EQ(desk.bench->describe_faults(), "order_10016=1 order_lost=1");

  const ConnId trade = desk.bench.connect("/v5/trade");
  desk.log_in(trade);
  desk.order_fault(FaultKind::OrderLost);
  desk.bench->on_text(trade,
                      fmt::format(R"({{"reqId":"1","header":{{"X-BAPI-TIMESTAMP":"{}"}},)"
                                  R"("op":"order.create","args":[{}]}})",
                                  to_unix_ms(desk.bench->now()), market_order("Buy", "0.01")));
  EXPECT_EQ(desk.heard(trade), std::vector<std::string>{});
  EXPECT_EQ(desk.size_held(), "0.04");
}

TEST(PrivateFaults, StreamsMaySpeakBeforeTheAnswerAndInAnotherOrder) {
  FaultDesk desk;
  desk.order_fault(FaultKind::PrivateEarly);
  EXPECT_EQ(code_of(json::parse(desk.buy("e-1").body)), 0);
  const std::vector<std::string> usual{"execution", "order", "position", "wallet"};
  EXPECT_EQ(desk.topics_heard(desk.conn), usual) << "before the exchange was advanced";
  desk.order_fault(FaultKind::PrivateShuffle);
  desk.buy("e-2");
  desk.bench.run(0s);
  auto shuffled = desk.topics_heard(desk.conn);
  EXPECT_NE(shuffled, usual);
  std::ranges::sort(shuffled);
  EXPECT_EQ(shuffled, usual) << "all of them, which happen to be in the order of the alphabet";
  desk.buy("e-3");
  desk.bench.run(0s);
  EXPECT_EQ(desk.topics_heard(desk.conn), usual);
}

TEST(PrivateFaults, ListsMayForgetClosedOrders) {
  FaultDesk desk;
  desk.buy("c-1");
  const auto rows = [&](std::string_view path, std::string_view query) {
    return desk.client.get(path, query).at_pointer("/result/list").as_array().size();
  };
  EXPECT_EQ(rows("/v5/order/realtime", "category=linear&orderLinkId=c-1"), 1U);
  desk.order_fault(FaultKind::ForgetClosed);
  EXPECT_EQ(rows("/v5/order/realtime", "category=linear&orderLinkId=c-1"), 0U);
  EXPECT_EQ(rows("/v5/order/history", "category=linear&orderLinkId=c-1"), 1U);
  desk.buy("c-2");
  EXPECT_EQ(rows("/v5/order/realtime", "category=linear&symbol=BTCUSDT&openOnly=1"), 1U);
}

/// A desk that can also trade by websocket.
struct TradeDesk : FaultDesk {
  TradeDesk() {
    trade = bench.connect("/v5/trade");
    log_in(trade);
  }
  void send_order(std::string_view op, std::string_view order) {
    bench->on_text(trade, fmt::format(R"({{"reqId":"{}","header":{{"X-BAPI-TIMESTAMP":"{}"}},)"
                                      R"("op":"{}","args":[{}]}})",
                                      ++sent, to_unix_ms(bench->now()), op, order));
  }
  /// The code of the one answer; -1: none came.
  std::int64_t code_heard() {
    const auto answers = heard(trade);
    return answers.size() == 1 ? code_of(json::parse(answers[0])) : -1;
  }
  std::int64_t rest(std::string_view path, std::string_view body) {
    const HttpReply reply = client.raw_post(path, body);
    return reply.status == 200 ? code_of(json::parse(reply.body)) : reply.status;
  }
  ConnId trade = 0;
  int sent = 0;
};

std::string resting(std::string_view link_id, std::string_view price = "40000") {
  return linear_body(fmt::format(
      R"("side":"Buy","orderType":"Limit","qty":"0.01","price":"{}","orderLinkId":"{}")", price,
      link_id));
}
std::string named(std::string_view link_id) {
  return linear_body(fmt::format(R"("orderLinkId":"{}")", link_id));
}

TEST(PrivateFaults, AnOrderMayNeverArrive) {
  TradeDesk desk;
  desk.order_fault(FaultKind::OrderNever);
  EXPECT_TRUE(desk.buy("n-1").lost);
  EXPECT_EQ(desk.size_held(), "0");
  EXPECT_EQ(code_of(json::parse(desk.buy("n-1").body)), 0) << "the id was never used";
  desk.order_fault(FaultKind::OrderNever);
  desk.send_order("order.create", resting("n-2"));
  EXPECT_EQ(desk.code_heard(), -1);
  EXPECT_EQ(desk.rest("/v5/order/cancel", named("n-2")), 110001);
  desk.order_fault(FaultKind::OrderNever);
  desk.send_order("order.create", resting("n-3"));
  desk.send_order("order.create", resting("n-3"));
  EXPECT_EQ(desk.code_heard(), 0) << "the second of them";
}

TEST(PrivateFaults, SignedRequestsAreRefusedAsOrdered) {
  TradeDesk desk;
  for (const auto& [kind, code] : {std::pair{FaultKind::Signed10002, 10002},
                                   {FaultKind::Signed10006, 10006},
                                   {FaultKind::Signed10016, 10016}}) {
    ASSERT_TRUE(desk.bench->inject({kind, std::nullopt, 2}));
    EXPECT_EQ(code_of(desk.client.get("/v5/account/info")), code);
    desk.send_order("order.create", resting("r-1"));
    EXPECT_EQ(desk.code_heard(), code);
    EXPECT_EQ(code_of(desk.client.get("/v5/account/info")), 0);
  }
  EXPECT_EQ(desk.rest("/v5/order/cancel", named("r-1")), 110001) << "nothing of them was done";
  EXPECT_EQ(desk.rest("/v5/order/create", resting("r-1")), 0);
  desk.order_fault(FaultKind::Signed403);
  desk.send_order("order.cancel", named("r-1"));
  EXPECT_EQ(desk.code_heard(), 0) << "no HTTP";
  const HttpReply barred = desk.client.raw_get("/v5/account/info", "");
  EXPECT_EQ(barred.status, 403);
  EXPECT_EQ(barred.body, "access too frequent");
}

TEST(PrivateFaults, ARequestMayComeTwice) {
  TradeDesk desk;
  desk.order_fault(FaultKind::Create110072);
  EXPECT_EQ(desk.rest("/v5/order/cancel", named("d-1")), 110001);
  EXPECT_EQ(code_of(desk.client.post("/v5/order/create", market_order("Buy", "0.01"))), 0)
      << "it has no id that could be repeated";
  EXPECT_EQ(desk.rest("/v5/order/create", resting("d-1")), 110072);
  EXPECT_EQ(desk.rest("/v5/order/cancel", named("d-1")), 0) << "which proves that it exists";
}

TEST(PrivateFaults, ACancelMayComeTooLate) {
  TradeDesk desk;
  desk.bench->on_text(desk.conn, R"({"op":"unsubscribe","args":["position","wallet"]})");
  ASSERT_EQ(code_of(json::parse(desk.buy("c-1").body)), 0);
  desk.bench.run(0s);
  desk.heard(desk.conn);
  // An order that has filled: accepted, and told as filled a second time.
  desk.order_fault(FaultKind::CancelRace);
  EXPECT_EQ(desk.rest("/v5/order/cancel", named("c-1")), 0);
  EXPECT_EQ(desk.rest("/v5/order/cancel", named("c-1")), 110001);
  desk.bench.run(0s);
  const auto rows = desk.heard(desk.conn);
  ASSERT_EQ(rows.size(), 1U);
  const json::value row = json::parse(rows[0]).at("data").at(0);
  EXPECT_EQ(text_at(row, "/orderStatus"), "Filled");
  EXPECT_EQ(text_at(row, "/cancelType"), "CancelByUser");
  EXPECT_EQ(text_at(row, "/rejectReason"), "EC_OrigClOrdIDDoesNotExist");
  // An order that rests goes with the next push, unless it fills first.
  ASSERT_EQ(desk.rest("/v5/order/create", resting("c-2")), 0);
  desk.order_fault(FaultKind::CancelRace);
  EXPECT_EQ(desk.rest("/v5/order/cancel", named("c-2")), 0);
  const auto status = [&] {
    return text_at(desk.client.get("/v5/order/realtime", "category=linear&orderLinkId=c-2"),
                   "/result/list/0/orderStatus");
  };
  EXPECT_EQ(status(), "New");
  desk.bench.run(1s);
  EXPECT_EQ(status(), "Cancelled");
}

TEST(PrivateCore, AnOrderThatFillsBeforeALateCancelIsToldTwice) {
  CoreBench bench;
  const OrderIds ids = bench.submit(CoreBench::limit(Side::Buy, "0.5", "36400"));
  const OrderIds part = bench.submit(CoreBench::limit(Side::Buy, "2", "36300"));
  ASSERT_TRUE(bench.core->cancel(0, {{}, ids.id, ""}, bench.now, true));
  ASSERT_TRUE(bench.core->cancel(0, {{}, part.id, ""}, bench.now, true));
  bench.core->take_changes(0);
  bench.view.trade("36350"_px, 1000, false);
  bench.view.trade("36299"_px, 700, false);
  bench.move();
  const Changes told = bench.core->take_changes(0);
  ASSERT_EQ(told.orders.size(), 3U);
  EXPECT_EQ(told.orders[0].status, OrderStatus::Filled);
  EXPECT_EQ(told.orders[0].cancel_type, "UNKNOWN");
  EXPECT_EQ(told.orders[1].status, OrderStatus::Filled);
  EXPECT_EQ(told.orders[1].id, ids.id);
  EXPECT_EQ(told.orders[1].reject_reason, "EC_OrigClOrdIDDoesNotExist");
  EXPECT_EQ(told.orders[2].status, OrderStatus::Cancelled);
  EXPECT_EQ(told.orders[2].filled, "0.7"_qty);
  EXPECT_EQ(bench.account().position({}), "1.2"_qty);
}

TEST(PrivateFaults, ListsMayLagBehindTheStreams) {
  TradeDesk desk;
  const auto shown = [&](std::string_view path, std::string_view link_id) {
    const json::value list =
        desk.client.get(path, fmt::format("category=linear&orderLinkId={}", link_id));
    return list.at_pointer("/result/list").as_array();
  };
  desk.order_fault(FaultKind::RestLag);
  desk.buy("l-1");
  desk.buy("l-2");
  EXPECT_EQ(shown("/v5/order/realtime", "l-1").size(), 0U);
  EXPECT_EQ(shown("/v5/order/history", "l-1").size(), 0U);
  EXPECT_EQ(shown("/v5/execution/list", "l-1").size(), 0U);
  EXPECT_EQ(shown("/v5/order/history", "l-2").size(), 1U) << "one was ordered";
  EXPECT_EQ(desk.size_held(), "0.02");
  desk.bench.run(3s);
  EXPECT_EQ(shown("/v5/order/realtime", "l-1").size(), 1U);
  EXPECT_EQ(shown("/v5/execution/list", "l-1").size(), 1U);
  // Three seconds on, a cancelled order still stands there as open.
  desk.order_fault(FaultKind::RestLag);
  ASSERT_EQ(desk.rest("/v5/order/create", resting("l-3")), 0);
  desk.bench.run(4s);
  ASSERT_EQ(desk.rest("/v5/order/cancel", named("l-3")), 0);
  desk.bench.run(2s);
  EXPECT_EQ(text_at(shown("/v5/order/realtime", "l-3").at(0), "/orderStatus"), "New");
  EXPECT_EQ(shown("/v5/order/history", "l-3").size(), 0U);
  desk.bench.run(1s);
  EXPECT_EQ(text_at(shown("/v5/order/realtime", "l-3").at(0), "/orderStatus"), "Cancelled");
  EXPECT_EQ(shown("/v5/order/history", "l-3").size(), 1U);
}

TEST(PrivateFaults, AFrameOfExecutionsMayBeLost) {
  FaultDesk desk;
  ASSERT_TRUE(desk.bench->inject({FaultKind::OmitExecution, desk.conn}));
  desk.buy("x-1");
  desk.bench.run(0s);
  EXPECT_EQ(desk.topics_heard(desk.conn),
            (std::vector<std::string>{"order", "position", "wallet"}));
  EXPECT_EQ(desk.client.get("/v5/execution/list", "category=linear&orderLinkId=x-1")
                .at_pointer("/result/list")
                .as_array()
                .size(),
            1U);
  desk.buy("x-2");
  desk.bench.run(0s);
  EXPECT_EQ(desk.topics_heard(desk.conn).size(), 4U);
}

TEST(PrivateFaults, AStreamMayFallSilentAndAnswerPings) {
  FaultDesk desk;
  ASSERT_TRUE(desk.bench->inject({FaultKind::Silent, desk.conn}));
  desk.buy("s-1");
  desk.bench.run(0s);
  EXPECT_TRUE(desk.heard(desk.conn).empty());
  EXPECT_NE(desk.say(desk.conn, R"({"op":"ping"})").find("\"op\":\"pong\""), std::string::npos);
  const ConnId fresh = desk.bench.connect("/v5/private");
  desk.log_in(fresh);
  desk.say(fresh, R"({"op":"subscribe","args":["order"]})");
  desk.buy("s-2");
  desk.bench.run(0s);
  EXPECT_EQ(desk.topics_heard(fresh), std::vector<std::string>{"order"});
  EXPECT_TRUE(desk.heard(desk.conn).empty());
  EXPECT_EQ(desk.bench->describe_faults(), "silent=1");
}

TEST(PrivateFaults, PrivateFramesComeTwiceOrInAnotherOrder) {
  FaultDesk desk;
  ASSERT_TRUE(desk.bench->inject({FaultKind::Reorder, desk.conn}));
  desk.buy("d-1");
  desk.bench.run(0s);
  EXPECT_EQ(desk.topics_heard(desk.conn),
            (std::vector<std::string>{"order", "execution", "position", "wallet"}));
  ASSERT_TRUE(desk.bench->inject({FaultKind::Duplicate, desk.conn, 2}));
  desk.buy("d-2");
  desk.bench.run(0s);
  EXPECT_EQ(
      desk.topics_heard(desk.conn),
      (std::vector<std::string>{"execution", "execution", "order", "order", "position", "wallet"}));
}

TEST(PrivateFaults, AnswersByWebsocketMayBeSlowerThanTheStream) {
  TradeDesk desk;
  desk.order_fault(FaultKind::TradeDelay);
  desk.send_order("order.create", market_order("Buy", "0.01"));
  desk.bench.run(0s);
  EXPECT_EQ(desk.topics_heard(desk.conn).size(), 4U);
  EXPECT_EQ(desk.code_heard(), -1);
  desk.bench.run(740ms);
  EXPECT_EQ(desk.code_heard(), -1);
  desk.bench.run(20ms);
  EXPECT_EQ(desk.code_heard(), 0) << "750 ms, as http_delay says";
  // By REST the answer is held back by the server.
  ASSERT_TRUE(desk.bench->inject({FaultKind::HttpDelay}));
  EXPECT_EQ(desk.buy("t-2").delay, 750ms);
}

TEST(PrivateFaults, MaintenanceCutsAllAndRefusesWhatIsSigned) {
  TradeDesk desk;
  FaultOrder order{FaultKind::Maintenance};
  order.value = 5;
  ASSERT_TRUE(desk.bench->inject(order));
  EXPECT_EQ(desk.bench.io.dropped, (std::vector<ConnId>{desk.conn, desk.trade}));
  EXPECT_EQ(desk.bench->on_connect(77, "/v5/private"), 503);
  std::set<std::int64_t> codes;
  for (int i = 0; i < 20; ++i) codes.insert(desk.rest("/v5/order/create", resting("m-1")));
  EXPECT_EQ(codes, (std::set<std::int64_t>{503, 10016}));
  desk.trade = desk.bench.connect("/v5/trade");
  desk.log_in(desk.trade);
  desk.send_order("order.create", resting("m-1"));
  EXPECT_EQ(desk.code_heard(), 10019);
  EXPECT_EQ(code_of(desk.bench.get("/v5/market/time")), 0) << "the public half goes on";
  desk.bench.run(5s);
  EXPECT_EQ(desk.bench->on_connect(78, "/v5/private"), 101);
  EXPECT_EQ(desk.rest("/v5/order/create", resting("m-1")), 0) << "no earlier one had come";
  EXPECT_EQ(desk.bench->describe_faults(), "maintenance=1");
}

TEST(OtherDevice, SeesTheAccountOfOneMomentWithoutFaults) {
  FaultDesk desk;
  desk.buy("see-1");
  ASSERT_EQ(code_of(desk.client.post("/v5/order/create", resting("see-2"))), 0);
  ASSERT_TRUE(desk.bench->inject({FaultKind::Signed10016, std::nullopt, 100}));
  ASSERT_TRUE(desk.bench->inject({FaultKind::Maintenance}));
  const json::value seen = json::parse(desk.bench->on_http("GET", "/sim/account?key=simkey").body);
  EXPECT_EQ(seen.at("now").as_int64(), to_unix_ms(desk.bench->now()));
  EXPECT_EQ(text_at(seen, "/positions/0/size"), "0.01");
  EXPECT_EQ(text_at(seen, "/orders/0/orderLinkId"), "see-2");
  EXPECT_EQ(seen.at("orders").as_array().size(), 1U);
  const Money wallet = Money::parse(text_at(seen, "/wallet/coin/0/walletBalance")).value();
  EXPECT_LT(wallet, "100000"_usdt);
  EXPECT_EQ(desk.bench->on_http("GET", "/sim/account?key=nobody").status, 400);
}

TEST(OtherDevice, TradesAndChangesLeverageAndMode) {
  FaultDesk desk;
  const auto act = [&](const std::string& target) {
    const HttpReply reply = desk.bench->on_http("POST", target);
    desk.bench.run(0s);
    return std::pair{reply.status, json::parse(reply.body)};
  };
  const std::string btc = "?key=simkey&symbol=BTCUSDT";
  EXPECT_EQ(act("/sim/leverage" + btc + "&leverage=3").first, 200);
  const auto position = [&] {
    return desk.client.get("/v5/position/list", "category=linear&symbol=BTCUSDT");
  };
  EXPECT_EQ(text_at(position(), "/result/list/0/leverage"), "3");
  EXPECT_EQ(desk.topics_heard(desk.conn), (std::vector<std::string>{"position", "wallet"}));

  EXPECT_EQ(act("/sim/position-mode" + btc + "&mode=3").first, 200);
  EXPECT_EQ(position().at_pointer("/result/list").as_array().size(), 2U);
  EXPECT_EQ(position().at_pointer("/result/list/1/positionIdx").as_int64(), 2);
  const json::value refused = json::parse(desk.buy("o-1").body);
  EXPECT_EQ(code_of(refused), 10001);
  EXPECT_EQ(text_at(refused, "/retMsg"), "position idx not match position mode");
  EXPECT_EQ(code_of(desk.client.post("/v5/position/switch-mode", linear_body(R"("mode":0)"))), 0);
  EXPECT_EQ(code_of(desk.client.post("/v5/position/switch-mode", linear_body(R"("mode":0)"))),
            110025);
  desk.heard(desk.conn);

  const auto [status, ids] = act("/sim/trade" + btc + "&side=Sell&qty=0.02&link=by-hand");
  EXPECT_EQ(status, 200);
  EXPECT_EQ(text_at(ids, "/orderLinkId"), "by-hand");
  EXPECT_EQ(desk.topics_heard(desk.conn),
            (std::vector<std::string>{"execution", "order", "position", "wallet"}));
  EXPECT_EQ(text_at(position(), "/result/list/0/side"), "Sell");
  EXPECT_EQ(desk.size_held(), "0.02");
  EXPECT_EQ(act("/sim/position-mode" + btc + "&mode=3").second.at("code").as_int64(), 110024);
  EXPECT_EQ(act("/sim/trade?key=nobody&symbol=BTCUSDT&side=Sell&qty=1").first, 400);
  EXPECT_EQ(act("/sim/trade" + btc + "&side=Sell&qty=0").first, 400);
}

}  // namespace
}  // namespace proteus::sim::private_test
