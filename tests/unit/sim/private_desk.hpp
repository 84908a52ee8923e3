// A client of the simulated exchange with its private streams, for tests.
#pragma once

#include "private_fixture.hpp"

namespace proteus::sim::private_test {

inline std::string linear_body(std::string_view rest) {
  return fmt::format(R"({{"category":"linear","symbol":"BTCUSDT",{}}})", rest);
}
inline std::string market_order(std::string_view side, std::string_view quantity) {
  return linear_body(fmt::format(R"("side":"{}","orderType":"Market","qty":"{}")", side, quantity));
}

/// A bench, the default account's client, and a private connection that has not logged in.
struct StreamDesk {
  explicit StreamDesk(const SimSettings& settings = {}) : bench{settings, 60} {
    bench.run(3s);
    conn = bench.connect("/v5/private");
  }
  /// What came on a connection since the last call.
  std::vector<std::string> heard(ConnId from) {
    std::vector<std::string> texts;
    for (std::size_t& i = read[from]; i < bench.io.of(from).size(); ++i)
      texts.push_back(bench.io.of(from)[i]);
    return texts;
  }
  std::string say(ConnId to, std::string_view text) {
    bench->on_text(to, text);
    const auto answers = heard(to);
    EXPECT_EQ(answers.size(), 1U) << text;
    return answers.empty() ? "" : answers.front();
  }
  [[nodiscard]] std::string auth(std::int64_t ahead_ms, std::string_view key_word,
                                 std::string_view secret) {
    const std::string expires = std::to_string(to_unix_ms(bench->now()) + ahead_ms);
    return fmt::format(R"({{"op":"auth","args":["{}",{},"{}"]}})", key_word, expires,
                       hmac_sha256_hex(secret, "GET/realtime" + expires));
  }
  void log_in(ConnId who) { say(who, auth(10'000, "simkey", "simsecret")); }
  std::vector<std::string> topics_heard(ConnId from) {
    std::vector<std::string> topics;
    for (const std::string& text : heard(from))
      topics.push_back(text_at(json::parse(text), "/topic"));
    return topics;
  }

  Bench bench;
  Client client{bench};
  ConnId conn = 0;
  std::map<ConnId, std::size_t> read;
};

/// Orders a fault of every kind that an order can meet, and says what came of it.
struct FaultDesk : StreamDesk {
  FaultDesk() {
    log_in(conn);
    say(conn, R"({"op":"subscribe","args":["order","execution","position","wallet"]})");
  }
  void order_fault(FaultKind kind) { ASSERT_TRUE(bench->inject({kind})); }
  HttpReply buy(std::string_view link_id) {
    return client.raw_post(
        "/v5/order/create",
        linear_body(fmt::format(
            R"("side":"Buy","orderType":"Market","qty":"0.01","orderLinkId":"{}")", link_id)));
  }
  std::string size_held() {
    return text_at(client.get("/v5/position/list", "category=linear&symbol=BTCUSDT"),
                   "/result/list/0/size");
  }
};

}  // namespace proteus::sim::private_test
