// Each way in which a session can fail to open, and the sentence a person gets to read.
#include "tests/unit/net/support.hpp"

namespace proteus::net {
namespace {

using testing::HasSubstr;
using testing::SizeIs;
using testing::StartsWith;

/// Opens once and returns the one end.
Error failure_of(Loop& loop, const Endpoint& endpoint, const ClientOptions& options = {}) {
  Listener listener{loop, endpoint, options};
  listener.client->open();
  EXPECT_TRUE(run_until(loop, listener.has_ended()));
  settle(loop);
  EXPECT_EQ(listener.opened, 0);
  EXPECT_THAT(listener.ends, SizeIs(1));
  EXPECT_TRUE(listener.client->is_closed());
  if (listener.ends.empty()) return {};
  EXPECT_THAT(listener.ends[0].context, StartsWith(to_string(endpoint) + ": "));
  return listener.ends[0];
}

/// So many waiting connections that the kernel leaves further ones without an answer.
std::vector<int> fill_queue_of(const DeafListener& peer) {
  std::vector<int> sockets;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(peer.port());
  for (int i = 0; i < 16; ++i) {
    sockets.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    ::connect(sockets.back(), reinterpret_cast<sockaddr*>(&address), sizeof address);
  }
  return sockets;
}

ClientOptions trusting(TemporaryFolder& folder, const PemPair& pair) {
  ClientOptions options;
  options.ca_file = folder.write("ca.pem", pair.certificate);
  return options;
}

TEST(WebsocketFailure, UnknownHost) {
  Loop loop;
  // A label of more than 63 letters is refused by the resolver itself: no query leaves the machine.
  Endpoint endpoint = local_endpoint(443);
  endpoint.host = std::string(70, 'a') + ".invalid";
  const Error why = failure_of(loop, endpoint);
  EXPECT_EQ(why.code, ErrorCode::NotFound);
  EXPECT_THAT(why.context, HasSubstr("host name cannot be resolved"));
}

TEST(WebsocketFailure, RefusedPort) {
  Loop loop;
  DeafListener listener;
  listener.close();
  const Error why = failure_of(loop, local_endpoint(listener.port()));
  EXPECT_EQ(why.code, ErrorCode::Refused);
  EXPECT_THAT(why.context, HasSubstr("refused: nothing listens on that port"));
}

TEST(WebsocketFailure, PeerThatNeverAnswersTheUpgrade) {
  Loop loop;
  const DeafListener peer;
  ClientOptions options;
  options.connect_deadline = 50ms;
  const Duration start = Loop::steady_now();
  const Error why = failure_of(loop, local_endpoint(peer.port()), options);
  EXPECT_EQ(why.code, ErrorCode::Timeout);
  EXPECT_THAT(why.context, HasSubstr("no connection within 50 ms"));
  EXPECT_GE(Loop::steady_now() - start, 50ms);
}

TEST(WebsocketFailure, PeerThatNeverAcceptsTheConnection) {
  Loop loop;
  const DeafListener peer;
  const std::vector<int> queue = fill_queue_of(peer);
  ClientOptions options;
  options.connect_deadline = 50ms;
  const Error why = failure_of(loop, local_endpoint(peer.port()), options);
  EXPECT_EQ(why.code, ErrorCode::Timeout);
  for (const int fd : queue) ::close(fd);
}

TEST(WebsocketFailure, PeerThatNeverShakesHands) {
  Loop loop;
  const DeafListener peer;
  ClientOptions options;
  options.connect_deadline = 50ms;
  const Error why = failure_of(loop, local_endpoint(peer.port(), true), options);
  EXPECT_EQ(why.code, ErrorCode::Timeout);
}

TEST(WebsocketFailure, ExpiredCertificate) {
  Loop loop;
  TemporaryFolder folder;
  const PemPair pair = certificate_for({"localhost"}, -48h, -24h);
  const Echo echo{loop, pair};
  const Error why =
      failure_of(loop, local_endpoint(echo.server->port(), true), trusting(folder, pair));
  EXPECT_EQ(why.code, ErrorCode::Refused);
  EXPECT_THAT(why.context, HasSubstr("certificate has expired"));
}

TEST(WebsocketFailure, CertificateOfTheFuture) {
  Loop loop;
  TemporaryFolder folder;
  const PemPair pair = certificate_for({"localhost"}, 24h, 48h);
  const Echo echo{loop, pair};
  const Error why =
      failure_of(loop, local_endpoint(echo.server->port(), true), trusting(folder, pair));
  EXPECT_EQ(why.code, ErrorCode::Refused);
  EXPECT_THAT(why.context, HasSubstr("not valid yet"));
}

TEST(WebsocketFailure, CertificateOfAnotherHost) {
  Loop loop;
  TemporaryFolder folder;
  const PemPair pair = certificate_for({"example.com", "127.0.0.2"});
  const Echo echo{loop, pair};
  const ClientOptions options = trusting(folder, pair);
  const Error by_name = failure_of(loop, local_endpoint(echo.server->port(), true), options);
  EXPECT_EQ(by_name.code, ErrorCode::Refused);
  EXPECT_THAT(by_name.context, HasSubstr("for another host, not for localhost"));

  Endpoint address = local_endpoint(echo.server->port(), true);
  address.host = "127.0.0.1";
  const Error by_address = failure_of(loop, address, options);
  EXPECT_THAT(by_address.context, HasSubstr("for another host, not for 127.0.0.1"));
}

TEST(WebsocketFailure, CertificateThatNobodyTrusts) {
  Loop loop;
  TemporaryFolder folder;
  const Echo echo{loop, certificate_for({"localhost"})};
  const Endpoint endpoint = local_endpoint(echo.server->port(), true);
  const Error unknown =
      failure_of(loop, endpoint, trusting(folder, certificate_for({"localhost"})));
  EXPECT_EQ(unknown.code, ErrorCode::Refused);
  EXPECT_THAT(unknown.context, HasSubstr("self-signed and not trusted"));
  const Error system = failure_of(loop, endpoint);
  EXPECT_THAT(system.context, HasSubstr("self-signed and not trusted"));
}

TEST(WebsocketFailure, CertificateOfAnAddressIsAccepted) {
  Loop loop;
  TemporaryFolder folder;
  const PemPair pair = certificate_for({"localhost", "127.0.0.1"});
  const Echo echo{loop, pair};
  Endpoint endpoint = local_endpoint(echo.server->port(), true);
  endpoint.host = "127.0.0.1";
  Listener listener{loop, endpoint, trusting(folder, pair)};
  listener.client->open();
  EXPECT_TRUE(run_until(loop, listener.is_open()));
}

TEST(WebsocketFailure, CaFileThatCannotBeRead) {
  Loop loop;
  TemporaryFolder folder;
  const Echo echo{loop, certificate_for({"localhost"})};
  ClientOptions options;
  options.ca_file = folder.write("ca.pem", "this is not a certificate\n");
  const Error why = failure_of(loop, local_endpoint(echo.server->port(), true), options);
  EXPECT_EQ(why.code, ErrorCode::NotFound);
  EXPECT_THAT(why.context, HasSubstr(options.ca_file));
}

TEST(WebsocketFailure, TlsOnAPlainPort) {
  Loop loop;
  const Echo echo{loop};
  const Error why = failure_of(loop, local_endpoint(echo.server->port(), true));
  EXPECT_EQ(why.code, ErrorCode::Refused);
  EXPECT_THAT(why.context, HasSubstr("TLS handshake"));
}

TEST(WebsocketFailure, UpgradeAnsweredByAStatus) {
  for (const unsigned status : {403U, 404U, 503U}) {
    Loop loop;
    const Echo echo{loop, {}, status};
    const Error why = failure_of(loop, local_endpoint(echo.server->port(), false, "/v5/trade?k=v"));
    EXPECT_EQ(why.code, ErrorCode::Refused);
    EXPECT_THAT(why.context,
                HasSubstr("at /v5/trade was refused with HTTP " + std::to_string(status)));
    EXPECT_EQ(echo.closed, 0);
  }
}

/// Accepts one connection, lets `text` be the whole answer to whatever it is asked, and goes.
class RudePeer {
 public:
  RudePeer(Loop& loop, std::string text) : text_(std::move(text)) {
    accept_ = loop.every(1ms, [this] {
      if (fd_ < 0) fd_ = peer_.accept();
      char asked[4096];
      if (fd_ < 0 || ::recv(fd_, asked, sizeof asked, MSG_DONTWAIT) <= 0) return;
      EXPECT_EQ(::send(fd_, text_.data(), text_.size(), MSG_NOSIGNAL),
                static_cast<ssize_t>(text_.size()));
      ::close(std::exchange(fd_, -1));
    });
  }
  ~RudePeer() {
    if (fd_ >= 0) ::close(fd_);
  }
  RudePeer(const RudePeer&) = delete;
  RudePeer& operator=(const RudePeer&) = delete;
  [[nodiscard]] std::uint16_t port() const { return peer_.port(); }

 private:
  std::string text_;
  DeafListener peer_;
  int fd_ = -1;
  Timer accept_;
};

TEST(WebsocketFailure, PeerThatSpeaksAnotherProtocol) {
  Loop loop;
  const RudePeer peer{loop, "220 mail.example.com ESMTP ready\r\n\r\n"};
  const Error why = failure_of(loop, local_endpoint(peer.port()));
  EXPECT_EQ(why.code, ErrorCode::Malformed);
  EXPECT_THAT(why.context, HasSubstr("does not speak the websocket protocol"));
}

TEST(WebsocketFailure, PeerThatHangsUpInTheMiddle) {
  for (const char* text : {"", "HTTP/1.1 101 Switching"}) {
    Loop loop;
    const RudePeer peer{loop, text};
    const Error why = failure_of(loop, local_endpoint(peer.port()));
    EXPECT_EQ(why.code, ErrorCode::Io);
    EXPECT_THAT(why.context, HasSubstr("ended without a word of goodbye"));
  }
}

TEST(WebsocketFailure, CanBeOpenedAgainFromOnClosed) {
  Loop loop;
  DeafListener nobody;
  nobody.close();
  Listener listener{loop, local_endpoint(nobody.port())};
  listener.on_closed = [&] {
    if (listener.ends.size() < 5) listener.client->open();
  };
  listener.client->open();
  ASSERT_TRUE(run_until(loop, [&] { return listener.ends.size() == 5; }));
}

TEST(WebsocketFailure, DestroyingTheClientWhileItConnectsIsSilent) {
  Loop loop;
  const DeafListener peer;
  for (const bool tls : {false, true}) {
    Listener listener{loop, local_endpoint(peer.port(), tls)};
    listener.client->open();
    settle(loop);
    listener.client.reset();
    settle(loop);
    EXPECT_THAT(listener.ends, SizeIs(0));
  }
}

}  // namespace
}  // namespace proteus::net
