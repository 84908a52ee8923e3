// Batches, pre-check, execution.fast, self-match prevention and the transaction log: sections 4.2,
// 7.3, 10.5, 10.10, 12.6 and 12.7 of the reference.
#include "connectors/sim/private/rows.hpp"
#include "private_desk.hpp"

namespace proteus::sim::private_test {
namespace {

std::string row(std::string_view link_id, std::string_view quantity = "0.001") {
  return fmt::format(R"({{"symbol":"BTCUSDT","side":"Buy","orderType":"Limit","qty":"{}",)"
                     R"("price":"40000","orderLinkId":"{}"}})",
                     quantity, link_id);
}
std::string batch_of(const std::vector<std::string>& rows) {
  std::string list;
  for (const std::string& one : rows) list += (list.empty() ? "" : ",") + one;
  return fmt::format(R"({{"category":"linear","request":[{}]}})", list);
}
std::vector<std::int64_t> codes_of(const json::value& answer) {
  std::vector<std::int64_t> codes;
  for (const json::value& one : answer.at_pointer("/retExtInfo/list").as_array())
    codes.push_back(one.at("code").as_int64());
  return codes;
}
using Codes = std::vector<std::int64_t>;

TEST(Batch, EveryRowHasItsOwnCode) {
  FaultDesk desk;
  const json::value made =
      desk.client.post("/v5/order/create-batch",
                       batch_of({row("b-1"), row("b-1"), row("b-2", "0.0001"), row("b-3")}));
  EXPECT_EQ(code_of(made), 0);
  EXPECT_EQ(codes_of(made), (Codes{0, 110072, 10001, 0}));
  EXPECT_EQ(text_at(made, "/retExtInfo/list/0/msg"), "OK");
  EXPECT_EQ(text_at(made, "/result/list/0/orderLinkId"), "b-1");
  EXPECT_EQ(text_at(made, "/result/list/0/symbol"), "BTCUSDT");
  EXPECT_EQ(text_at(made, "/result/list/0/createAt"),
            std::to_string(to_unix_ms(desk.bench->now())));
  EXPECT_EQ(text_at(made, "/result/list/1/orderId"), "");
  EXPECT_EQ(text_at(made, "/result/list/1/createAt"), "");
  const json::value changed =
      desk.client.post("/v5/order/amend-batch",
                       batch_of({R"({"symbol":"BTCUSDT","orderLinkId":"b-1","qty":"0.002"})",
                                 R"({"symbol":"BTCUSDT","orderLinkId":"nobody","qty":"0.002"})"}));
  EXPECT_EQ(codes_of(changed), (Codes{0, 110001}));
  const json::value gone = desk.client.post(
      "/v5/order/cancel-batch", batch_of({R"({"symbol":"BTCUSDT","orderLinkId":"b-3"})",
                                          R"({"symbol":"BTCUSDT","orderLinkId":"b-1"})"}));
  EXPECT_EQ(codes_of(gone), (Codes{0, 0}));
  EXPECT_EQ(text_at(gone, "/result/list/1/orderId"), text_at(made, "/result/list/0/orderId"));
  EXPECT_EQ(code_of(desk.client.post("/v5/order/cancel-batch", batch_of({}))), 10001);
}

TEST(Batch, OfNOrdersCostsNOfAQuotaOfItsOwn) {
  FaultDesk desk;
  const auto rows = [](int from, int count) {
    std::vector<std::string> all;
    for (int i = 0; i < count; ++i) all.push_back(row(fmt::format("q-{}", from + i)));
    return batch_of(all);
  };
  EXPECT_EQ(codes_of(desk.client.post("/v5/order/create-batch", rows(0, 5))), Codes(5, 0));
  // Section 4.2: five are left and eight come.
  Codes expected(5, 0);
  expected.insert(expected.end(), 3, 10006);
  EXPECT_EQ(codes_of(desk.client.post("/v5/order/create-batch", rows(5, 8))), expected);
  EXPECT_EQ(code_of(json::parse(desk.buy("single").body)), 0) << "single orders have another quota";
}

TEST(Batch, ByWebsocketFromTheSameQuota) {
  FaultDesk desk;
  const ConnId trade = desk.bench.connect("/v5/trade");
  desk.log_in(trade);
  const json::value answer = json::parse(desk.say(
      trade, fmt::format(R"({{"reqId":"w-1","header":{{"X-BAPI-TIMESTAMP":"{}"}},)"
                         R"("op":"order.create-batch","args":[{}]}})",
                         to_unix_ms(desk.bench->now()), batch_of({row("w-1"), row("w-1")}))));
  EXPECT_EQ(code_of(answer), 0);
  EXPECT_EQ(codes_of(answer), (Codes{0, 110072}));
  EXPECT_EQ(text_at(answer, "/data/list/0/orderLinkId"), "w-1");
  EXPECT_EQ(text_at(answer, "/header/X-Bapi-Limit-Status"), "8");
  const HttpReply reply = desk.client.raw_post("/v5/order/create-batch", batch_of({row("w-2")}));
  EXPECT_EQ(reply.headers[1].second, "7");
}

TEST(PreCheck, TellsMarginInTenThousandthsAndPlacesNothing) {
  FaultDesk desk;
  // 10 000 of 100 000 USDT at 10x.
  const json::value seen = desk.client.post(
      "/v5/order/pre-check",
      linear_body(R"("side":"Buy","orderType":"Limit","qty":"2.5","price":"40000")"));
  ASSERT_EQ(code_of(seen), 0) << seen;
  EXPECT_EQ(seen.at_pointer("/result/preImrE4").as_int64(), 0);
  EXPECT_EQ(seen.at_pointer("/result/postImrE4").as_int64(), 1000);
  EXPECT_EQ(seen.at_pointer("/result/postMmrE4").as_int64(), 50);
  EXPECT_EQ(code_of(desk.client.post(
                "/v5/order/pre-check",
                linear_body(R"("side":"Buy","orderType":"Limit","qty":"100","price":"40000")"))),
            110007);
  EXPECT_EQ(desk.client.get("/v5/order/realtime", "category=linear&symbol=BTCUSDT")
                .at_pointer("/result/list")
                .as_array()
                .size(),
            0U);
}

TEST(PrivateStream, ExecutionFastHasFewerFieldsAndNoLinkIdOfMakers) {
  StreamDesk desk;
  desk.log_in(desk.conn);
  desk.say(desk.conn, R"({"op":"subscribe","args":["execution.fast","execution"]})");
  ASSERT_EQ(
      code_of(desk.client.post(
          "/v5/order/create",
          linear_body(R"("side":"Buy","orderType":"Market","qty":"0.01","orderLinkId":"fast-1")"))),
      0);
  desk.bench.run(0s);
  const auto frames = desk.heard(desk.conn);
  ASSERT_EQ(frames.size(), 2U);
  const json::value fast = json::parse(frames[0]), whole = json::parse(frames[1]);
  EXPECT_EQ(text_at(fast, "/topic"), "execution.fast");
  EXPECT_EQ(fast.as_object().contains("id"), false);
  EXPECT_EQ(text_at(fast, "/data/0/execId"), text_at(whole, "/data/0/execId"));
  EXPECT_EQ(text_at(fast, "/data/0/orderLinkId"), "fast-1");
  EXPECT_FALSE(fast.at_pointer("/data/0").as_object().contains("execFee"));
  Execution made;
  made.maker = true;
  made.order.link_id = "mine";
  std::string text;
  append_fast_row(text, made, Instrument{}, {});
  EXPECT_NE(text.find("\"orderLinkId\":\"\""), std::string::npos) << text;
}

/// A resting sale of 1 at 36510 of account 0, and a buy of 1.5 up to 36520 under `how`.
struct SelfMatchDesk : CoreBench {
  explicit SelfMatchDesk(SelfMatch how, TimeInForce tif = TimeInForce::Gtc) {
    view.book({{"36000"_px, 1000}}, {{"36515"_px, 1000}});
    maker = submit(limit(Side::Sell, "1", "36510"));
    NewOrder buy = limit(Side::Buy, "1.5", "36520", tif);
    buy.self_match = how;
    taker = submit(buy);
  }
  const VenueOrder* closed(const OrderIds& ids) const {
    for (const VenueOrder& order : account().closed)
      if (order.id == ids.id) return &order;
    return nullptr;
  }
  OrderIds maker, taker;
};

TEST(SelfMatchPrevention, ActsByTheIncomingOrder) {
  const SelfMatchDesk none(SelfMatch::None);
  EXPECT_EQ(none.account().executions.size(), 3U) << "an account may trade with itself";

  const SelfMatchDesk maker(SelfMatch::CancelMaker);
  ASSERT_NE(maker.closed(maker.maker), nullptr);
  EXPECT_EQ(maker.closed(maker.maker)->cancel_type, "CancelBySmp");
  EXPECT_EQ(maker.closed(maker.maker)->self_matched, maker.taker.id);
  EXPECT_EQ(maker.account().position({}), "1"_qty) << "the book's one at 36515";
  EXPECT_EQ(maker.account().open.begin()->second.leaves(), "0.5"_qty);

  const SelfMatchDesk taker(SelfMatch::CancelTaker);
  ASSERT_NE(taker.closed(taker.taker), nullptr);
  EXPECT_EQ(taker.closed(taker.taker)->cancel_type, "CancelBySmp");
  EXPECT_TRUE(taker.account().position({}).is_zero());
  EXPECT_EQ(taker.account().open.begin()->second.id, taker.maker.id);

  const SelfMatchDesk both(SelfMatch::CancelBoth);
  EXPECT_TRUE(both.account().open.empty());
  EXPECT_TRUE(both.account().executions.empty());

  const SelfMatchDesk whole(SelfMatch::CancelMaker, TimeInForce::Fok);
  EXPECT_EQ(whole.closed(whole.taker)->reject_reason, "EC_CancelForNoFullFill")
      << "one's own order is none that it could have";
}

TEST(TransactionLog, IsTheLedgerOfTradesAndFunding) {
  FaultDesk desk;
  ASSERT_EQ(code_of(json::parse(desk.buy("t-1").body)), 0);
  desk.bench.run(8h);  // The small market's first settlement is at -0.00025: the long receives.
  desk.client.post("/v5/order/create", market_order("Sell", "0.01"));
  const json::value log = desk.client.get("/v5/account/transaction-log", "accountType=UNIFIED");
  const json::array& rows = log.at_pointer("/result/list").as_array();
  ASSERT_EQ(rows.size(), 3U) << log;
  EXPECT_EQ(text_at(rows[0], "/type"), "TRADE");
  EXPECT_EQ(text_at(rows[1], "/type"), "SETTLEMENT");
  EXPECT_EQ(text_at(rows[1], "/feeRate"), "-0.00025");
  EXPECT_EQ(text_at(rows[1], "/fee"), "0");
  EXPECT_GT(Money::parse(text_at(rows[1], "/funding")).value(), Money{}) << "received";
  Money wallet = "100000"_usdt;
  for (std::size_t i = rows.size(); i-- > 0;) {
    const auto amount = [&](const char* key) {
      return Money::parse(text_at(rows[i], std::string("/") + key)).value();
    };
    EXPECT_EQ(amount("change"), amount("cashFlow") + amount("funding") - amount("fee"));
    wallet += amount("change");
    EXPECT_EQ(amount("cashBalance"), wallet);
  }
  EXPECT_EQ(text_at(desk.client.get("/v5/account/wallet-balance", "accountType=UNIFIED"),
                    "/result/list/0/totalWalletBalance"),
            wallet.to_string());
  EXPECT_EQ(text_at(rows[0], "/size"), "0");
  EXPECT_EQ(desk.client.get("/v5/account/transaction-log", "accountType=UNIFIED&type=SETTLEMENT")
                .at_pointer("/result/list")
                .as_array()
                .size(),
            1U);
}

}  // namespace
}  // namespace proteus::sim::private_test
