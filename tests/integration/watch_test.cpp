// What lets a daemon be left alone, on a daemon that runs: alarms that arrive, figures that can be
// fetched, a service manager that is told.
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

#include "connectors/net/http_client.hpp"
#include "connectors/net/server.hpp"
#include "tests/integration/child.hpp"
#include "tests/integration/scripted_venue.hpp"
#include "tests/unit/tools/exposition_format.hpp"

namespace proteus::app {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

net::HttpResponse fetch(net::Loop& loop, std::uint16_t port, const std::string& path,
                        const std::string& method = "GET") {
  net::HttpClient client(loop, {"127.0.0.1", port}, {});
  std::optional<Result<net::HttpResponse>> answer;
  client.request(net::HttpRequest(method, path), 20s,
                 [&](Result<net::HttpResponse> a) { answer.emplace(std::move(a)); });
  EXPECT_TRUE(run_until(loop, [&] { return answer.has_value(); }));
  EXPECT_TRUE(answer->has_value()) << answer->error().context;
  return answer->has_value() ? answer->value() : net::HttpResponse();
}

const Overrides kMetrics = {"metrics.enabled=true", "metrics.port=0"};

TEST(Metrics, OfARunningDaemonAreWellFormedAndSayWhatTheStatusSays) {
  const Folder folder;
  net::Loop loop;
  Exchange exchange(loop);
  Daemon daemon(loop, paced() + in(folder) + exchange.where() + kMetrics);
  ASSERT_TRUE(daemon.run_to_bars(60)) << daemon.status();
  const auto answer = fetch(loop, daemon.metrics_port(), "/metrics");
  const std::string status = daemon.status();

  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(answer.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  const auto read = exposition::parse(answer.body);
  ASSERT_EQ(read.error, "") << answer.body;
  // The exchange went on while the page came, so counts may have grown since.
  const auto bars = read.value("proteus_bars_total");
  ASSERT_TRUE(bars.has_value());
  EXPECT_GE(*bars, 60);
  EXPECT_LE(*bars, static_cast<double>(figure(status, "bars")));
  EXPECT_EQ(read.value("proteus_feed_live"), 1);
  EXPECT_EQ(read.value("proteus_trading_state", {{"state", "active"}}), 1);
  EXPECT_EQ(read.value("proteus_trading_state", {{"state", "halted"}}), 0);
  EXPECT_EQ(read.value("proteus_initial"), 10'000);
  EXPECT_GT(read.value("proteus_mark", {{"instrument", "linear:BTCUSDT"}}), 0);
  EXPECT_TRUE(read.value("proteus_position", {{"instrument", "linear:ETHUSDT"}}).has_value());
  EXPECT_GT(read.value("proteus_log_committed_bytes_total"), 0);
  EXPECT_TRUE(read.value("proteus_feed_topic_live",
                         {{"topic", "kline.1.BTCUSDT"}, {"stream", "public:linear#0"}})
                  .has_value());
  double decisions = 0;
  for (const auto& [labels, count] : read.samples.at("proteus_decisions_total")) decisions += count;
  EXPECT_GE(decisions, *bars);
  // Cash and positions at their marks make the equity, here as everywhere.
  const auto profit = [&](const char* part) {
    return read.value("proteus_profit", {{"part", part}}).value_or(NAN);
  };
  EXPECT_NEAR(profit("total"), profit("price") - profit("fees") - profit("funding"), 1e-6);
  EXPECT_NEAR(*read.value("proteus_equity") - 10'000, profit("total"), 1e-6);
}

TEST(Metrics, AnswerOnlyWhatIsAsked) {
  const Folder folder;
  net::Loop loop;
  Exchange exchange(loop);
  Daemon daemon(loop, paced() + in(folder) + exchange.where() + kMetrics);
  ASSERT_TRUE(daemon.run_to_bars(4));
  const std::uint16_t port = daemon.metrics_port();
  EXPECT_EQ(fetch(loop, port, "/metrics", "POST").status, 405U);
  EXPECT_EQ(fetch(loop, port, "/").status, 404U);
  const auto healthy = fetch(loop, port, "/healthz");
  EXPECT_EQ(healthy.status, 200U);
  EXPECT_EQ(healthy.body.substr(0, 2), "ok") << healthy.body;
}

TEST(Metrics, APortThatIsTakenIsToldAtTheStartAndLeavesNothing) {
  const Folder folder;
  net::Loop loop;
  const auto other = net::Server::create(loop, {}, {});
  ASSERT_TRUE(other.has_value());
  const std::string port = std::to_string(other.value()->port());
  const auto loaded =
      load("", in(folder) + Overrides{"metrics.enabled=true", "metrics.port=" + port});
  ASSERT_TRUE(loaded.has_value()) << loaded.error().context;
  const auto daemon = TradingDaemon::create(loop, loaded.value());
  ASSERT_TRUE(daemon.has_error());
  EXPECT_THAT(daemon.error().context,
              AllOf(HasSubstr("/metrics cannot be served at 127.0.0.1:" + port),
                    HasSubstr("set metrics.port to another")));
  EXPECT_TRUE(entries(folder / "runs").empty());
}

/// Hears alarms.
struct Hook {
  explicit Hook(net::Loop& loop) {
    net::ServerHandlers handlers;
    handlers.on_http = [this](const net::HttpRequest& request, const net::Responder& reply) {
      bodies.push_back(request.body);
      reply.respond({200, ""});
    };
    server = std::move(net::Server::create(loop, {}, handlers).value());
  }
  [[nodiscard]] bool heard(const std::string& kind) const {
    for (const std::string& body : bodies)
      if (body.find("\"kind\":\"" + kind + "\"") != std::string::npos) return true;
    return false;
  }
  [[nodiscard]] Overrides where() const {
    return {fmt::format("alarms.webhook=http://127.0.0.1:{}/hook/s3cret", server->port()),
            "alarms.severity_min=info"};
  }
  std::vector<std::string> bodies;
  std::unique_ptr<net::Server> server;
};

TEST(DaemonAlarms, TellItsStartALostFeedItsReturnAndItsEnd) {
  const Folder folder;
  net::Loop loop;
  Exchange exchange(loop);
  Hook hook(loop);
  Daemon daemon(loop, paced() + in(folder) + exchange.where() + hook.where() + kMetrics +
                          Overrides{"alarms.feed_lost_longer=1s", "feed.backoff_min=8s",
                                    "feed.backoff_max=8s"});
  ASSERT_TRUE(daemon.run_to_bars(10)) << daemon.status();
  ASSERT_TRUE(run_until(loop, [&] { return hook.heard("daemon_started"); }));
  sim::FaultOrder cut;
  cut.kind = sim::FaultKind::Drop;
  cut.count = 1;
  ASSERT_FALSE(exchange.host().inject(cut).has_error());
  EXPECT_TRUE(run_until(loop, [&] { return hook.heard("feed_lost"); })) << daemon.status();
  const auto over = [&] {
    return std::ranges::any_of(hook.bodies, [](const std::string& body) {
      return body.find("feed_lost") != std::string::npos &&
             body.find("\"over\":true") != std::string::npos;
    });
  };
  EXPECT_TRUE(run_until(loop, over)) << daemon.status();
  daemon.stop();
  EXPECT_TRUE(hook.heard("daemon_stopped"));
  EXPECT_EQ(word(daemon.status(), "alarms.ways").find("s3cret"), std::string::npos);
  EXPECT_EQ(figure(daemon.status(), "alarms.raised"),
            static_cast<std::int64_t>(hook.bodies.size()));
}

TEST(DaemonAlarms, TheirSecretReachesNoFileOfTheSession) {
  const Folder folder;
  net::Loop loop;
  Exchange exchange(loop);
  Hook hook(loop);
  Daemon daemon(loop, paced() + in(folder) + exchange.where() + hook.where());
  ASSERT_TRUE(daemon.run_to_bars(10)) << daemon.status();
  ASSERT_TRUE(run_until(loop, [&] { return hook.heard("daemon_started"); }));
  daemon.stop();
  EXPECT_EQ(daemon.status().find("s3cret"), std::string::npos);
  int files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(daemon.folder()))
    if (entry.is_regular_file()) {
      ++files;
      EXPECT_EQ(read_all(entry.path()).find("s3cret"), std::string::npos) << entry.path();
    }
  EXPECT_GE(files, 4);
}

TEST(DaemonAlarms, ChangeNoDecision) {
  std::vector<std::string> hashes;
  for (const bool alarmed : {false, true}) {
    const Folder folder;
    net::Loop loop;
    Exchange exchange(loop);
    Hook hook(loop);
    Daemon daemon(loop, paced() + in(folder) + exchange.where() +
                            (alarmed ? hook.where() + kMetrics : Overrides{}));
    EXPECT_TRUE(daemon.run_to_bars(60)) << daemon.status();
    daemon.stop();
    const Log log = read_log(daemon.folder());
    std::string points;
    for (std::size_t i = 0; i < 25; ++i)
      points += fmt::format("{:016x} ", log.equity.at(i).ledger_hash);
    hashes.push_back(points);
  }
  EXPECT_EQ(hashes[0], hashes[1]);
}

/// The service manager's end: a datagram socket on a path.
class Manager {
 public:
  explicit Manager(const std::string& path) {
    fd_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    sockaddr_un at{};
    at.sun_family = AF_UNIX;
    std::memcpy(at.sun_path, path.data(), path.size());
    EXPECT_EQ(::bind(fd_, reinterpret_cast<sockaddr*>(&at), sizeof at), 0);
    ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
    ::setenv("WATCHDOG_USEC", "400000", 1);
  }
  ~Manager() {
    ::close(fd_);
    ::unsetenv("NOTIFY_SOCKET");
    ::unsetenv("WATCHDOG_USEC");
  }
  Manager(const Manager&) = delete;
  Manager& operator=(const Manager&) = delete;
  /// All that came since the last call, one message a line or more.
  std::string hear() {
    char text[4096];
    std::string fresh;
    for (ssize_t n = 0; (n = ::recv(fd_, text, sizeof text, 0)) >= 0;)
      fresh += std::string(text, static_cast<std::size_t>(n)) + "\n";
    all_ += fresh;
    return fresh;
  }
  [[nodiscard]] const std::string& all() const { return all_; }
  [[nodiscard]] bool has_heard(const std::string& what) {
    hear();
    return all_.find(what) != std::string::npos;
  }

 private:
  int fd_ = -1;
  std::string all_;
};

TEST(ServiceManager, IsToldWhenTheFeedIsLiveThatTheLoopTurnsAndTheEnd) {
  const Folder folder;
  Manager manager(folder / "notify");
  net::Loop loop;
  Exchange exchange(loop);
  Daemon daemon(loop, paced() + in(folder) + exchange.where());
  EXPECT_THAT(manager.hear(),
              AllOf(HasSubstr("EXTEND_TIMEOUT_USEC=60000000"), Not(HasSubstr("READY=1"))));
  EXPECT_TRUE(run_until(loop, [&] { return manager.has_heard("READY=1\n"); }));
  EXPECT_GE(daemon.figure("feed.frames"), 1) << "ready before the feed was";
  EXPECT_TRUE(run_until(loop, [&] { return manager.has_heard("STATUS=paper, active, equity "); }));
  manager.hear();
  const std::size_t before = manager.all().size();
  EXPECT_TRUE(run_until(loop, [&] {
    manager.hear();
    return manager.all().find("WATCHDOG=1", before) != std::string::npos;
  }));
  daemon.stop();
  EXPECT_THAT(manager.hear(), HasSubstr("STOPPING=1"));
  const std::string& all = manager.all();
  EXPECT_EQ(all.find("READY=1"), all.rfind("READY=1")) << "told twice";
}

TEST(ServiceManager, HearsNothingWhileTheLoopStands) {
  const Folder folder;
  Manager manager(folder / "notify");
  net::Loop loop;
  Exchange exchange(loop);
  const Daemon daemon(loop, paced() + in(folder) + exchange.where());
  ASSERT_TRUE(run_until(loop, [&] { return manager.has_heard("WATCHDOG=1"); }));
  manager.hear();
  // More than twice the watchdog's time without a turn of the loop.
  const Duration until = net::Loop::steady_now() + 1s;
  while (net::Loop::steady_now() < until) {
  }
  EXPECT_EQ(manager.hear(), "");
}

TEST(AlarmTest, SaysWhatCameOfEachWay) {
  const auto ran = run_proteus({"alarm", "test", "--set", "alarms.command=/bin/cat", "--set",
                                "alarms.webhook=http://127.0.0.1:1/s3cret"});
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.out,
              AllOf(HasSubstr("command  delivered: exit code 0"),
                    HasSubstr("webhook  NOT delivered: 127.0.0.1:1"), Not(HasSubstr("s3cret"))));
}

TEST(AlarmTest, WithoutAWaySaysHowToNameOne) {
  const auto ran = run_proteus({"alarm", "test"});
  EXPECT_EQ(ran.code, 4);
  EXPECT_THAT(ran.err, HasSubstr("set alarms.command, alarms.webhook"));
}

}  // namespace
}  // namespace proteus::app
