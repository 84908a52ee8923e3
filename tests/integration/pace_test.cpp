// The simulated exchange behind its sockets, without a daemon.
#include <charconv>

#include "connectors/net/websocket_client.hpp"
#include "tests/integration/support.hpp"

namespace proteus::app {
namespace {

std::int64_t time_in(std::string_view frame) {
  const std::size_t at = frame.find("\"ts\":");
  std::int64_t ms = 0;
  if (at != std::string_view::npos)
    std::from_chars(frame.data() + at + 5, frame.data() + frame.size(), ms);
  return ms;
}

TEST(PacedExchange, MovesOnOnlyWhenItsReaderHasReadAll) {
  net::Loop loop;
  Exchange exchange(loop);
  std::vector<std::int64_t> behind;  // ms by which time had moved on when a frame was read
  std::size_t data = 0;
  net::WebsocketHandlers handlers;
  handlers.on_text = [&](std::string_view frame) {
    const std::int64_t told = time_in(frame);
    if (told == 0) return;  // The answer to the command.
    ++data;
    const std::int64_t now = to_unix_ms(exchange.host().exchange().now());
    if (told < now) behind.push_back(now - told);
  };
  net::WebsocketClient client(loop,
                              {"127.0.0.1", exchange.host().port(), false, "/v5/public/linear"}, {},
                              std::move(handlers));
  handlers = {};
  client.open();
  ASSERT_TRUE(run_until(loop, [&] { return client.is_open(); }));
  std::string args;
  for (const char* symbol : {"BTCUSDT", "ETHUSDT", "SOLUSDT"})
    for (const char* topic : {"kline.1.", "kline.5.", "tickers.", "orderbook.200.", "publicTrade."})
      args += std::string(args.empty() ? "\"" : ",\"") + topic + symbol + '"';
  ASSERT_FALSE(client.send(R"({"op":"subscribe","args":[)" + args + "]}").has_error());

  ASSERT_TRUE(run_until(loop, [&] { return data > 3'000; }));

  EXPECT_THAT(behind, ::testing::IsEmpty());
}

}  // namespace
}  // namespace proteus::app
