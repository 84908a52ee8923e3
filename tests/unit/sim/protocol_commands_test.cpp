// Every answer to a command, byte for byte.
#include "exchange_fixture.hpp"

namespace proteus::sim::exchange_test {
namespace {

struct Spoken {
  std::string say;
  std::string answer;
};

/// What the venue says to one command on a fresh connection.
std::string answer(std::string_view target, const std::string& say) {
  Bench bench;
  const ConnId conn = bench.connect(target);
  bench->on_text(conn, say);
  const auto texts = bench.io.of(conn);
  return texts.empty() ? "" : texts.front();
}

TEST(LinearAnswers, AreWordForWordTheVenues) {
  for (
      const auto& [say, expected] : std::vector<Spoken>{
          {R"({"req_id":"s-1","op":"subscribe","args":["publicTrade.BTCUSDT"]})",
           R"({"success":true,"ret_msg":"","conn_id":"sim-1","req_id":"s-1","op":"subscribe"})"},
          {R"({"op":"subscribe","args":["publicTrade.BTCUSDT"]})",
           R"({"success":true,"ret_msg":"","conn_id":"sim-1","req_id":"","op":"subscribe"})"},
          {R"({"req_id":17,"op":"ping"})",
           R"({"success":true,"ret_msg":"pong","conn_id":"sim-1","req_id":"17","op":"ping"})"},
          {R"({"op":"ping"})",
           R"({"success":true,"ret_msg":"pong","conn_id":"sim-1","req_id":"","op":"ping"})"},
          {R"({"op":"auth","args":["K",1,"s"]})",
           R"({"success":false,"ret_msg":"error:invalid op","conn_id":"sim-1","req_id":"","op":"auth"})"},
          {R"({"op":"subscribe","args":["kline.1.btcusdt"]})",
           R"({"success":false,"ret_msg":"error:handler not found,topic:kline.1.btcusdt","conn_id":"sim-1","req_id":"","op":"subscribe"})"},
          {R"({"op":"subscribe","args":["publicTrade.ETHUSDT","publicTrade.ETHUSDT"]})",
           R"({"success":false,"ret_msg":"error:already subscribed,topic:publicTrade.ETHUSDT","conn_id":"sim-1","req_id":"","op":"subscribe"})"},
          {R"({"op":"unsubscribe","args":["publicTrade.ETHUSDT"]})",
           R"({"success":false,"ret_msg":"error:handler not found,topic:publicTrade.ETHUSDT","conn_id":"sim-1","req_id":"","op":"unsubscribe"})"},
      })
    EXPECT_EQ(answer("/v5/public/linear", say), expected) << say;
}

TEST(SpotAnswers, NameTheOpAndLeaveOutAnAbsentId) {
  for (
      const auto& [say, expected] : std::vector<Spoken>{
          {R"({"req_id":"a","op":"subscribe","args":["publicTrade.BTCUSDT"]})",
           R"({"success":true,"ret_msg":"subscribe","conn_id":"sim-1","req_id":"a","op":"subscribe"})"},
          {R"({"op":"ping"})",
           R"({"success":true,"ret_msg":"pong","conn_id":"sim-1","op":"ping"})"},
          {R"({"op":"subscribe","args":["publicTrade.ETHUSDT"]})",
           R"({"success":false,"ret_msg":"error:handler not found,topic:publicTrade.ETHUSDT","conn_id":"sim-1","op":"subscribe"})"},
      })
    EXPECT_EQ(answer("/v5/public/spot", say), expected) << say;
}

TEST(Commands, RefuseMoreThanTenTopicsOnSpotOnly) {
  std::string args;
  for (const char* interval : {"1", "3", "5", "15", "30", "60", "120", "240", "360", "720", "D"})
    args += std::string(args.empty() ? "" : ",") + "\"kline." + interval + ".BTCUSDT\"";
  const std::string say = R"({"op":"subscribe","args":[)" + args + "]}";
  EXPECT_NE(answer("/v5/public/spot", say).find("args size >10"), std::string::npos);
  EXPECT_NE(answer("/v5/public/linear", say).find(R"("success":true)"), std::string::npos);
}

TEST(Commands, SayWhatIsNotJson) {
  for (const char* say : {"hello", "{", "[1,2]", "\"ping\"", "", "{\"op\":\"ping\"}}"})
    EXPECT_EQ(answer("/v5/public/linear", say)
                  .find(R"({"success":false,"ret_msg":"Failed to decode incoming data:)"),
              0U)
        << say;
}

TEST(Commands, OneBadTopicRefusesAllOfThem) {
  Bench bench;
  const ConnId conn = bench.connect();
  bench.subscribe(conn, {"kline.1.BTCUSDT", "orderbook.500.BTCUSDT", "tickers.BTCUSDT"});
  bench.run(5s);
  ASSERT_EQ(bench.io.of(conn).size(), 1U);
  EXPECT_NE(bench.io.of(conn)[0].find("error:handler not found,topic:orderbook.500.BTCUSDT"),
            std::string::npos);
}

TEST(Commands, ARepeatedTopicLeavesTheFirstSubscriptionRunning) {
  Bench bench;
  const ConnId conn = bench.connect();
  bench.subscribe(conn, {"kline.1.BTCUSDT"});
  bench.subscribe(conn, {"kline.1.BTCUSDT"});
  EXPECT_NE(bench.io.of(conn).back().find("error:already subscribed,topic:kline.1.BTCUSDT"),
            std::string::npos);
  bench.run(3s);
  EXPECT_GE(bench.io.frames(conn, "kline.1.BTCUSDT").size(), 3U);
}

TEST(Commands, UnsubscribedTopicsFallSilentAndMayComeBack) {
  Bench bench;
  const ConnId conn = bench.connect();
  bench.subscribe(conn, {"kline.1.BTCUSDT"});
  bench.run(2s);
  bench->on_text(conn, R"({"req_id":"u","op":"unsubscribe","args":["kline.1.BTCUSDT"]})");
  EXPECT_EQ(bench.io.of(conn).back(),
            R"({"success":true,"ret_msg":"","conn_id":"sim-1","req_id":"u","op":"unsubscribe"})");
  const std::size_t before = bench.io.sent.size();
  bench.run(5s);
  EXPECT_EQ(bench.io.sent.size(), before);
  bench.subscribe(conn, {"kline.1.BTCUSDT"});
  EXPECT_EQ(bench.io.sent.size(), before + 2);  // The answer and the running candle.
}

TEST(Commands, AllSubscriptionsOfAConnectionHoldAtMost21000Characters) {
  Bench bench;
  for (int i = 0; i < 1400; ++i) {
    std::string symbol = "A" + std::to_string(1000 + i) + "USDT";
    bench.market.add(Category::Linear, symbol, "0.1"_px, "0.001"_qty);
  }
  const ConnId conn = bench.connect();
  // "tickers.A1000USDT" has 17 characters: 1235 of them are 20 995.
  std::vector<std::string> topics;
  for (int i = 0; i < 1235; ++i) topics.push_back("tickers.A" + std::to_string(1000 + i) + "USDT");
  const auto last_answer = [&] {
    for (auto it = bench.io.sent.rbegin(); it != bench.io.sent.rend(); ++it)
      if (it->text.starts_with("{\"success\"")) return it->text;
    return std::string{};
  };
  bench.subscribe(conn, topics);
  EXPECT_TRUE(last_answer().starts_with(R"({"success":true)"));
  bench.subscribe(conn, {"tickers.A2300USDT"});
  EXPECT_TRUE(last_answer().starts_with(R"({"success":false)"));
  bench->on_text(conn, R"({"op":"unsubscribe","args":["tickers.A1000USDT"]})");
  bench.subscribe(conn, {"tickers.A2300USDT"});
  EXPECT_TRUE(last_answer().starts_with(R"({"success":true)"));
}

TEST(Handshake, KnowsFourPaths) {
  Bench bench;
  EXPECT_EQ(bench->on_connect(1, "/v5/public/linear"), 101);
  EXPECT_EQ(bench->on_connect(2, "/v5/public/spot?x=1"), 101);
  EXPECT_EQ(bench->on_connect(3, "/v5/private?max_active_time=1m"), 101);
  EXPECT_EQ(bench->on_connect(4, "/v5/trade"), 101);
  for (const char* path : {"/v5/public/inverse", "/v5/privat", "/", "", "/v5/public/linearx"})
    EXPECT_EQ(bench->on_connect(5, path), 404) << path;
}

TEST(Connections, ThatAreUnknownOrGoneAreIgnored) {
  Bench bench;
  bench->on_text(9, R"({"op":"ping"})");
  bench->on_pong(9, "1");
  bench->on_closed(9);
  const ConnId conn = bench.connect();
  bench.subscribe(conn, {"kline.1.BTCUSDT"});
  bench->on_closed(conn);
  const std::size_t before = bench.io.sent.size();
  bench->on_text(conn, R"({"op":"ping"})");
  bench.run(3s);
  EXPECT_EQ(bench.io.sent.size(), before);
}

}  // namespace
}  // namespace proteus::sim::exchange_test
