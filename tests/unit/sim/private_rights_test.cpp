// What accounts may and have been granted: read-only and withdrawing keys, raised limits,
// disconnect protection.
#include "connectors/sim/private/disconnect_guard.hpp"
#include "private_desk.hpp"

namespace proteus::sim::private_test {
namespace {

/// A bench whose one account has these options, with a private stream that has logged in.
struct OptionDesk : StreamDesk {
  explicit OptionDesk(const std::string& options) : StreamDesk(with(options)) { log_in(conn); }
  static SimSettings with(const std::string& options) {
    SimSettings settings;
    settings.accounts = {"simkey:simsecret:100000" + options};
    return settings;
  }
  [[nodiscard]] std::int64_t rest(std::string_view path, std::string_view body) const {
    return code_of(client.post(path, body));
  }
};

TEST(Rights, ReadFromTheAccountsText) {
  const auto accounts =
      parse_accounts({"a:b:1:readonly:withdraw:dcp:fast=200:ip=10.0.0.1"
                      ":expires=2027-01-31",
                      "c:d:2"});
  ASSERT_TRUE(accounts);
  const AccountRights& rights = accounts.value()[0].rights;
  EXPECT_TRUE(rights.read_only && rights.withdraw && rights.guarded);
  EXPECT_EQ(rights.per_second, 200U);
  EXPECT_EQ(rights.ip, "10.0.0.1");
  EXPECT_EQ(rights.expires, "2027-01-31");
  EXPECT_FALSE(accounts.value()[1].rights.read_only);
  for (const char* wrong : {"a:b:1:fast", "a:b:1:fast=0", "a:b:1:fast=x", "a:b:1:readonly=1",
                            "a:b:1:", "a:b:1:ip=", "a:b:1:rich"})
    EXPECT_FALSE(parse_accounts({wrong})) << wrong;
}

TEST(Rights, QueryApiTellsThem) {
  const OptionDesk plain("");
  json::value key = plain.client.get("/v5/user/query-api");
  EXPECT_EQ(key.at_pointer("/result/readOnly").as_int64(), 0);
  EXPECT_EQ(key.at_pointer("/result/permissions/Wallet").as_array().size(), 0U);
  EXPECT_EQ(text_at(key, "/result/ips/0"), "*");
  const OptionDesk rich(":withdraw:ip=10.0.0.1:expires=2027-01-31");
  key = rich.client.get("/v5/user/query-api");
  EXPECT_EQ(json::serialize(key.at_pointer("/result/permissions/Wallet")),
            R"(["AccountTransfer","SubMemberTransfer","Withdraw"])");
  EXPECT_EQ(text_at(key, "/result/ips/0"), "10.0.0.1");
  EXPECT_EQ(text_at(key, "/result/expiredAt"), "2027-01-31T00:00:00Z");
}

TEST(Rights, AReadOnlyKeyReadsOnly) {
  const OptionDesk desk(":readonly");
  EXPECT_EQ(desk.client.get("/v5/user/query-api").at_pointer("/result/readOnly").as_int64(), 1);
  EXPECT_EQ(desk.rest("/v5/order/create", market_order("Buy", "0.01")), 10005);
  EXPECT_EQ(desk.rest("/v5/order/cancel-all", linear_body(R"("side":"")")), 10005);
  EXPECT_EQ(code_of(desk.client.get("/v5/order/realtime", "category=linear&symbol=BTCUSDT")), 0);
}

TEST(Rights, LimitsMayBeRaised) {
  const OptionDesk desk(":fast=200");
  const std::string body =
      linear_body(R"("side":"Buy","orderType":"Limit","qty":"0.001","price":"40000")");
  for (int i = 0; i < 200; ++i) ASSERT_EQ(desk.rest("/v5/order/create", body), 0) << i;
  EXPECT_EQ(desk.rest("/v5/order/create", body), 10006);
}

TEST(Guard, FiresOnceWhenAllConnectionsAreDeadForTheWindow) {
  DisconnectGuard guard;
  const Timestamp t0 = kFirst;
  guard.set(3, 5s, t0);
  const std::set<AccountId> alive{3}, none;
  EXPECT_TRUE(guard.due(none, t0 + 60s).empty()) << "nobody asked for it yet";
  EXPECT_TRUE(guard.due(alive, t0 + 61s).empty());
  EXPECT_TRUE(guard.due(none, t0 + 65s).empty());
  EXPECT_EQ(guard.due(none, t0 + 66s), std::vector<AccountId>{3});
  EXPECT_TRUE(guard.due(none, t0 + 90s).empty());
  guard.due(alive, t0 + 91s);
  EXPECT_EQ(guard.due(none, t0 + 96s), std::vector<AccountId>{3}) << "armed anew";
  guard.set(3, 300s, t0 + 97s);
  guard.due(alive, t0 + 98s);
  EXPECT_FALSE(guard.due(none, t0 + 104s).empty()) << "a new window takes ten seconds";
}

TEST(Guard, CancelsActiveOrdersOfAnAccountThatWasGrantedIt) {
  OptionDesk plain("");
  const std::string guard = R"({"product":"DERIVATIVES","timeWindow":10})";
  EXPECT_EQ(plain.rest("/v5/order/disconnected-cancel-all", guard), 10005);

  OptionDesk desk(":dcp");
  EXPECT_EQ(
      desk.rest("/v5/order/disconnected-cancel-all", R"({"product":"DERIVATIVES","timeWindow":2})"),
      10001);
  EXPECT_EQ(desk.rest("/v5/order/disconnected-cancel-all", guard), 0);
  const json::value told = desk.client.get("/v5/account/query-dcp-info");
  EXPECT_EQ(text_at(told, "/result/dcpInfos/0/timeWindow"), "10");
  EXPECT_EQ(text_at(told, "/result/dcpInfos/0/dcpStatus"), "ON");
  const std::string subscribed =
      desk.say(desk.conn, R"({"op":"subscribe","args":["dcp.future","order"]})");
  EXPECT_NE(subscribed.find("\"success\":true"), std::string::npos) << subscribed;
  const std::string resting = linear_body(
      R"("side":"Buy","orderType":"Limit","qty":"0.001","price":"40000","orderLinkId":"d-1")");
  ASSERT_EQ(desk.rest("/v5/order/create", resting), 0);
  ASSERT_EQ(desk.rest("/v5/order/create",
                      linear_body(R"("side":"Buy","orderType":"Market","qty":"0.001",)"
                                  R"("triggerPrice":"90000","triggerDirection":1)")),
            0);
  desk.bench.run(30s);
  const auto open = [&] {
    return desk.client.get("/v5/order/realtime", "category=linear&symbol=BTCUSDT")
        .at_pointer("/result/list")
        .as_array()
        .size();
  };
  EXPECT_EQ(open(), 2U);
  desk.bench->on_closed(desk.conn);
  desk.bench.run(9s);
  EXPECT_EQ(open(), 2U);
  desk.bench.run(2s);
  EXPECT_EQ(open(), 1U) << "what waits for a trigger is not active";
  EXPECT_EQ(text_at(desk.client.get("/v5/order/history", "category=linear&orderLinkId=d-1"),
                    "/result/list/0/cancelType"),
            "CancelByDCP");
}

}  // namespace
}  // namespace proteus::sim::private_test
