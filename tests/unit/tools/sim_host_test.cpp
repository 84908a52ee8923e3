// The simulated exchange behind a real socket: headers and bodies of signed requests arrive as they
// were sent, private frames come after their answer, and an answer that a fault loses is a cut.
#include "tools/app/sim_host.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "connectors/net/http_client.hpp"
#include "connectors/net/websocket_client.hpp"
#include "connectors/sim/private/signature.hpp"

namespace proteus::app {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

constexpr const char* kTimeOfSimulation = "2025-06-01T12:00:30.250Z";

class SimHostTest : public ::testing::Test {
 protected:
  void SetUp() override {
    SimSettings settings;
    settings.host.port = 0;
    settings.exchange.history_bars = 10;
    settings.exchange.start = kTimeOfSimulation;
    auto made =
        SimHost::create(loop_, settings, generated_market_start(settings.exchange, Timestamp{}));
    ASSERT_TRUE(made.has_value()) << made.error().context;
    host_ = std::move(made.value());
    const std::string there = fmt::format("127.0.0.1:{}", host_->port());
    http_.emplace(loop_, net::parse_endpoint("http://" + there).value(), net::HttpOptions{});
    net::WebsocketHandlers handlers;
    handlers.on_open = [this] { loop_.stop(); };
    handlers.on_text = [this](std::string_view text) { heard(std::string(text)); };
    handlers.on_closed = [](const Error&) {};
    stream_.emplace(loop_, net::parse_endpoint("ws://" + there + "/v5/private").value(),
                    net::ClientOptions{}, std::move(handlers));
  }

  void heard(std::string text) {
    story_.push_back(std::move(text));
    loop_.stop();
  }
  void run_to(std::size_t lines) {
    while (story_.size() < lines) ASSERT_TRUE(loop_.run_for(20s)) << "only " << story_.size();
  }
  std::string now_ms() const { return std::to_string(to_unix_ms(host_->exchange().now())); }

  void post(std::string target, std::string body) {
    const std::string time = now_ms();
    net::HttpRequest request("POST", std::move(target), {}, std::move(body));
    request.headers = {
        {"X-BAPI-API-KEY", "simkey"},
        {"X-BAPI-TIMESTAMP", time},
        {"X-BAPI-RECV-WINDOW", "5000"},
        {"Content-Type", "application/json"},
        {"X-BAPI-SIGN", sim::hmac_sha256_hex("simsecret", time + "simkey5000" + request.body)}};
    http_->request(std::move(request), 20s, [this](Result<net::HttpResponse> response) {
      if (!response) return heard("no answer");
      heard(fmt::format("{} {} {}", response.value().status,
                        response.value().header("x-bapi-limit-status"), response.value().body));
    });
  }
  static std::string order(std::string_view link_id) {
    return fmt::format(R"({{"category":"linear","symbol":"BTCUSDT","side":"Buy",)"
                       R"("orderType":"Market","qty":"0.01","orderLinkId":"{}"}})",
                       link_id);
  }

  net::Loop loop_;
  std::unique_ptr<SimHost> host_;
  std::optional<net::HttpClient> http_;
  std::optional<net::WebsocketClient> stream_;
  std::vector<std::string> story_;  ///< answers and frames as they came
};

TEST_F(SimHostTest, TakesASignedOrderAndTellsItsStreamAfterTheAnswer) {
  stream_->open();
  ASSERT_TRUE(loop_.run_for(20s));
  const std::string expires = std::to_string(to_unix_ms(host_->exchange().now()) + 10'000);
  ASSERT_TRUE(
      stream_->send(fmt::format(R"({{"op":"auth","args":["simkey",{},"{}"]}})", expires,
                                sim::hmac_sha256_hex("simsecret", "GET/realtime" + expires))));
  ASSERT_TRUE(stream_->send(R"({"op":"subscribe","args":["order"]})"));
  run_to(2);
  EXPECT_THAT(story_[0], HasSubstr(R"("success":true,"ret_msg":"","op":"auth")"));
  EXPECT_THAT(story_[1], HasSubstr(R"("success":true,"ret_msg":"","op":"subscribe")"));
  story_.clear();
  post("/v5/order/create", order("s-1"));
  run_to(2);
  // Two connections: only what each said is certain, not which was read first.
  std::ranges::sort(story_);
  EXPECT_THAT(story_[0], HasSubstr(R"(200 9 {"retCode":0,"retMsg":"OK","result":{"orderId":)"));
  EXPECT_THAT(story_[1], HasSubstr(R"("topic":"order")"));
  EXPECT_THAT(story_[1], HasSubstr(R"("orderLinkId":"s-1")"));
  EXPECT_THAT(story_[1], HasSubstr(R"("orderStatus":"Filled")"));
}

TEST_F(SimHostTest, AnAnswerThatIsLostIsACutConnectionAndTheOrderStands) {
  ASSERT_TRUE(host_->inject({sim::FaultKind::OrderLost}));
  post("/v5/order/create", order("s-2"));
  run_to(1);
  EXPECT_EQ(story_[0], "no answer");
  post("/v5/order/create", order("s-2"));
  run_to(2);
  EXPECT_THAT(story_[1], HasSubstr(R"("retCode":110072)"));
}

}  // namespace
}  // namespace proteus::app
