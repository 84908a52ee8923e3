// proteus: one binary, verbs of at most two words. Exit codes: 0 ok, 1 error, 2 usage, 3 not
// running, 4 config, 5 timeout.
#include <fmt/format.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <thread>

#include "connectors/net/local_client.hpp"
#include "tools/app/paper_daemon.hpp"
#include "tools/app/replay.hpp"
#include "tools/app/sim_host.hpp"
#include "tools/app/status_view.hpp"
#include "tools/app/version.hpp"

namespace {

using namespace proteus;
using namespace std::chrono_literals;

enum Exit : int { kOk = 0, kError = 1, kUsage = 2, kNotRunning = 3, kConfig = 4, kTimeout = 5 };

constexpr const char* kHelp = R"(proteus, an event-driven paper trading engine

  proteus demo                            simulated exchange and paper daemon in one go; Ctrl-C ends both
  proteus paper  --config FILE            paper daemon on the venue that the file names
  proteus sim    [--config FILE]          simulated exchange on loopback
  proteus replay [FILE...]                kline files straight into the engine, no network, as fast as it goes
  proteus status [--watch] [--json]       what a running daemon holds, earns and sees
  proteus why    [INSTRUMENT] [--json]    the last decision of an instrument, step by step
  proteus stop                            ends a running daemon cleanly
  proteus config check|show --config FILE all complaints at once, or every setting with where it came from
  proteus version

Options: --set section.key=value overrides a setting (repeatable); --socket PATH names the daemon's socket;
--for SECONDS ends demo, paper or sim after that real time.
)";

struct Arguments {
  std::vector<std::string> words;
  std::string config;
  std::string socket = "runs/proteus.sock";
  std::vector<std::string> overrides;
  double seconds = 0.0;
  bool json = false;
  bool watch = false;
  std::string wrong;
};

Arguments parse(int argc, char** argv) {
  Arguments a;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const auto value = [&]() -> std::string {
      if (i + 1 < argc) return argv[++i];
      a.wrong = word + " needs a value";
      return {};
    };
    if (word == "--config")
      a.config = value();
    else if (word == "--socket")
      a.socket = value();
    else if (word == "--set")
      a.overrides.push_back(value());
    else if (word == "--for")
      a.seconds = std::atof(value().c_str());
    else if (word == "--json")
      a.json = true;
    else if (word == "--watch")
      a.watch = true;
    else if (word == "--help" || word == "-h")
      a.words.insert(a.words.begin(), "help");
    else if (word.starts_with("--"))
      a.wrong = "unknown option " + word;
    else
      a.words.push_back(word);
  }
  return a;
}

int fail(const Error& failure, int code) {
  std::cerr << "proteus: " << failure.context << '\n';
  return code;
}

/// Ends `loop` on SIGINT, SIGTERM or when the time asked for is over.
net::Timer until(net::Loop& loop, double seconds) {
  loop.on_signals({SIGINT, SIGTERM}, [&loop](int) { loop.stop(); });
  if (seconds <= 0.0) return {};
  return loop.after(std::chrono::nanoseconds{static_cast<std::int64_t>(seconds * 1e9)},
                    [&loop] { loop.stop(); });
}

void print_summary(const app::PaperDaemon& daemon) {
  fmt::print("\n{}\nThe session lies in {}\n", app::render_status(daemon.status_json()),
             daemon.folder());
}

int run_paper(const Arguments& a) {
  auto loaded = app::load(a.config, a.overrides);
  if (loaded.has_error()) return fail(loaded.error(), kConfig);
  net::Loop loop;
  const net::Timer end = until(loop, a.seconds);
  auto daemon = app::PaperDaemon::create(loop, loaded.value());
  if (daemon.has_error()) return fail(daemon.error(), kError);
  spdlog::info("Paper daemon runs. session={} socket={}", daemon.value()->folder(),
               loaded.value().settings.session.socket);
  daemon.value()->start();
  loop.run();
  daemon.value()->stop("stopped by signal, operator or time");
  print_summary(*daemon.value());
  return kOk;
}

/// A full minute some time before now, so that a generated market has a past.
Timestamp market_start() { return bar_open(net::Loop::wall_now() - 48h, Interval::M1); }

int run_sim(const Arguments& a) {
  auto loaded = app::load_sim(a.config, a.overrides);
  if (loaded.has_error()) return fail(loaded.error(), kConfig);
  net::Loop loop;
  const net::Timer end = until(loop, a.seconds);
  auto host = app::SimHost::create(loop, loaded.value().settings, market_start());
  if (host.has_error()) return fail(host.error(), kError);
  spdlog::info("Simulated exchange listens. port={} {}", host.value()->port(),
               host.value()->exchange().describe());
  loop.run();
  spdlog::info("Simulated exchange ends. frames={} faults=\"{}\"",
               host.value()->exchange().frames_sent(), host.value()->exchange().describe_faults());
  return kOk;
}

/// The exchange in a thread of its own, with its own loop: the two share nothing but a loopback
/// socket.
class DemoExchange {
 public:
  static Result<std::unique_ptr<DemoExchange>> start(const app::SimSettings& settings) {
    auto demo = std::unique_ptr<DemoExchange>(new DemoExchange);
    BOOST_OUTCOME_TRY(demo->host_, app::SimHost::create(demo->loop_, settings, market_start()));
    demo->thread_ = std::thread([loop = &demo->loop_] { loop->run(); });
    return demo;
  }
  ~DemoExchange() {
    loop_.stop();
    if (thread_.joinable()) thread_.join();
  }
  [[nodiscard]] std::uint16_t port() const { return host_->port(); }

 private:
  DemoExchange() = default;
  net::Loop loop_;
  std::unique_ptr<app::SimHost> host_;
  std::thread thread_;
};

int run_demo(const Arguments& a) {
  // A bar every two seconds, so that there is something to see.
  std::vector<std::string> sim_overrides = {"sim.speed=30", "sim.server.port=0"};
  auto sim = app::load_sim("", sim_overrides);
  if (sim.has_error()) return fail(sim.error(), kConfig);
  auto exchange = DemoExchange::start(sim.value().settings);
  if (exchange.has_error()) return fail(exchange.error(), kError);

  const std::string address = fmt::format("127.0.0.1:{}", exchange.value()->port());
  std::vector<std::string> overrides = {"venue.rest=http://" + address,
                                        "venue.stream=ws://" + address, "feed.speed=30",
                                        "strategy.fast=5", "strategy.slow=20"};
  overrides.insert(overrides.end(), a.overrides.begin(), a.overrides.end());
  auto loaded = app::load(a.config, overrides);
  if (loaded.has_error()) return fail(loaded.error(), kConfig);
  net::Loop loop;
  const net::Timer end = until(loop, a.seconds);
  auto daemon = app::PaperDaemon::create(loop, loaded.value());
  if (daemon.has_error()) return fail(daemon.error(), kError);
  daemon.value()->start();
  const bool terminal = isatty(STDOUT_FILENO) == 1;
  const net::Timer show = loop.every(terminal ? 1s : 5s, [&] {
    fmt::print("{}{}\n", terminal ? "\x1b[H\x1b[2J" : "",
               app::render_status(daemon.value()->status_json()));
    std::fflush(stdout);
  });
  loop.run();
  daemon.value()->stop("the demo was ended");
  print_summary(*daemon.value());
  return kOk;
}

volatile std::sig_atomic_t interrupted = 0;

int run_replay(const Arguments& a) {
  std::vector<std::string> overrides;
  if (a.words.size() > 1) {  // Files on the command line bring their instruments with them.
    std::string files = "replay.files=";
    std::string instruments = "engine.instruments=";
    for (std::size_t i = 1; i < a.words.size(); ++i) {
      auto input = sim::FileSource::input_named(a.words[i]);
      if (input.has_error()) return fail(input.error(), kUsage);
      files += (i > 1 ? "," : "") + a.words[i];
      instruments += fmt::format("{}{}:{}", i > 1 ? "," : "",
                                 to_string(input.value().name.category), input.value().name.symbol);
    }
    overrides = {files, instruments};
  }
  overrides.insert(overrides.end(), a.overrides.begin(), a.overrides.end());
  auto loaded = app::load(a.config, overrides);
  if (loaded.has_error()) return fail(loaded.error(), kConfig);
  auto replay = app::Replay::create(loaded.value(), net::Loop::wall_now());
  if (replay.has_error()) return fail(replay.error(), kError);
  for (const int signal : {SIGINT, SIGTERM}) std::signal(signal, [](int) { interrupted = 1; });

  const app::Trading& trading = replay.value()->trading();
  const auto begin = std::chrono::steady_clock::now();
  auto told = begin;
  while (interrupted == 0 && replay.value()->play(1000)) {
    const auto now = std::chrono::steady_clock::now();
    if (now - told < 1s) continue;
    told = now;
    spdlog::info("Replay. at={} until={} bars={} equity={}", format_time(trading.engine().now()),
                 format_time(replay.value()->until()), trading.engine().counters().bars,
                 trading.engine().ledger().equity.to_string());
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  replay.value()->finish(interrupted != 0 ? "interrupted" : "everything was played");
  const EngineCounters& c = trading.engine().counters();
  const LedgerView ledger = trading.engine().ledger();
  fmt::print(
      "{} bars in {:.2f} s ({:.0f} a second), {} orders, {} refusals, {} fills\n"
      "equity {} (started with {}), ledger hash {:016x}\nThe session lies in {}\n",
      c.bars, took.count(), static_cast<double>(c.bars) / took.count(), c.orders, c.refusals,
      c.fills, ledger.equity.to_string(), ledger.initial.to_string(),
      trading.engine().ledger_hash(), trading.session().folder().string());
  return kOk;
}

/// Sends one line to the daemon and prints what comes back.
int ask(const Arguments& a, const std::string& line, std::string (*render)(const std::string&)) {
  auto client = net::LocalClient::connect(a.socket);
  if (client.has_error())
    return fail(error(ErrorCode::NotFound, "no daemon answers: " + client.error().context),
                kNotRunning);
  if (auto sent = client.value().send_line(line); sent.has_error())
    return fail(sent.error(), kError);
  for (;;) {
    auto answer = client.value().read_line(5s);
    if (answer.has_error())
      return fail(answer.error(), answer.error().code == ErrorCode::Timeout ? kTimeout : kError);
    if (!answer.value()) return kOk;
    if (a.json || render == nullptr)
      fmt::print("{}\n", *answer.value());
    else
      fmt::print("{}{}\n", line == "watch" ? "\x1b[H\x1b[2J" : "", render(*answer.value()));
    std::fflush(stdout);
  }
}

int run_config(const Arguments& a) {
  if (a.words.size() != 2 || (a.words[1] != "check" && a.words[1] != "show"))
    return fail(error(ErrorCode::Malformed, "write: proteus config check|show --config FILE"),
                kUsage);
  auto loaded = app::load(a.config, a.overrides);
  if (loaded.has_error()) return fail(loaded.error(), kConfig);
  if (a.words[1] == "show")
    fmt::print("{}", loaded.value().shown);
  else
    fmt::print("{}: fine, hash {}\n", a.config.empty() ? "defaults" : a.config,
               loaded.value().hash);
  return kOk;
}

}  // namespace

int main(int argc, char** argv) {
  spdlog::set_default_logger(spdlog::stderr_color_st("proteus"));
  spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %^%l%$ %v", spdlog::pattern_time_type::utc);
  const Arguments a = parse(argc, argv);
  if (!a.wrong.empty())
    return fail(error(ErrorCode::Malformed, a.wrong + "; see proteus --help"), kUsage);
  const std::string verb = a.words.empty() ? "help" : a.words.front();
  if (verb == "help") {
    fmt::print("{}", kHelp);
    return a.words.empty() ? kUsage : kOk;
  }
  if (verb == "version") {
    fmt::print("proteus {}\n", app::kVersion);
    return kOk;
  }
  if (verb == "demo") return run_demo(a);
  if (verb == "paper") return run_paper(a);
  if (verb == "sim") return run_sim(a);
  if (verb == "replay") return run_replay(a);
  if (verb == "status") return ask(a, a.watch ? "watch" : "status", app::render_status);
  if (verb == "why")
    return ask(a, a.words.size() > 1 ? "why " + a.words[1] : "why", app::render_why);
  if (verb == "stop") return ask(a, "stop", nullptr);
  if (verb == "config") return run_config(a);
  return fail(error(ErrorCode::Malformed, "unknown verb " + verb + "; see proteus --help"), kUsage);
}
