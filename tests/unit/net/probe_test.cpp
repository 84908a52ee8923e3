// One connection, step by step: what it tells, and that it always ends.
// g++ 12 takes the empty optional of Echo's options for one that is read before it is set.
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"

#include "connectors/net/probe.hpp"

#include "tests/unit/net/support.hpp"

namespace proteus::net {
namespace {

using testing::HasSubstr;

class Probing : public testing::Test {
 protected:
  Result<Probed> look(const Endpoint& endpoint, const std::string& ca_file = "",
                      Duration deadline = 10s) {
    std::optional<Result<Probed>> answer;
    probe(loop_, endpoint, ca_file, deadline,
          [&](Result<Probed> found) { answer.emplace(std::move(found)); });
    EXPECT_TRUE(run_until(loop_, [&] { return answer.has_value(); }));
    return answer ? std::move(*answer) : Result<Probed>{Error{}};
  }
  Loop loop_;
};

TEST_F(Probing, TellsWhomItReached) {
  const Echo peer(loop_);
  const auto found = look(local_endpoint(peer.server->port()));
  ASSERT_TRUE(found.has_value()) << found.error().context;
  EXPECT_EQ(found.value().address, "127.0.0.1");
  EXPECT_GT(found.value().tcp, Duration{0});
  EXPECT_EQ(found.value().tls_version, "");
  EXPECT_FALSE(found.value().certificate_until);
}

TEST_F(Probing, TellsHowLongTheCertificateIsGood) {
  TemporaryFolder folder;
  const PemPair pair = certificate_for({"localhost", "127.0.0.1"}, -1h, 48h);
  const Echo peer(loop_, pair);
  const auto found =
      look(local_endpoint(peer.server->port(), true), folder.write("ca.pem", pair.certificate));
  ASSERT_TRUE(found.has_value()) << found.error().context;
  EXPECT_THAT(found.value().tls_version, HasSubstr("TLSv1."));
  EXPECT_GT(found.value().tls, Duration{0});
  ASSERT_TRUE(found.value().certificate_until);
  const Duration left = *found.value().certificate_until - Loop::wall_now();
  EXPECT_GT(left, 47h);
  EXPECT_LT(left, 49h);
}

TEST_F(Probing, SaysThatACertificateHasExpired) {
  TemporaryFolder folder;
  const PemPair pair = certificate_for({"localhost"}, -48h, -24h);
  const Echo peer(loop_, pair);
  const auto found =
      look(local_endpoint(peer.server->port(), true), folder.write("ca.pem", pair.certificate));
  ASSERT_TRUE(found.has_error());
  EXPECT_THAT(found.error().context, HasSubstr("expired"));
}

TEST_F(Probing, SaysThatNothingListens) {
  const std::uint16_t port = Echo(loop_).server->port();
  const auto found = look(local_endpoint(port));
  ASSERT_TRUE(found.has_error());
  EXPECT_EQ(found.error().code, ErrorCode::Refused);
}

TEST_F(Probing, GivesUpOnAHandshakeThatNeverEnds) {
  const DeafListener deaf;
  const auto found = look(local_endpoint(deaf.port(), true), "", 200ms);
  ASSERT_TRUE(found.has_error());
  EXPECT_EQ(found.error().code, ErrorCode::Timeout) << found.error().context;
}

TEST(TlsLibrary, NamesItself) { EXPECT_THAT(tls_library(), HasSubstr("OpenSSL 3")); }

}  // namespace
}  // namespace proteus::net
