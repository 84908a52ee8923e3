#include "connectors/net/endpoint.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "connectors/net/http_message.hpp"

namespace proteus::net {
namespace {

TEST(Endpoint, IsReadFromAUrl) {
  const Endpoint stream = parse_endpoint("wss://stream.bybit.com/v5/public/linear").value();
  EXPECT_EQ(stream.host, "stream.bybit.com");
  EXPECT_EQ(stream.port, 443);
  EXPECT_TRUE(stream.tls);
  EXPECT_EQ(stream.path, "/v5/public/linear");

  const Endpoint plain = parse_endpoint("http://localhost:8080?a=1").value();
  EXPECT_EQ(to_string(plain), "localhost:8080");
  EXPECT_FALSE(plain.tls);
  EXPECT_EQ(plain.path, "/?a=1");

  const Endpoint v6 = parse_endpoint("ws://[::1]:9001/x").value();
  EXPECT_EQ(v6.host, "::1");
  EXPECT_EQ(to_string(v6), "[::1]:9001");
}

TEST(Endpoint, RefusesWhatIsNoAddress) {
  for (const char* url : {"", "stream.bybit.com", "ftp://host", "ws://", "ws://:80", "ws://host:0",
                          "ws://host:65536", "ws://host:", "ws://host:8x", "ws://ho st/",
                          "ws://[::1", "ws://[::1]x", "ws://host/a#b", "ws://host/\n"}) {
    const auto parsed = parse_endpoint(url);
    ASSERT_FALSE(parsed) << url;
    EXPECT_EQ(parsed.error().code, ErrorCode::Malformed) << url;
  }
}

TEST(Endpoint, NeverRepeatsASecret) {
  const auto parsed = parse_endpoint("wss://user:hunter2@host/");
  ASSERT_FALSE(parsed);
  EXPECT_THAT(parsed.error().context, testing::Not(testing::HasSubstr("hunter2")));
}

TEST(HttpHeaders, AreFoundWhateverTheirCase) {
  const std::vector<HttpHeader> headers{{"X-Bapi-Limit", "50"}, {"x-bapi-limit", "51"}};
  EXPECT_EQ(find_header(headers, "x-BAPI-limit"), "50");
  EXPECT_EQ(find_header(headers, "X-Bapi"), "");
}

}  // namespace
}  // namespace proteus::net
