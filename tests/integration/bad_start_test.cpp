// A start that cannot succeed: one sentence says what, where and what to do; nothing is left
// behind.
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "connectors/net/certificate.hpp"
#include "connectors/net/local_server.hpp"
#include "tests/integration/scripted_venue.hpp"

namespace proteus::app {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

const Overrides kQuickBackoff = {"feed.backoff_min=1ms", "feed.backoff_max=10ms"};

/// The sentence with which a daemon refuses to start; empty: it starts.
std::string refusal(net::Loop& loop, const Overrides& overrides) {
  const auto loaded = load("", overrides);
  if (loaded.has_error()) return "settings: " + loaded.error().context;
  const auto daemon = TradingDaemon::create(loop, loaded.value());
  return daemon.has_error() ? daemon.error().context : std::string();
}

void expect_nothing_left(const Folder& folder) {
  EXPECT_THAT(entries(folder / "runs"), IsEmpty());
  EXPECT_FALSE(std::filesystem::exists(folder / "socket"));
}

/// A port of loopback where nobody listens: bound, so that nobody else takes it.
class DeadPort {
 public:
  DeadPort() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(fd_, reinterpret_cast<sockaddr*>(&address), size), 0);
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
  }
  ~DeadPort() { ::close(fd_); }
  [[nodiscard]] std::string address() const { return fmt::format("127.0.0.1:{}", port_); }

 private:
  int fd_;
  int port_ = 0;
};

TEST(Start, RefusedPortIsNamed) {
  const Folder folder;
  const DeadPort dead;
  net::Loop loop;
  EXPECT_THAT(
      refusal(loop, paced() + in(folder) + kQuickBackoff +
                        Overrides{"venue.rest=http://" + dead.address()}),
      AllOf(HasSubstr("the venue cannot be asked at the start"), HasSubstr(dead.address() + ":"),
            HasSubstr("refused"),
            HasSubstr("; venue.rest is http://" + dead.address() + ": start the built-in")));
  expect_nothing_left(folder);
}

TEST(Start, AddressThatCannotBeReachedIsNamed) {
  const Folder folder;
  net::Loop loop;
  // The broadcast address: no packet leaves, the kernel says no.
  EXPECT_THAT(refusal(loop, paced() + in(folder) + kQuickBackoff +
                                Overrides{"venue.rest=http://255.255.255.255:80"}),
              AllOf(HasSubstr("the venue cannot be asked at the start"),
                    HasSubstr("255.255.255.255:80: "), HasSubstr("nreachable")));
  expect_nothing_left(folder);
}

TEST(Start, HostThatDoesNotExistIsNamed) {
  const Folder folder;
  net::Loop loop;
  EXPECT_THAT(refusal(loop, paced() + in(folder) + kQuickBackoff +
                                Overrides{"venue.rest=http://venue.invalid:80"}),
              AllOf(HasSubstr("venue.invalid:80"), HasSubstr("cannot be resolved")));
  expect_nothing_left(folder);
}

TEST(Start, AStreamThatCannotBeReachedIsShownAndTriedAgain) {
  const Folder folder;
  const DeadPort dead;
  net::Loop loop;
  Exchange exchange(loop);
  Daemon daemon(loop, paced() + in(folder) + exchange.where() +
                          Overrides{"venue.stream=ws://" + dead.address()});
  ASSERT_TRUE(run_until(loop, [&] { return daemon.figure("feed.reconnects") >= 3; }));
  EXPECT_EQ(word(daemon.status(), "feed_live"), "false");
  daemon.stop();
  const Log log = read_log(daemon.folder());
  ASSERT_GE(log.feed.size(), 2U);
  EXPECT_EQ(log.feed[1].state, FeedState::Lost);
  EXPECT_THAT(std::string(log.feed[1].cause.view()),
              AllOf(HasSubstr(dead.address()), HasSubstr("refused"), HasSubstr("next try in")));
}

/// A TLS exchange whose certificate names localhost and 127.0.0.1.
struct TlsExchange {
  explicit TlsExchange(net::Loop& loop, const Folder& folder)
      : certificate(folder / "certificate.pem"),
        exchange(loop, {"sim.server.tls=true", "sim.server.certificate_file=" + certificate}) {}
  [[nodiscard]] Overrides where(const std::string& host) const {
    const int port = exchange_port();
    return {fmt::format("venue.rest=https://{}:{}", host, port),
            fmt::format("venue.stream=wss://{}:{}", host, port)};
  }
  [[nodiscard]] int exchange_port() const {
    const std::string address = exchange.address();
    return std::stoi(address.substr(address.find(':') + 1));
  }
  std::string certificate;
  Exchange exchange;
};

TEST(Tls, SelfSignedCertificateIsNotTrusted) {
  const Folder folder;
  net::Loop loop;
  const TlsExchange tls(loop, folder);
  EXPECT_THAT(refusal(loop, paced() + in(folder) + kQuickBackoff + tls.where("localhost")),
              AllOf(HasSubstr("localhost:"), HasSubstr("self-signed and not trusted"),
                    HasSubstr("ca_file")));
  expect_nothing_left(folder);
}

TEST(Tls, CertificateOfAnotherHostIsNotTaken) {
  const Folder folder;
  net::Loop loop;
  const TlsExchange tls(loop, folder);
  // A spelling of 127.0.0.1 that leads there and that the certificate does not name.
  EXPECT_THAT(refusal(loop, paced() + in(folder) + kQuickBackoff + tls.where("127.1") +
                                Overrides{"venue.ca_file=" + tls.certificate}),
              HasSubstr("is for another host, not for 127.1"));
  expect_nothing_left(folder);
}

TEST(Tls, ExpiredCertificateIsNotTaken) {
  const Folder folder;
  net::Loop loop;
  auto old = net::make_self_signed({{"localhost"}, -48h, -24h});
  ASSERT_TRUE(old.has_value());
  write_all(folder / "ca.pem", old.value().certificate);
  net::ServerOptions options;
  options.tls = old.value();
  auto server = net::Server::create(loop, options, {});
  ASSERT_TRUE(server.has_value());
  EXPECT_THAT(refusal(loop, paced() + in(folder) + kQuickBackoff +
                                Overrides{fmt::format("venue.rest=https://localhost:{}",
                                                      server.value()->port()),
                                          "venue.ca_file=" + folder / "ca.pem"}),
              AllOf(HasSubstr("localhost:"), HasSubstr("certificate has expired")));
  expect_nothing_left(folder);
}

TEST(Tls, CaFileThatIsNotThereIsNamed) {
  const Folder folder;
  net::Loop loop;
  const TlsExchange tls(loop, folder);
  EXPECT_THAT(refusal(loop, paced() + in(folder) + kQuickBackoff + tls.where("localhost") +
                                Overrides{"venue.ca_file=" + folder / "nothing.pem"}),
              AllOf(HasSubstr("nothing.pem"), HasSubstr("PEM file")));
}

TEST(Tls, TheRightCaFileCarriesAWholeSession) {
  const Folder folder;
  net::Loop loop;
  const TlsExchange tls(loop, folder);
  Daemon daemon(loop, paced() + in(folder) + tls.where("localhost") +
                          Overrides{"venue.ca_file=" + tls.certificate});
  ASSERT_TRUE(daemon.run_to_bars(40)) << daemon.status();
  daemon.stop();
  EXPECT_EQ(complaint(read_log(daemon.folder()), tls.exchange), "");
  EXPECT_EQ(word(daemon.status(), "anomalies"), "{}");
}

TEST(Start, UnknownInstrumentGetsItsNearest) {
  const Folder folder;
  net::Loop loop;
  const Exchange exchange(loop);
  EXPECT_THAT(refusal(loop, paced() + in(folder) + exchange.where() +
                                Overrides{"engine.instruments=linear:BTCUSD"}),
              HasSubstr("the venue does not trade linear:BTCUSD; nearest: linear:BTCUSDT"));
  expect_nothing_left(folder);
}

TEST(Start, InstrumentThatOurUnitsCannotHoldIsRefusedByName) {
  const Folder folder;
  net::Loop loop;
  ScriptedVenue venue(loop);
  venue.quantity_step = "0.0000000001";
  EXPECT_THAT(refusal(loop, ScriptedVenue::daemon() + in(folder) + venue.where()),
              AllOf(HasSubstr("linear:BTCUSDT cannot be traded"), HasSubstr("qtyStep")));
  expect_nothing_left(folder);
}

TEST(Start, InstrumentOfZeroTickIsRefusedByName) {
  const Folder folder;
  net::Loop loop;
  ScriptedVenue venue(loop);
  venue.tick = "0";
  EXPECT_THAT(refusal(loop, ScriptedVenue::daemon() + in(folder) + venue.where()),
              AllOf(HasSubstr("linear:BTCUSDT"), HasSubstr("tick size")));
}

TEST(Start, SessionFolderThatCannotBeMadeIsNamed) {
  const Folder folder;
  net::Loop loop;
  const Exchange exchange(loop);
  write_all(folder / "file", "in the way");
  EXPECT_THAT(refusal(loop, paced() + in(folder) + exchange.where() +
                                Overrides{"session.folder=" + folder / "file/runs"}),
              AllOf(HasSubstr("cannot make the folder"), HasSubstr(folder / "file/runs"),
                    HasSubstr("; set session.folder to one")));
  EXPECT_FALSE(std::filesystem::exists(folder / "socket"));
}

TEST(Start, PortOfTheExchangeThatIsTakenIsToldWithItsKey) {
  net::Loop loop;
  const auto first = net::Server::create(loop, {}, {});
  ASSERT_TRUE(first.has_value());
  const int port = first.value()->port();
  const auto settings = load_sim("", {fmt::format("sim.server.port={}", port)});
  ASSERT_TRUE(settings.has_value());
  const auto second = SimHost::create(loop, settings.value().settings, kMarketStart);
  ASSERT_TRUE(second.has_error());
  EXPECT_EQ(second.error().code, ErrorCode::Busy);
  EXPECT_THAT(second.error().context,
              AllOf(HasSubstr(fmt::format("127.0.0.1:{}: the port is taken", port)),
                    HasSubstr("; set sim.server.port to another")));
}

TEST(Start, SessionFolderWithoutPermissionIsNamed) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may write everywhere";
  const Folder folder;
  net::Loop loop;
  const Exchange exchange(loop);
  std::filesystem::create_directory(folder / "runs");
  std::filesystem::permissions(
      folder / "runs", std::filesystem::perms::owner_read | std::filesystem::perms::owner_exec);
  EXPECT_THAT(refusal(loop, paced() + in(folder) + exchange.where()),
              AllOf(HasSubstr(folder / "runs"), HasSubstr("Permission denied")));
  std::filesystem::permissions(folder / "runs", std::filesystem::perms::owner_all);
}

TEST(Start, SecondDaemonOnOneSocketIsRefusedAndTheFirstGoesOn) {
  const Folder folder;
  net::Loop loop;
  const Exchange exchange(loop);
  Daemon first(loop, paced() + in(folder) + exchange.where());
  ASSERT_TRUE(first.run_to_bars(4));
  EXPECT_THAT(refusal(loop, paced() + in(folder) + exchange.where()),
              AllOf(HasSubstr(folder / "socket"), HasSubstr("another process answers there"),
                    HasSubstr("proteus stop")));
  EXPECT_EQ(entries(folder / "runs").size(), 1U);
  EXPECT_TRUE(std::filesystem::exists(folder / "socket"));
  EXPECT_TRUE(first.run_to_bars(12)) << first.status();
}

TEST(Start, SocketPathThatIsTooLongIsSaid) {
  const Folder folder;
  net::Loop loop;
  const Exchange exchange(loop);
  EXPECT_THAT(refusal(loop, paced() + in(folder) + exchange.where() +
                                Overrides{"session.socket=" + folder / std::string(120, 'x')}),
              AllOf(HasSubstr("1 to 107 bytes"), HasSubstr("set session.socket")));
  EXPECT_THAT(entries(folder / "runs"), IsEmpty());
}

TEST(Start, SomethingElseAtTheSocketsPathStays) {
  const Folder folder;
  net::Loop loop;
  const Exchange exchange(loop);
  write_all(folder / "socket", "precious");
  EXPECT_THAT(refusal(loop, paced() + in(folder) + exchange.where()),
              HasSubstr("something that is not a socket is in the way"));
  EXPECT_EQ(read_all(folder / "socket"), "precious");
}

TEST(Start, SilentVenueCanBeLeftAtOnce) {
  const Folder folder;
  net::Loop loop;
  ScriptedVenue venue(loop);
  venue.silent = true;
  const net::Timer leave = loop.after(50ms, [&] { loop.stop(); });
  const Duration begun = net::Loop::steady_now();
  EXPECT_THAT(refusal(loop, ScriptedVenue::daemon() + in(folder) + venue.where()),
              AllOf(HasSubstr("stopped before http://127.0.0.1:"), HasSubstr("had answered")));
  EXPECT_LT(net::Loop::steady_now() - begun, 5s);
  expect_nothing_left(folder);
}

TEST(Settings, AllThatIsWrongIsSaidAtOnceWithItsLine) {
  const Folder folder;
  const std::string file = folder / "paper.toml";
  write_all(file,
            "[engine]\n"
            "instruments = [\"BTCUSDT\"]\n"
            "intervall = \"1m\"\n"
            "capital = \"much\"\n"
            "[feed]\n"
            "book_depth = 7\n"
            "warm_up_bars = -1\n"
            "[venue]\n"
            "rest = \"ftp://127.0.0.1\"\n"
            "[strategy]\n"
            "fast = 50\n"
            "slow = 20\n"
            "[risc.limits]\n");
  const auto loaded = load(file, {"storage.sync_interval=never"});
  ASSERT_TRUE(loaded.has_error());
  const std::string said = loaded.error().context;
  for (const char* line : {":2: engine.instruments: not an instrument: \"BTCUSDT\"",
                           ":3: engine.intervall: unknown key, did you mean interval?",
                           ":4: engine.capital: ", ":6: feed.book_depth: 7 is not offered",
                           ":7: feed.warm_up_bars: -1 is out of range",
                           ":9: venue.rest: ", ":11: strategy.fast: 50 is not below slow (20)",
                           ":13: [risc.limits]: unknown section, did you mean [risk.limits]?",
                           "command line: storage.sync_interval: "})
    EXPECT_THAT(said, HasSubstr(line));
  EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 8) << said;
}

}  // namespace
}  // namespace proteus::app
