#include "connectors/net/http_client.hpp"
#include "tests/unit/net/support.hpp"

namespace proteus::net {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

using Answers = std::vector<Result<HttpResponse>>;

/// A server whose answers the test writes, and a client.
struct Http : testing::Test {
  void serve(std::function<void(const HttpRequest&, Responder)> answer, ServerOptions limits = {}) {
    ServerHandlers handlers;
    handlers.on_http = [this, answer = std::move(answer)](const HttpRequest& request, Responder r) {
      requests.push_back(request);
      answer(request, std::move(r));
    };
    server = Server::create(loop, std::move(limits), std::move(handlers)).value();
  }
  /// Waits for one answer to a GET.
  Result<HttpResponse> get(HttpClient& client, const std::string& target, Duration deadline = 5s) {
    std::optional<Result<HttpResponse>> answer;
    client.get(target, deadline, [&](Result<HttpResponse> r) { answer.emplace(std::move(r)); });
    EXPECT_FALSE(answer) << "never from inside the call";
    if (!run_until(loop, [&] { return answer.has_value(); })) {
      return error(ErrorCode::Timeout, "the test waited for nothing");
    }
    return std::move(*answer);
  }
  [[nodiscard]] Endpoint base() const { return local_endpoint(server->port()); }

  Loop loop;
  std::unique_ptr<Server> server;
  std::vector<HttpRequest> requests;
};

TEST_F(Http, AnswersWithStatusHeadersAndBody) {
  serve([](const HttpRequest&, const Responder& r) {
    r.respond({200, R"({"retCode":0})", "application/json", {{"X-Bapi-Limit-Status", "49"}}});
  });
  HttpClient client{loop, base(), {}};
  const HttpResponse answer = get(client, "/v5/market/time?a=b%20c").value();
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(answer.body, R"({"retCode":0})");
  EXPECT_EQ(answer.header("x-bapi-limit-status"), "49");
  EXPECT_EQ(answer.header("content-type"), "application/json");
  EXPECT_GT(answer.elapsed, 0ns);
  EXPECT_LT(answer.elapsed, 5s);
  ASSERT_THAT(requests, SizeIs(1));
  EXPECT_EQ(requests[0].method, "GET");
  EXPECT_EQ(requests[0].target, "/v5/market/time?a=b%20c");
  EXPECT_EQ(find_header(requests[0].headers, "user-agent"), "proteus/0.1");
  EXPECT_EQ(find_header(requests[0].headers, "host"), to_string(base()));
}

TEST_F(Http, SendsMethodHeadersAndBody) {
  serve([](const HttpRequest&, const Responder& r) { r.respond({201, ""}); });
  Endpoint prefixed = base();
  prefixed.path = "/proxy/";
  HttpClient client{loop, prefixed, {}};
  unsigned status = 0;
  HttpRequest order("POST", "/v5/order/create", {{"X-BAPI-SIGN", "abc"}}, R"({"side":"Buy"})");
  client.request(order, 5s, [&](auto answer) { status = answer.value().status; });
  ASSERT_TRUE(run_until(loop, [&] { return status != 0; }));
  EXPECT_EQ(status, 201U);
  EXPECT_EQ(requests[0].method, "POST");
  EXPECT_EQ(requests[0].target, "/proxy/v5/order/create");
  EXPECT_EQ(requests[0].body, R"({"side":"Buy"})");
  EXPECT_EQ(find_header(requests[0].headers, "x-bapi-sign"), "abc");
}

TEST_F(Http, PassesErrorPagesThrough) {
  serve([](const HttpRequest&, const Responder& r) {
    r.respond({502, "<html>bad gateway</html>", "text/html"});
  });
  HttpClient client{loop, base(), {}};
  const HttpResponse answer = get(client, "/").value();
  EXPECT_EQ(answer.status, 502U);
  EXPECT_EQ(answer.body, "<html>bad gateway</html>");
}

TEST_F(Http, KeepsOneConnectionForRequestsThatFollowEachOther) {
  serve([](const HttpRequest&, const Responder& r) { r.respond({200, "x"}); });
  HttpClient client{loop, base(), {}};
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(get(client, "/"));
    EXPECT_EQ(client.connections(), 1U);
    EXPECT_EQ(server->connections(), 1U);
  }
  // Also when the next request is made inside the callback of the one before.
  int chained = 0;
  std::function<void(Result<HttpResponse>)> again = [&](const Result<HttpResponse>& answer) {
    ASSERT_TRUE(answer);
    if (++chained < 20) client.get("/", 5s, again);
  };
  client.get("/", 5s, again);
  ASSERT_TRUE(run_until(loop, [&] { return chained == 20; }));
  EXPECT_EQ(client.connections(), 1U);
}

TEST_F(Http, OpensNoMoreConnectionsThanAllowedAndAnswersAll) {
  std::size_t most = 0;
  std::vector<Responder> held;
  serve([&](const HttpRequest&, const Responder& r) {
    most = std::max(most, server->connections());
    held.push_back(r);
  });
  HttpClient client{loop, base(), {}};
  std::vector<std::string> order;
  for (int i = 0; i < 50; ++i) {
    client.get("/" + std::to_string(i), 5s,
               [&](const Result<HttpResponse>& answer) { order.push_back(answer.value().body); });
  }
  EXPECT_EQ(client.waiting(), 46U);
  const Timer answering = loop.every(1ms, [&] {
    for (const Responder& r : std::exchange(held, {})) r.respond({200, "x"});
  });
  ASSERT_TRUE(run_until(loop, [&] { return order.size() == 50; }));
  EXPECT_EQ(most, 4U);
  std::vector<std::string> first_four;
  for (int i = 0; i < 4; ++i) first_four.push_back(requests[static_cast<std::size_t>(i)].target);
  EXPECT_THAT(first_four, testing::UnorderedElementsAre("/0", "/1", "/2", "/3"));
}

TEST_F(Http, RefusesWhenTooManyWait) {
  serve([](const HttpRequest&, const Responder& r) { r.respond({200, "x"}); });
  HttpOptions options;
  options.connections_max = 1;
  options.waiting_max = 1;
  HttpClient client{loop, base(), options};
  Answers answers;
  for (int i = 0; i < 3; ++i) {
    client.get("/", 5s, [&](Result<HttpResponse> r) { answers.push_back(std::move(r)); });
  }
  EXPECT_THAT(answers, SizeIs(0));
  ASSERT_TRUE(run_until(loop, [&] { return answers.size() == 3; }));
  ASSERT_FALSE(answers[0]) << "the refusal needs no network and comes first";
  EXPECT_EQ(answers[0].error().code, ErrorCode::Busy);
  EXPECT_TRUE(answers[1]);
  EXPECT_TRUE(answers[2]);
}

TEST_F(Http, HoldsTheDeadlineAndGoesOn) {
  std::vector<Responder> never;
  serve([&](const HttpRequest& request, const Responder& r) {
    request.target == "/slow" ? never.push_back(r) : r.respond({200, "x"});
  });
  HttpOptions options;
  options.connections_max = 1;
  HttpClient client{loop, base(), options};
  Answers waited;
  client.get("/slow", 60ms, [&](Result<HttpResponse> r) { waited.push_back(std::move(r)); });
  client.get("/behind", 30ms, [&](Result<HttpResponse> r) { waited.push_back(std::move(r)); });
  client.get("/next", 5s, [&](Result<HttpResponse> r) { waited.push_back(std::move(r)); });
  ASSERT_TRUE(run_until(loop, [&] { return waited.size() == 3; }));
  ASSERT_FALSE(waited[0]);
  EXPECT_EQ(waited[0].error().code, ErrorCode::Timeout);
  EXPECT_THAT(waited[0].error().context, HasSubstr("no answer to GET /behind within 30 ms"));
  ASSERT_FALSE(waited[1]);
  EXPECT_THAT(waited[1].error().context, HasSubstr("no answer to GET /slow within 60 ms"));
  EXPECT_TRUE(waited[2]);
}

TEST_F(Http, BoundsTheBody) {
  serve([](const HttpRequest& request, const Responder& r) {
    r.respond({200, std::string(request.target == "/1000" ? 1000 : 1001, 'x')});
  });
  HttpOptions options;
  options.body_max_bytes = 1000;
  HttpClient client{loop, base(), options};
  EXPECT_EQ(get(client, "/1000").value().body.size(), 1000U);
  const auto large = get(client, "/1001");
  ASSERT_FALSE(large);
  EXPECT_EQ(large.error().code, ErrorCode::OutOfRange);
  EXPECT_THAT(large.error().context, HasSubstr("larger than the bound of 1000 bytes"));
}

TEST_F(Http, SendsAGetAgainWhenTheKeptConnectionTurnsOutClosed) {
  // The server hangs up on the second request of every connection, before it answers.
  int on_this_connection = 0;
  int dropped = 0;
  serve([&](const HttpRequest&, const Responder& r) {
    if (++on_this_connection == 1) return r.respond({200, "x"});
    on_this_connection = 0;
    ++dropped;
    r.drop();
  });
  HttpClient client{loop, base(), {}};
  EXPECT_TRUE(get(client, "/1"));
  const auto second = get(client, "/2");
  EXPECT_TRUE(second) << second.error().context;
  EXPECT_EQ(dropped, 1);
  EXPECT_THAT(requests, SizeIs(3));
}

TEST_F(Http, NeverSendsAPostTwice) {
  int count = 0;
  serve([&](const HttpRequest&, const Responder& r) {
    ++count == 1 ? r.respond({200, "x"}) : r.drop();
  });
  HttpClient client{loop, base(), {}};
  ASSERT_TRUE(get(client, "/warm"));
  std::optional<Error> why;
  client.request({"POST", "/order", {}, "{}"}, 5s, [&](const auto& r) { why = r.error(); });
  ASSERT_TRUE(run_until(loop, [&] { return why.has_value(); }));
  EXPECT_EQ(why->code, ErrorCode::Io);
  EXPECT_EQ(count, 2);
}

TEST_F(Http, AGetOnANewConnectionIsNotSentAgain) {
  serve([](const HttpRequest&, const Responder& r) { r.drop(); });
  HttpClient client{loop, base(), {}};
  const auto answer = get(client, "/");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::Io);
  EXPECT_THAT(requests, SizeIs(1));
}

TEST_F(Http, NoticesThatAnIdleConnectionWasClosed) {
  ServerOptions limits;
  limits.idle_max = 30ms;
  serve([](const HttpRequest&, const Responder& r) { r.respond({200, "x"}); }, limits);
  HttpClient client{loop, base(), {}};
  ASSERT_TRUE(get(client, "/"));
  EXPECT_EQ(client.connections(), 1U);
  ASSERT_TRUE(run_until(loop, [&] { return client.connections() == 0; }));
}

TEST_F(Http, ClosesItsOwnIdleConnections) {
  serve([](const HttpRequest&, const Responder& r) { r.respond({200, "x"}); });
  HttpOptions options;
  options.idle_max = 30ms;
  HttpClient client{loop, base(), options};
  ASSERT_TRUE(get(client, "/"));
  ASSERT_TRUE(run_until(loop, [&] { return server->connections() == 0; }));
  EXPECT_EQ(client.connections(), 0U);
  EXPECT_TRUE(get(client, "/"));
}

TEST_F(Http, TellsWhyNothingWasSent) {
  DeafListener nobody;
  nobody.close();
  HttpClient refused{loop, local_endpoint(nobody.port()), {}};
  EXPECT_EQ(get(refused, "/").error().code, ErrorCode::Refused);
  Endpoint unknown = local_endpoint(80);
  unknown.host = std::string(70, 'a') + ".invalid";
  HttpClient lost{loop, unknown, {}};
  EXPECT_EQ(get(lost, "/").error().code, ErrorCode::NotFound);
  EXPECT_EQ(lost.connections(), 0U);
}

TEST_F(Http, SpeaksTls) {
  TemporaryFolder folder;
  ServerOptions secure;
  secure.tls = certificate_for({"localhost"});
  serve([](const HttpRequest&, const Responder& r) { r.respond({200, "secret"}); }, secure);
  HttpOptions options;
  options.ca_file = folder.write("ca.pem", secure.tls->certificate);
  HttpClient client{loop, local_endpoint(server->port(), true), options};
  for (int i = 0; i < 3; ++i) EXPECT_EQ(get(client, "/").value().body, "secret");
  EXPECT_EQ(server->connections(), 1U);
  HttpClient distrustful{loop, local_endpoint(server->port(), true), {}};
  const auto answer = get(distrustful, "/");
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().context, HasSubstr("self-signed and not trusted"));
}

TEST_F(Http, MayBeDestroyedInsideItsCallback) {
  serve([](const HttpRequest&, const Responder& r) { r.respond({200, "x"}); });
  auto client = std::make_unique<HttpClient>(loop, base(), HttpOptions{});
  int calls = 0;
  for (int i = 0; i < 10; ++i) {
    client->get("/", 5s, [&](const auto&) {
      ++calls;
      client.reset();
    });
  }
  ASSERT_TRUE(run_until(loop, [&] { return client == nullptr; }));
  settle(loop);
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(server->connections(), 0U);
}

TEST_F(Http, AHandlerThatForgetsToAnswerGives500) {
  serve([](const HttpRequest&, const Responder&) {});
  HttpClient client{loop, base(), {}};
  EXPECT_EQ(get(client, "/").value().status, 500U);
}

TEST_F(Http, OnlyTheFirstAnswerCounts) {
  std::vector<Responder> kept;
  serve([&](const HttpRequest&, const Responder& r) {
    kept.push_back(r);
    r.respond({200, "first"});
    r.respond({200, "second"});
  });
  HttpClient client{loop, base(), {}};
  EXPECT_EQ(get(client, "/").value().body, "first");
  kept[0].respond({200, "late"});
  EXPECT_EQ(get(client, "/").value().body, "first");
}

TEST_F(Http, RequestsPastTheServersBoundAreToldSo) {
  ServerOptions limits;
  limits.body_max_bytes = 100;
  serve([](const HttpRequest&, const Responder& r) { r.respond({200, "x"}); }, limits);
  HttpClient client{loop, base(), {}};
  unsigned status = 0;
  client.request({"POST", "/", {}, std::string(2'000'000, 'x')}, 5s, [&](const auto& answer) {
    ASSERT_TRUE(answer) << answer.error().context;
    status = answer.value().status;
  });
  ASSERT_TRUE(run_until(loop, [&] { return status != 0; }));
  EXPECT_EQ(status, 413U);
  EXPECT_THAT(requests, SizeIs(0));
}

TEST_F(Http, ServesHttpAndWebsocketsOnOnePort) {
  const Echo echo{loop};
  HttpClient client{loop, local_endpoint(echo.server->port()), {}};
  EXPECT_EQ(get(client, "/").value().status, 404U);
  Listener listener{loop, local_endpoint(echo.server->port())};
  listener.client->open();
  ASSERT_TRUE(run_until(loop, listener.is_open()));
  EXPECT_EQ(echo.server->websockets(), 1U);
  EXPECT_EQ(echo.server->connections(), 2U);
}

TEST(Server, SaysWhyItCannotListen) {
  Loop loop;
  const Echo first{loop};
  ServerOptions options;
  options.port = first.server->port();
  EXPECT_EQ(Server::create(loop, options, {}).error().code, ErrorCode::Busy);
  options.bind = "not an address";
  EXPECT_EQ(Server::create(loop, options, {}).error().code, ErrorCode::Malformed);
  ServerOptions bad_key;
  bad_key.tls = PemPair{certificate_for({"a"}).certificate, certificate_for({"b"}).key};
  EXPECT_EQ(Server::create(loop, bad_key, {}).error().code, ErrorCode::Malformed);
}

TEST(Server, ResetsConnectionsPastItsBound) {
  Loop loop;
  ServerOptions options;
  options.connections_max = 2;
  ServerHandlers handlers;
  handlers.on_ws_accept = [](Connection, const HttpRequest&) { return 101U; };
  const auto server = Server::create(loop, options, handlers).value();
  std::vector<std::unique_ptr<Listener>> listeners;
  for (int i = 0; i < 3; ++i) {
    listeners.push_back(std::make_unique<Listener>(loop, local_endpoint(server->port())));
    listeners.back()->client->open();
    ASSERT_TRUE(run_until(
        loop, [&] { return listeners.back()->opened > 0 || !listeners.back()->ends.empty(); }));
  }
  EXPECT_EQ(server->websockets(), 2U);
  EXPECT_THAT(listeners[2]->ends, SizeIs(1));
}

TEST(Certificate, RefusesWhatCannotStandInOne) {
  CertificateRequest request;
  EXPECT_EQ(make_self_signed(request).error().code, ErrorCode::OutOfRange);
  request.names = {"two names"};
  EXPECT_EQ(make_self_signed(request).error().code, ErrorCode::OutOfRange);
  request.names = {"a,DNS:b"};
  EXPECT_EQ(make_self_signed(request).error().code, ErrorCode::OutOfRange);
  request.names = {"localhost"};
  request.valid_until = request.valid_from;
  EXPECT_EQ(make_self_signed(request).error().code, ErrorCode::OutOfRange);
}

}  // namespace
}  // namespace proteus::net
