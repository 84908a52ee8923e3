// Wire to order. One process, one thread, one io_context for both ends, as the daemon's own loop
// is: a bare server writes a closed kline of Bybit's protocol, the daemon's own path takes it
// (websocket client, recorder, codec, merger, gate, paper venue, ledger, features, strategy,
// sizing, controls, decision record, one write(2) of the log, order) and a few bytes go back. In
// turn with it the same frame goes to a bare Beast client that sends the same few bytes back. The
// clock runs from when the frame is in the socket until the answer is; what the daemon takes longer
// than the bare client is its own.
#include <fmt/format.h>
#include <sched.h>
#include <spdlog/async.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/spdlog.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "connectors/net/server.hpp"
#include "connectors/storage/give_way.hpp"
#include "engine/market/instruments.hpp"
#include "tests/bench/daemon/bare_echo.hpp"
#include "tests/bench/daemon/must.hpp"
#include "tests/bench/daemon/parts.hpp"
#include "tests/bench/daemon/process.hpp"
#include "tools/app/net_feed_io.hpp"
#include "tools/app/trading.hpp"

namespace proteus::bench {
namespace {

using namespace std::chrono_literals;

constexpr double kP50Demand = 6.0;  // microseconds above the bare echo
constexpr double kP99Demand = 25.0;
constexpr const char* kAnswer = R"({"op":"seen"})";
constexpr int kWarmUp = 400;  // rounds that are not looked at: windows fill, caches warm

double monotonic_us() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

/// The market that is told: a wave of 0.3 % a minute over a slow drift, so that the position that
/// is wanted changes with every bar.
double price_of(int minute) {
  const double wave = minute % 2 == 0 ? 1.0 : 1.003;
  return std::round(100'000.0 * wave * (1.0 + 0.02 * std::sin(minute / 40.0)) * 10.0) / 10.0;
}
constexpr std::int64_t kStartMs = 1'748'538'300'000;
constexpr std::int64_t kMinuteMs = 60'000;

std::string kline_frame(int minute) {
  const std::int64_t open_ms = kStartMs + minute * kMinuteMs;
  const double open = price_of(minute - 1);
  const double close = price_of(minute);
  return fmt::format(
      R"({{"topic":"kline.1.BTCUSDT","data":[{{"start":{},"end":{},"interval":"1","open":"{:.1f}",)"
      R"("close":"{:.1f}","high":"{:.1f}","low":"{:.1f}","volume":"1223.456","turnover":)"
      R"("130501234.5678","confirm":true,"timestamp":{}}}],"ts":{},"type":"snapshot"}})",
      open_ms, open_ms + kMinuteMs - 1, open, close, std::max(open, close) + 0.5,
      std::min(open, close) - 0.5, open_ms + kMinuteMs + 12, open_ms + kMinuteMs + 14);
}

std::string ticker_frame(int minute) {
  const std::int64_t ts = kStartMs + (minute + 1) * kMinuteMs - 200;
  const std::string price = fmt::format("{:.1f}", price_of(minute));
  return fmt::format(
      R"({{"topic":"tickers.BTCUSDT","type":"snapshot","data":{{"symbol":"BTCUSDT","lastPrice":"{0}",)"
      R"("markPrice":"{0}","indexPrice":"{0}","fundingRate":"0.0001","nextFundingTime":"{1}"}},)"
      R"("cs":95322394311,"ts":{2}}})",
      price, (kStartMs / 28'800'000 + 1 + minute / 480) * 28'800'000, ts);
}

/// What stands after `"req_id":"`; empty: nothing.
std::string request_id(std::string_view text) {
  constexpr std::string_view kKey = "\"req_id\":\"";
  const std::size_t at = text.find(kKey);
  if (at == std::string_view::npos) return {};
  const std::size_t from = at + kKey.size();
  return std::string(text.substr(from, text.find('"', from) - from));
}

app::Loaded settings_for(const Plan& plan, std::uint16_t rest, std::uint16_t stream) {
  // A round is a minute of the market: a part of the recording an hour would be one in 60 frames.
  return must(app::load(
      {}, {"session.folder=" + (plan.folder / "runs").string(), "engine.instruments=linear:BTCUSDT",
           "engine.capital=10000000", "risk.sizing.no_trade_band=0", "risk.limits.profile=research",
           "risk.limits.executions_window=1m", "storage.feed_part_age=1d",
           fmt::format("venue.rest=http://127.0.0.1:{}", rest),
           fmt::format("venue.stream=ws://127.0.0.1:{}", stream), "feed.warm_up_bars=0",
           "feed.clock=frames", "feed.time_sync_interval=1h"}));
}

InstrumentTable bitcoin() {
  InstrumentTable table;
  must(table.add(market::known_instrument({Category::Linear, "BTCUSDT"})->description));
  return table;
}

/// The engine, and after each input of the kind that is waited for the few bytes back: by then the
/// log is written and the order is with the venue.
class Answering final : public EventSink {
 public:
  Answering(Engine& engine, bybit::FeedIo& io, double& answered)
      : engine_(engine), io_(io), answered_(answered) {}
  enum class Waits : std::uint8_t { Nothing, Bar, Ticker };
  Waits waits = Waits::Nothing;

  void on_input(EventBody body, Timestamp happened, Timestamp received) override {
    const bool awaited = (waits == Waits::Bar && std::holds_alternative<BarClosed>(body)) ||
                         (waits == Waits::Ticker && std::holds_alternative<TickerUpdated>(body));
    engine_.on_input(std::move(body), happened, received);
    if (!awaited) return;
    waits = Waits::Nothing;
    io_.send(0, kAnswer);
    answered_ = monotonic_us();
  }

 private:
  Engine& engine_;
  bybit::FeedIo& io_;
  double& answered_;
};

/// The daemon's parts as TradingDaemon joins them, without its door.
class Wire {
 public:
  explicit Wire(const Plan& plan);
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;
  ~Wire() { feed_->stop(); }

  /// Rounds of one run; of those that led to an order the microseconds above nothing.
  struct Run {
    std::vector<double> bare;
    std::vector<double> daemon;
    std::uint64_t rounds = 0;
  };
  Run run(int rounds);
  [[nodiscard]] const app::Trading& trading() const { return *trading_; }
  void drain() { trading_->storage().drain(); }

 private:
  void on_stream(std::string_view text);
  void turn_until(const bool& done) {
    while (!done) loop_.poll();
  }
  double bare_round(const std::string& frame);
  double daemon_round(const std::string& frame, Answering::Waits waits);

  net::Loop loop_;
  std::unique_ptr<net::Server> rest_;
  double answered_ = 0.0;  ///< when the last answer was in the socket
  bool bare_back_ = false;
  bool back_ = false;
  BareServer bare_{loop_, [this](std::string_view) { bare_back_ = true; }};
  BareServer stream_{loop_, [this](std::string_view text) { on_stream(text); }};
  BareClient bare_client_{loop_, bare_.port(), kAnswer, [this] { answered_ = monotonic_us(); }};
  std::unique_ptr<app::Trading> trading_;
  std::unique_ptr<storage::FeedRecorder> recorder_;
  std::optional<bybit::VenueClock> clock_;
  std::unique_ptr<app::NetFeedIo> io_;
  std::optional<Answering> answering_;
  std::unique_ptr<bybit::PublicFeed> feed_;
  net::Timer timer_;
  int minute_ = 0;
};

Wire::Wire(const Plan& plan) {
  net::ServerHandlers handlers;  // Nothing is asked of it in a session without a hole.
  rest_ = must(net::Server::create(loop_, {}, std::move(handlers)));
  const app::Loaded loaded = settings_for(plan, rest_->port(), stream_.port());
  const app::Settings& s = loaded.settings;
  trading_ = must(app::Trading::open(loaded, "paper", from_unix_ms(kStartMs)));
  trading_->watch();
  recorder_ = std::make_unique<storage::FeedRecorder>(
      trading_->session().feed_folder(), s.storage,
      [this](std::filesystem::path part) { trading_->storage().compress(std::move(part)); });
  clock_.emplace(s.feed.clock, s.feed.speed, app::steady_time);
  const auto now = app::steady_time();
  clock_->on_server_time(from_unix_ms(kStartMs), now, now);
  io_ = std::make_unique<app::NetFeedIo>(
      loop_, must(net::parse_endpoint(s.venue.rest)), must(net::parse_endpoint(s.venue.stream)), "",
      s.feed.request_deadline, s.feed.connect_deadline, *clock_, recorder_.get());
  io_->on_answer([this](bybit::RequestId id, Result<bybit::HttpResponse> answer,
                        bybit::SteadyTime at) { feed_->on_response(id, std::move(answer), at); });
  must(trading_->build(bitcoin(), from_unix_ms(kStartMs)));
  answering_.emplace(trading_->engine(), *io_, answered_);
  feed_ = must(bybit::PublicFeed::create(s.feed, trading_->instruments(), *io_, *clock_,
                                         *answering_, trading_->seed()));
  io_->attach(feed_.get());
  feed_->start(now);
  timer_ = loop_.every(20ms, [this] {
    feed_->on_timer(app::steady_time());
    trading_->keep_log();
  });
  while (!feed_->live() || !bare_.open()) loop_.poll();
}

void Wire::on_stream(std::string_view text) {
  if (text == kAnswer) {
    back_ = true;
  } else if (text.find("\"ping\"") != std::string_view::npos) {
    stream_.write(fmt::format(
        R"({{"success":true,"ret_msg":"pong","conn_id":"c","req_id":"{}","op":"ping"}})",
        request_id(text)));
  } else {
    stream_.write(fmt::format(
        R"({{"success":true,"ret_msg":"","conn_id":"c","req_id":"{}","op":"subscribe"}})",
        request_id(text)));
  }
}

double Wire::bare_round(const std::string& frame) {
  bare_back_ = false;
  bare_.write(frame);
  const double from = monotonic_us();
  turn_until(bare_back_);
  return answered_ - from;
}

double Wire::daemon_round(const std::string& frame, Answering::Waits waits) {
  back_ = false;
  answering_->waits = waits;
  stream_.write(frame);
  const double from = monotonic_us();
  turn_until(back_);
  return answered_ - from;
}

Wire::Run Wire::run(int rounds) {
  Run run;
  for (int i = 0; i < rounds; ++i, ++minute_) {
    const std::string frame = kline_frame(minute_);
    daemon_round(ticker_frame(minute_), Answering::Waits::Ticker);
    const std::uint64_t orders = trading_->engine().counters().orders;
    const std::uint64_t logged = trading_->log().committed_bytes();
    double bare = 0.0;
    if (i % 2 == 0) bare = bare_round(frame);
    const double took = daemon_round(frame, Answering::Waits::Bar);
    if (i % 2 != 0) bare = bare_round(frame);
    ++run.rounds;
    const bool ordered = trading_->engine().counters().orders > orders;
    if (!ordered || trading_->log().committed_bytes() == logged) continue;
    run.bare.push_back(bare);
    run.daemon.push_back(took);
  }
  return run;
}

std::string us(double value) { return fmt::format("{:.2f} us", value); }

}  // namespace

/// The loop gets a core, and the storage thread and the one that prints get the others.
std::string pin(int cpu) {
  if (cpu == -1) return "not pinned";
  const bool chosen = cpu == Plan::kQuietest;
  if (chosen) cpu = quietest_core();
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<std::size_t>(cpu), &set);
  if (::sched_setaffinity(0, sizeof set, &set) != 0) return "not pinned: the kernel said no";
  cpu_set_t others;
  CPU_ZERO(&others);
  for (int i = 0; i < static_cast<int>(::sysconf(_SC_NPROCESSORS_ONLN)); ++i)
    if (i != cpu) CPU_SET(static_cast<std::size_t>(i), &others);
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task"))
    if (const pid_t id = std::stoi(task.path().filename().string()); id != ::getpid())
      static_cast<void>(::sched_setaffinity(id, sizeof others, &others));  // None left: as it was.
  return fmt::format("the loop pinned to core {}{} by sched_setaffinity", cpu,
                     chosen ? ", which devices interrupt least," : "");
}

/// As the program sets it up: lines for people leave from a thread of their own.
void print_as_the_daemon_does(const std::filesystem::path& file) {
  spdlog::init_thread_pool(8192, 1, storage::give_way);
  spdlog::set_default_logger(std::make_shared<spdlog::async_logger>(
      "proteus", std::make_shared<spdlog::sinks::basic_file_sink_mt>(file.string()),
      spdlog::thread_pool(), spdlog::async_overflow_policy::overrun_oldest));
}

void measure_wire(const Plan& plan, Table& table) {
  print_as_the_daemon_does(plan.folder / "lines.log");
  Wire wire(plan);
  const std::string where = pin(plan.cpu);
  wire.run(kWarmUp);
  const MachineTime before = machine_time();
  const std::uint64_t orders = wire.trading().engine().counters().orders;
  std::vector<double> bare50, bare99, own50, own99, more50, more99;
  std::uint64_t rounds = 0;
  std::uint64_t counted = 0;
  fmt::print("{:>4}{:>8}{:>12}{:>12}{:>12}{:>12}{:>10}{:>10}\n", "run", "rounds", "bare p50",
             "bare p99", "daemon p50", "daemon p99", "more p50", "more p99");
  for (int i = 0; i < plan.runs; ++i) {
    const Wire::Run run = wire.run(plan.rounds);
    wire.drain();  // The storage thread does not fall behind by more than one run.
    bare50.push_back(percentile(run.bare, 0.5));
    bare99.push_back(percentile(run.bare, 0.99));
    own50.push_back(percentile(run.daemon, 0.5));
    own99.push_back(percentile(run.daemon, 0.99));
    more50.push_back(own50.back() - bare50.back());
    more99.push_back(own99.back() - bare99.back());
    rounds += run.rounds;
    counted += run.daemon.size();
    fmt::print("{:>4}{:>8}{:>12.2f}{:>12.2f}{:>12.2f}{:>12.2f}{:>10.2f}{:>10.2f}\n", i + 1,
               run.daemon.size(), bare50.back(), bare99.back(), own50.back(), own99.back(),
               more50.back(), more99.back());
  }
  const double p50 = median(more50);
  const double p99 = median(more99);
  table.rows.push_back(
      {"wire to order, p50 above a bare echo", us(p50), us(kP50Demand), p50 <= kP50Demand,
       fmt::format("daemon {}, bare echo {}", us(median(own50)), us(median(bare50)))});
  table.rows.push_back(
      {"wire to order, p99 above a bare echo", us(p99), us(kP99Demand), p99 <= kP99Demand,
       fmt::format("daemon {}, bare echo {}", us(median(own99)), us(median(bare99)))});
  const auto& c = wire.trading().engine().counters();
  table.facts.push_back(
      fmt::format("wire: one thread and one io_context for both ends, {}; {} runs, medians; {} of "
                  "{} rounds led to an order and a write of the log and are counted; {} orders; "
                  "a frame has {} bytes; {}",
                  where, plan.runs, counted, rounds, c.orders - orders, kline_frame(1).size(),
                  told(before, machine_time())));
  table.require(counted * 100 >= rounds * 95,
                "wire: fewer than 95 % of the rounds led to an order");
  spdlog::shutdown();
}

}  // namespace proteus::bench
