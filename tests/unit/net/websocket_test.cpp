#include "tests/unit/net/support.hpp"

namespace proteus::net {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

/// Every test of this suite runs over plain TCP and over TLS.
class Websocket : public testing::TestWithParam<bool> {
 protected:
  static void SetUpTestSuite() {
    folder = new TemporaryFolder;
    pair = new PemPair(certificate_for({"localhost"}));
    ca_file = folder->write("ca.pem", pair->certificate);
  }
  static void TearDownTestSuite() {
    delete std::exchange(folder, nullptr);
    delete std::exchange(pair, nullptr);
  }

  [[nodiscard]] static std::optional<PemPair> tls() {
    return GetParam() ? std::optional{*pair} : std::nullopt;
  }
  [[nodiscard]] static ClientOptions options() {
    ClientOptions options;
    if (GetParam()) options.ca_file = ca_file;
    return options;
  }
  [[nodiscard]] static Endpoint to(const Server& server, std::string path = "/") {
    return local_endpoint(server.port(), GetParam(), std::move(path));
  }
  /// An open client on an echo server.
  void connect() {
    listener.client->open();
    ASSERT_TRUE(run_until(loop, listener.is_open()))
        << (listener.ends.empty() ? "" : listener.ends[0].context);
  }

  static inline TemporaryFolder* folder = nullptr;
  static inline PemPair* pair = nullptr;
  static inline std::string ca_file;

  Loop loop;
  Echo echo{loop, tls()};
  Listener listener{loop, to(*echo.server, "/v5/public/linear?x=1"), options()};
};

INSTANTIATE_TEST_SUITE_P(Over, Websocket, testing::Bool(),
                         [](const auto& over) { return over.param ? "Tls" : "Plain"; });

TEST_P(Websocket, BringsBackWhatWasSentInOrder) {
  connect();
  const std::string large(300'000, 'x');
  std::vector<std::string> sent{"", "one", large};
  for (int i = 0; i < 500; ++i) sent.push_back("message " + std::to_string(i));
  for (const std::string& text : sent) ASSERT_TRUE(listener.client->send(text));
  ASSERT_TRUE(run_until(loop, [&] { return listener.texts.size() == sent.size(); }));
  EXPECT_EQ(listener.texts, sent);
  EXPECT_EQ(echo.target, "/v5/public/linear?x=1");
  EXPECT_EQ(listener.client->queued_bytes(), 0U);
}

TEST_P(Websocket, NeverCallsBackFromInsideACall) {
  listener.client->open();
  listener.client->close();
  EXPECT_TRUE(listener.ends.empty());
  EXPECT_FALSE(listener.client->is_closed());
  ASSERT_TRUE(run_until(loop, listener.has_ended()));
  EXPECT_EQ(listener.opened, 0);
  EXPECT_THAT(listener.ends[0].context, HasSubstr("closed, as asked"));
}

TEST_P(Websocket, RefusesToQueueWhenItIsNotOpenOrFull) {
  EXPECT_EQ(listener.client->send("x").error().code, ErrorCode::Io);
  ClientOptions small = options();
  small.max_queued_bytes = 10;
  Listener tight{loop, to(*echo.server), small};
  tight.client->open();
  ASSERT_TRUE(run_until(loop, tight.is_open()));
  EXPECT_TRUE(tight.client->send("1234567890"));
  const auto refused = tight.client->send("1");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::OutOfRange);
  ASSERT_TRUE(run_until(loop, [&] { return tight.texts.size() == 1; }));
  EXPECT_TRUE(tight.client->send("2"));
  ASSERT_TRUE(run_until(loop, [&] { return tight.texts.size() == 2; }));
  EXPECT_THAT(tight.texts, ElementsAre("1234567890", "2"));
}

TEST_P(Websocket, CloseSendsWhatIsQueuedFirst) {
  connect();
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(listener.client->send(std::to_string(i)));
  listener.client->close();
  EXPECT_FALSE(listener.client->send("too late"));
  ASSERT_TRUE(run_until(loop, [&] { return echo.closed == 1 && !listener.ends.empty(); }));
  EXPECT_THAT(echo.received, SizeIs(100));
  EXPECT_THAT(listener.ends, SizeIs(1));
  EXPECT_THAT(listener.ends[0].context, HasSubstr("closed, as asked"));
}

TEST_P(Websocket, CloseDoesNotWaitForeverForAPeerThatIsSilent) {
  ClientOptions hasty = options();
  hasty.close_deadline = 30ms;
  Listener other{loop, to(*echo.server), hasty};
  other.client->open();
  ASSERT_TRUE(run_until(loop, other.is_open()));
  echo.server->mute(echo.last, true);
  other.client->close();
  ASSERT_TRUE(run_until(loop, other.has_ended(), 1s));
  EXPECT_THAT(other.ends[0].context, HasSubstr("closed, as asked"));
}

TEST_P(Websocket, TellsTheCodeOfThePeersClose) {
  connect();
  echo.server->close(echo.last, 1012);
  ASSERT_TRUE(run_until(loop, [&] { return echo.closed == 1 && !listener.ends.empty(); }));
  EXPECT_THAT(listener.ends[0].context, HasSubstr("closed by the other side, code 1012"));
  EXPECT_EQ(listener.ends[0].code, ErrorCode::Io);
  EXPECT_THAT(listener.ends, SizeIs(1));
}

TEST_P(Websocket, ABurstArrivesWholeAndInOrderBeforeTheClose) {
  connect();
  std::vector<std::string> sent;
  for (int i = 0; i < 3000; ++i) {
    sent.push_back(std::to_string(i) + std::string(i % 7 == 0 ? 5000 : 10, '.'));
    echo.server->send(echo.last, std::make_shared<const std::string>(sent.back()));
    if (i == 1500) echo.server->ping(echo.last, "in between");
  }
  std::size_t bytes = 0;
  for (const std::string& text : sent) bytes += text.size();
  EXPECT_EQ(echo.server->queued_bytes(echo.last), bytes);
  echo.server->close(echo.last, 1001);
  ASSERT_TRUE(run_until(loop, listener.has_ended()));
  EXPECT_EQ(listener.texts, sent);
  EXPECT_THAT(listener.ends[0].context, HasSubstr("code 1001"));
  EXPECT_THAT(echo.pongs, ElementsAre("in between"));
  EXPECT_EQ(echo.drained, 1);
}

TEST_P(Websocket, TellsAReset) {
  connect();
  echo.server->drop(echo.last);
  EXPECT_EQ(echo.closed, 0) << "never from inside the call";
  ASSERT_TRUE(run_until(loop, [&] { return echo.closed == 1 && !listener.ends.empty(); }));
  EXPECT_THAT(listener.ends[0].context, HasSubstr("reset"));
  EXPECT_EQ(listener.ends[0].code, ErrorCode::Io);
}

TEST_P(Websocket, PausingLosesNothing) {
  connect();
  listener.client->set_reading(false);
  settle(loop);
  std::vector<std::string> sent;
  for (int i = 0; i < 2000; ++i) {
    sent.push_back(std::to_string(i) + std::string(2000, '.'));
    echo.server->send(echo.last, std::make_shared<const std::string>(sent.back()));
  }
  settle(loop);
  EXPECT_THAT(listener.texts, SizeIs(0));
  // The pause may also begin inside the callback, in the middle of a burst.
  listener.on_text = [&] {
    if (listener.texts.size() == 1000) listener.client->set_reading(false);
  };
  listener.client->set_reading(true);
  ASSERT_TRUE(run_until(loop, [&] { return listener.texts.size() == 1000; }));
  settle(loop);
  EXPECT_THAT(listener.texts, SizeIs(1000));
  listener.client->set_reading(true);
  ASSERT_TRUE(run_until(loop, [&] { return listener.texts.size() == 2000; }));
  EXPECT_EQ(listener.texts, sent);
}

TEST_P(Websocket, APauseInTheCallbackLeavesTheNextPingUnanswered) {
  connect();
  listener.on_text = [&] { listener.client->set_reading(false); };
  echo.server->send(echo.last, std::make_shared<const std::string>("the last before the pause"));
  ASSERT_TRUE(run_until(loop, [&] { return listener.texts.size() == 1; }));
  echo.server->ping(echo.last, "are you there");
  settle(loop);
  EXPECT_THAT(echo.pongs, SizeIs(0));
  listener.client->set_reading(true);
  ASSERT_TRUE(run_until(loop, [&] { return echo.pongs.size() == 1; }));
}

TEST_P(Websocket, AReaderThatRestsIsFeltByTheSender) {
  connect();
  listener.client->set_reading(false);
  const auto text = std::make_shared<const std::string>(1U << 20U, 'x');
  for (int i = 0; i < 32; ++i) echo.server->send(echo.last, text);
  settle(loop);
  EXPECT_GT(echo.server->queued_bytes(echo.last), 8U << 20U);
  EXPECT_EQ(echo.drained, 0);
  listener.client->set_reading(true);
  ASSERT_TRUE(run_until(loop, [&] { return listener.texts.size() == 32; }));
  EXPECT_EQ(echo.server->queued_bytes(echo.last), 0U);
  EXPECT_EQ(echo.drained, 1);
}

TEST_P(Websocket, AMutedConnectionIsHalfOpenUntilItIsNot) {
  connect();
  ASSERT_TRUE(listener.client->send("before"));
  ASSERT_TRUE(run_until(loop, [&] { return listener.texts.size() == 1; }));
  echo.server->mute(echo.last, true);
  ASSERT_TRUE(listener.client->send("during"));
  echo.server->send(echo.last, std::make_shared<const std::string>("from the server"));
  echo.server->ping(echo.last, "are you there");
  settle(loop);
  EXPECT_THAT(echo.received, ElementsAre("before"));
  EXPECT_THAT(listener.texts, ElementsAre("before"));
  EXPECT_THAT(echo.pongs, SizeIs(0));
  EXPECT_TRUE(listener.ends.empty());
  echo.server->mute(echo.last, false);
  ASSERT_TRUE(run_until(loop, [&] { return listener.texts.size() == 3; }));
  EXPECT_THAT(listener.texts, ElementsAre("before", "from the server", "during"));
  ASSERT_TRUE(run_until(loop, [&] { return echo.pongs.size() == 1; }));
}

TEST_P(Websocket, AMutedConnectionCanStillBeDropped) {
  connect();
  echo.server->mute(echo.last, true);
  ASSERT_TRUE(listener.client->send("unread"));
  echo.server->send(echo.last, std::make_shared<const std::string>("unsent"));
  settle(loop);
  echo.server->drop(echo.last);
  ASSERT_TRUE(run_until(loop, [&] { return echo.closed == 1 && !listener.ends.empty(); }));
  EXPECT_THAT(listener.texts, SizeIs(0));
}

TEST_P(Websocket, AnswersPings) {
  connect();
  for (const char* payload : {"a", "b", "c"}) echo.server->ping(echo.last, payload);
  ASSERT_TRUE(run_until(loop, [&] { return echo.pongs.size() == 3; }));
  EXPECT_THAT(echo.pongs, ElementsAre("a", "b", "c"));
}

TEST_P(Websocket, RefusesAMessagePastTheBoundByName) {
  ClientOptions small = options();
  small.max_frame_bytes = 1000;
  Listener other{loop, to(*echo.server), small};
  other.client->open();
  ASSERT_TRUE(run_until(loop, other.is_open()));
  echo.server->send(echo.last, std::make_shared<const std::string>(1000, 'x'));
  echo.server->send(echo.last, std::make_shared<const std::string>(1001, 'x'));
  ASSERT_TRUE(run_until(loop, other.has_ended()));
  EXPECT_THAT(other.texts, SizeIs(1));
  EXPECT_EQ(other.ends[0].code, ErrorCode::OutOfRange);
  EXPECT_THAT(other.ends[0].context, HasSubstr("larger than the bound of 1000 bytes"));
}

TEST_P(Websocket, ASlowReaderIsDroppedAtTheServersBound) {
  ServerOptions limits;
  limits.tls = tls();
  limits.max_queued_bytes = 100'000;
  Connection id{};
  int closed = 0;
  ServerHandlers handlers;
  handlers.on_ws_accept = [&](Connection c, const HttpRequest&) { return id = c, 101U; };
  handlers.on_ws_closed = [&](Connection) { ++closed; };
  const auto server = Server::create(loop, limits, handlers).value();
  Listener other{loop, to(*server), options()};
  other.client->open();
  ASSERT_TRUE(run_until(loop, other.is_open()));
  server->mute(id, true);
  for (int i = 0; i < 11; ++i) server->send(id, std::make_shared<const std::string>(10'000, 'x'));
  ASSERT_TRUE(run_until(loop, [&] { return closed == 1; }));
  EXPECT_EQ(server->websockets(), 0U);
}

TEST_P(Websocket, MayBeDestroyedInsideEachOfItsCallbacks) {
  for (int where = 0; where < 3; ++where) {
    Listener victim{loop, to(*echo.server), options()};
    const auto destroy = [&victim] { victim.client.reset(); };
    if (where == 0) victim.on_open = destroy;
    if (where == 1) victim.on_text = destroy;
    if (where == 2) victim.on_closed = destroy;
    if (where != 0) {
      victim.on_open = [&] { EXPECT_TRUE(victim.client->send("hello")); };
    }
    if (where == 2) victim.on_text = [&] { victim.client->close(); };
    victim.client->open();
    ASSERT_TRUE(run_until(loop, [&] { return !victim.client; })) << where;
    settle(loop);
    EXPECT_EQ(victim.ends.size(), where == 2 ? 1U : 0U) << where;
  }
  ASSERT_TRUE(run_until(loop, [&] { return echo.closed == 3; }));
}

TEST_P(Websocket, TheServerMayBeDestroyedInsideItsCallback) {
  connect();
  ServerHandlers handlers;
  std::unique_ptr<Server> server;
  int closed = 0;
  handlers.on_ws_accept = [](Connection, const HttpRequest&) { return 101U; };
  handlers.on_ws_text = [&](Connection, std::string_view) { server.reset(); };
  handlers.on_ws_closed = [&](Connection) { ++closed; };
  ServerOptions plain;
  plain.tls = tls();
  server = Server::create(loop, plain, handlers).value();
  Listener other{loop, to(*server), options()};
  other.client->open();
  ASSERT_TRUE(run_until(loop, other.is_open()));
  ASSERT_TRUE(other.client->send("the end"));
  ASSERT_TRUE(run_until(loop, other.has_ended()));
  EXPECT_EQ(server, nullptr);
  EXPECT_EQ(closed, 0);
}

TEST_P(Websocket, ReopensManyTimesAndLeaksNoDescriptor) {
  const int rounds = GetParam() ? 200 : 1000;
  connect();
  listener.client->close();
  ASSERT_TRUE(run_until(loop, listener.has_ended()));
  settle(loop);
  const std::size_t before = open_descriptors();
  listener.on_open = [&] {
    // Every way to go: orderly from here, orderly from there, reset.
    if (listener.opened % 3 == 0) return listener.client->close();
    if (listener.opened % 3 == 1) return echo.server->close(echo.last);
    echo.server->drop(echo.last);
  };
  listener.on_closed = [&] {
    if (listener.opened < rounds) listener.client->open();
  };
  listener.client->open();
  ASSERT_TRUE(run_until(
      loop, [&] { return listener.opened == rounds && listener.client->is_closed(); }, 60s));
  ASSERT_TRUE(run_until(loop, [&] { return echo.server->connections() == 0; }));
  EXPECT_EQ(listener.ends.size(), static_cast<std::size_t>(rounds));
  EXPECT_EQ(open_descriptors(), before);
}

TEST_P(Websocket, OneTextGoesToManyReadersWithoutACopy) {
  std::vector<Connection> readers;
  ServerHandlers handlers;
  handlers.on_ws_accept = [](Connection, const HttpRequest&) { return 101U; };
  handlers.on_ws_open = [&](Connection id) { readers.push_back(id); };
  ServerOptions plain;
  plain.tls = tls();
  const auto server = Server::create(loop, plain, handlers).value();
  std::vector<std::unique_ptr<Listener>> listeners;
  for (int i = 0; i < 20; ++i) {
    listeners.push_back(std::make_unique<Listener>(loop, to(*server), options()));
    listeners.back()->client->open();
  }
  ASSERT_TRUE(run_until(loop, [&] { return readers.size() == 20; }));
  const auto text = std::make_shared<const std::string>("for all");
  for (const Connection id : readers) server->send(id, text);
  ASSERT_TRUE(run_until(loop, [&] {
    return std::ranges::all_of(listeners, [](const auto& l) { return l->texts.size() == 1; });
  }));
  EXPECT_EQ(text.use_count(), 1);
  EXPECT_EQ(server->websockets(), 20U);
  server->stop();
  ASSERT_TRUE(run_until(loop, [&] {
    return std::ranges::all_of(listeners, [](const auto& l) { return l->ends.size() == 1; });
  }));
}

}  // namespace
}  // namespace proteus::net
