// Wire to live order. As `wire`, one process, one thread, one io_context for both ends, with the
// policy that is shipped: a bare server writes a closed kline, the live daemon's own path takes it
// (websocket client, recorder, codec, merger, gate, features, policy, sizing, controls, decision
// record, one write(2) of the log, order text, trade websocket), and the clock runs from when the
// frame is in the socket until the order is. In turn with it a bare Beast client answers the same
// frame. By REST the order is signed besides, and the clock stops when the venue's end has read it.
#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <time.h>

#include <cmath>

#include "connectors/live/account_gateway.hpp"
#include "connectors/live/signer.hpp"
#include "connectors/net/server.hpp"
#include "engine/market/instruments.hpp"
#include "tests/bench/daemon/bare_echo.hpp"
#include "tests/bench/daemon/must.hpp"
#include "tests/bench/daemon/parts.hpp"
#include "tests/bench/daemon/process.hpp"
#include "tools/app/net_account_io.hpp"
#include "tools/app/net_feed_io.hpp"
#include "tools/app/shipped_settings.hpp"
#include "tools/app/trading.hpp"

namespace proteus::bench {
namespace {

using namespace std::chrono_literals;

constexpr double kLiveP50Demand = 20.0;  // microseconds above the bare echo
constexpr double kLiveP99Demand = 60.0;
constexpr const char* kEcho = R"({"op":"seen"})";
constexpr int kLiveWarmUp = 1'700;  // features of 1 442 bars, and a little more
constexpr std::int64_t kLiveStartMs = 1'748'538'000'000;
constexpr std::int64_t kHourMs = 3'600'000;

double steady_us() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

/// A market with slow swings, so that a trend policy changes its mind, and a saw on top, so that
/// the size that is wanted changes with every bar.
double live_price(int hour) {
  const double slow = 0.25 * std::sin(hour / 160.0) + 0.06 * std::sin(hour / 37.0);
  const double saw = hour % 2 == 0 ? 0.0 : 0.004;
  return std::round(100'000.0 * std::exp(slow + saw) * 10.0) / 10.0;
}

std::string live_frame(int hour) {
  const std::int64_t open_ms = kLiveStartMs + hour * kHourMs;
  const double open = live_price(hour - 1);
  const double close = live_price(hour);
  return fmt::format(
      R"({{"topic":"kline.60.BTCUSDT","data":[{{"start":{},"end":{},"interval":"60","open":"{:.1f}",)"
      R"("close":"{:.1f}","high":"{:.1f}","low":"{:.1f}","volume":"1223.456","turnover":)"
      R"("130501234.5678","confirm":true,"timestamp":{}}}],"ts":{},"type":"snapshot"}})",
      open_ms, open_ms + kHourMs - 1, open, close, std::max(open, close) + 0.5,
      std::min(open, close) - 0.5, open_ms + kHourMs + 12, open_ms + kHourMs + 14);
}

/// What stands after `"name":"`; empty: nothing.
std::string quoted(std::string_view text, std::string_view name) {
  const std::string key = fmt::format("\"{}\":\"", name);
  const std::size_t at = text.find(key);
  if (at == std::string_view::npos) return {};
  const std::size_t from = at + key.size();
  return std::string(text.substr(from, text.find('"', from) - from));
}

app::Loaded live_bench_settings(const Plan& plan, std::uint16_t account, std::uint16_t stream,
                                bool by_rest) {
  return must(app::load_for_verb(
      "", {"session.folder=" + (plan.folder / "runs").string(), "engine.instruments=linear:BTCUSDT",
           "engine.capital=10000000", "risk.sizing.no_trade_band=0", "risk.limits.profile=research",
           "risk.limits.executions_window=1m", "storage.feed_part_age=1d",
           fmt::format("venue.rest=http://127.0.0.1:{}", account),
           fmt::format("venue.stream=ws://127.0.0.1:{}", stream),
           fmt::format("venue.account_stream=ws://127.0.0.1:{}", account), "feed.warm_up_bars=0",
           "feed.tickers=false", "feed.clock=frames", "feed.time_sync_interval=1h",
           "policy.adapt=recurrent", "live.reconcile_interval=1h", "live.ack_deadline=60s",
           by_rest ? "live.order_entry=rest" : "live.order_entry=websocket"}));
}

class BenchSigning final : public live::Signing {
 public:
  BenchSigning() {
    live::look_for_signing_in(std::filesystem::path(PROTEUS_BINARY).parent_path());
    std::string secret = "benchsecretbenchsecretbenchsecret";
    signer_ = must(live::Signer::make(secret));
  }
  [[nodiscard]] std::string_view key() const override { return "benchkeybenchkey"; }
  [[nodiscard]] std::string sign(std::string_view text) const override {
    return signer_.sign(text);
  }

 private:
  live::Signer signer_;
};

/// Passes on, and notes when an order is in the socket.
class TimedIo final : public live::AccountIo {
 public:
  TimedIo(live::AccountIo& io, double& left) : io_(io), left_(left) {}
  void open(live::Channel channel) override { io_.open(channel); }
  void send(live::Channel channel, std::string text) override {
    const bool order = channel == live::Channel::Trade && left_ == 0.0 &&
                       text.find("order.create") != std::string::npos;
    io_.send(channel, std::move(text));
    if (order) left_ = steady_us();
  }
  void close(live::Channel channel) override { io_.close(channel); }
  void request(live::RequestId id, live::HttpCall call) override {
    io_.request(id, std::move(call));
  }

 private:
  live::AccountIo& io_;
  double& left_;
};

class LiveWire {
 public:
  LiveWire(const Plan& plan, bool by_rest);
  ~LiveWire();
  LiveWire(const LiveWire&) = delete;
  LiveWire& operator=(const LiveWire&) = delete;

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
  void on_account(net::Connection conn, std::string_view text);
  void on_request(const net::HttpRequest& request, const net::Responder& responder);
  void fill(std::string_view text);
  void tell(net::Connection to, std::string text) {
    account_->send(to, std::make_shared<const std::string>(std::move(text)));
  }
  double bare_round(const std::string& frame);

  bool by_rest_;
  net::Loop loop_;
  double left_ = 0.0;  ///< when this round's first order was in the socket; 0: none yet
  double echoed_ = 0.0;
  bool bare_back_ = false;
  std::unique_ptr<net::Server> account_;
  net::Connection private_{};
  net::Connection trade_{};
  std::uint64_t executions_ = 0;
  BareServer bare_{loop_, [this](std::string_view) { bare_back_ = true; }};
  BareServer stream_{loop_, [this](std::string_view text) { on_stream(text); }};
  BareClient bare_client_{loop_, bare_.port(), kEcho, [this] { echoed_ = steady_us(); }};
  BenchSigning signing_;
  std::unique_ptr<app::Trading> trading_;
  std::unique_ptr<storage::FeedRecorder> recorder_;
  std::optional<bybit::VenueClock> clock_;
  std::unique_ptr<app::NetFeedIo> io_;
  std::unique_ptr<app::NetAccountIo> account_io_;
  std::optional<TimedIo> timed_;
  std::unique_ptr<live::AccountGateway> gateway_;
  std::unique_ptr<bybit::PublicFeed> feed_;
  net::Timer timer_;
  int hour_ = 0;
};

LiveWire::LiveWire(const Plan& plan, bool by_rest) : by_rest_(by_rest) {
  net::ServerHandlers handlers;
  handlers.on_http = [this](const net::HttpRequest& request, const net::Responder& responder) {
    on_request(request, responder);
  };
  handlers.on_ws_accept = [this](net::Connection conn, const net::HttpRequest& request) {
    (request.target.find("trade") != std::string::npos ? trade_ : private_) = conn;
    return 101U;
  };
  handlers.on_ws_text = [this](net::Connection conn, std::string_view text) {
    on_account(conn, text);
  };
  account_ = must(net::Server::create(loop_, {}, std::move(handlers)));
  const app::Loaded loaded = live_bench_settings(plan, account_->port(), stream_.port(), by_rest);
  const app::Settings& s = loaded.settings;
  trading_ = must(app::Trading::open(loaded, "live", from_unix_ms(kLiveStartMs)));
  trading_->watch();
  recorder_ = std::make_unique<storage::FeedRecorder>(
      trading_->session().feed_folder(), s.storage,
      [this](std::filesystem::path part) { trading_->storage().compress(std::move(part)); });
  clock_.emplace(s.feed.clock, s.feed.speed, app::steady_time);
  const auto now = app::steady_time();
  clock_->on_server_time(from_unix_ms(kLiveStartMs), now, now);
  const auto rest = must(net::parse_endpoint(s.venue.rest));
  io_ = std::make_unique<app::NetFeedIo>(loop_, rest, must(net::parse_endpoint(s.venue.stream)), "",
                                         s.feed.request_deadline, s.feed.connect_deadline, *clock_,
                                         recorder_.get());
  io_->on_answer([this](bybit::RequestId id, Result<bybit::HttpResponse> answer,
                        bybit::SteadyTime at) { feed_->on_response(id, std::move(answer), at); });
  InstrumentTable table;
  must(table.add(market::known_instrument({Category::Linear, "BTCUSDT"})->description));
  must(trading_->build(table, from_unix_ms(kLiveStartMs)));
  account_io_ = std::make_unique<app::NetAccountIo>(
      loop_, rest, must(net::parse_endpoint(s.venue.account_stream)), "", s.live, "", *clock_,
      recorder_.get());
  timed_.emplace(*account_io_, left_);
  live::AccountGateway::Setup setup{.settings = s.live,
                                    .recv_window = s.limits.recv_window,
                                    .instruments = trading_->instruments(),
                                    .memory = trading_->live_venue()->memory(),
                                    .ledger = [this] { return trading_->engine().ledger(); },
                                    .io = *timed_,
                                    .clock = *clock_,
                                    .signing = signing_,
                                    .engine = trading_->engine(),
                                    .reached = [this] { return trading_->engine().now(); },
                                    .tell = [](const std::string&) {},
                                    .seed = trading_->seed()};
  gateway_ = std::make_unique<live::AccountGateway>(std::move(setup));
  account_io_->attach(gateway_.get());
  feed_ = must(bybit::PublicFeed::create(s.feed, trading_->instruments(), *io_, *clock_,
                                         trading_->engine(), trading_->seed()));
  io_->attach(feed_.get());
  trading_->live_venue()->carry_with(gateway_.get());
  gateway_->start(now);
  feed_->start(now);
  timer_ = loop_.every(20ms, [this] {
    feed_->on_timer(app::steady_time());
    gateway_->on_timer(app::steady_time());
    trading_->keep_log();
  });
  const auto ready = [this] {
    const auto told = gateway_->status(app::steady_time());
    return feed_->live() && bare_.open() && told.clean && told.trade_live;
  };
  while (!ready()) loop_.poll();
}

LiveWire::~LiveWire() {
  feed_->stop();
  gateway_->stop();
  trading_->live_venue()->carry_with(nullptr);
}

void LiveWire::on_stream(std::string_view text) {
  const bool ping = text.find("\"ping\"") != std::string_view::npos;
  stream_.write(
      fmt::format(R"({{"success":true,"ret_msg":"{}","conn_id":"c","req_id":"{}","op":"{}"}})",
                  ping ? "pong" : "", quoted(text, "req_id"), ping ? "ping" : "subscribe"));
}

/// One execution for the whole order, at its reference.
void LiveWire::fill(std::string_view text) {
  const std::int64_t at = kLiveStartMs + (hour_ + 1) * kHourMs + 20;
  const std::string quantity = quoted(text, "qty");
  tell(private_,
       fmt::format(
           R"({{"id":"u","topic":"execution","creationTime":{0},"data":[{{"category":"linear",)"
           R"("symbol":"BTCUSDT","orderId":"o-{1}","orderLinkId":"{2}","side":"{3}",)"
           R"("orderPrice":"0","orderQty":"{4}","leavesQty":"0","orderType":"Market",)"
           R"("execId":"e-{1}","execPrice":"{5:.1f}","execQty":"{4}","execValue":"0",)"
           R"("execFee":"0","feeRate":"0","feeCurrency":"USDT","execType":"Trade",)"
           R"("isMaker":false,"closedSize":"0","markPrice":"{5:.1f}","seq":{1},)"
           R"("execTime":"{0}"}}]}})",
           at, ++executions_, quoted(text, "orderLinkId"), quoted(text, "side"), quantity,
           live_price(hour_)));
}

void LiveWire::on_account(net::Connection conn, std::string_view text) {
  const std::string op = quoted(text, "op");
  if (op == "order.create") {
    tell(trade_,
         fmt::format(
             R"({{"reqId":"{}","retCode":0,"retMsg":"OK","op":"order.create",)"
             R"("data":{{"orderId":"o","orderLinkId":"{}"}},"header":{{"X-Bapi-Limit":"100000",)"
             R"("X-Bapi-Limit-Status":"99999"}},)"
             R"("connId":"c"}})",
             quoted(text, "reqId"), quoted(text, "orderLinkId")));
    return fill(text);
  }
  if (conn == trade_)
    return tell(conn, fmt::format(R"({{"retCode":0,"retMsg":"OK","op":"{}","data":["1"],)"
                                  R"("connId":"c"}})",
                                  op == "ping" ? "pong" : op));
  if (op == "ping")
    return tell(conn, fmt::format(R"({{"req_id":"{}","op":"pong","args":["1"],"conn_id":"c"}})",
                                  quoted(text, "req_id")));
  tell(conn, fmt::format(R"({{"success":true,"ret_msg":"","op":"{}","conn_id":"c"}})", op));
}

void LiveWire::on_request(const net::HttpRequest& request, const net::Responder& responder) {
  std::string result = R"({"list":[],"nextPageCursor":"","category":"linear"})";
  const auto has = [&](const char* what) { return request.target.find(what) != std::string::npos; };
  if (has("wallet-balance"))
    result = R"({"list":[{"accountType":"UNIFIED","totalEquity":"10000000","coin":[{"coin":"USDT",)"
             R"("equity":"10000000","walletBalance":"10000000","locked":"0"}]}]})";
  if (has("order/create")) {
    if (left_ == 0.0) left_ = steady_us();
    result =
        fmt::format(R"({{"orderId":"o","orderLinkId":"{}"}})", quoted(request.body, "orderLinkId"));
  }
  net::HttpAnswer answer(
      200, fmt::format(R"({{"retCode":0,"retMsg":"OK","result":{},"retExtInfo":{{}},"time":{}}})",
                       result, kLiveStartMs + hour_ * kHourMs));
  answer.headers.push_back({"X-Bapi-Limit", "100000"});
  answer.headers.push_back({"X-Bapi-Limit-Status", "99999"});
  responder.respond(std::move(answer));
  if (has("order/create")) fill(request.body);
}

double LiveWire::bare_round(const std::string& frame) {
  bare_back_ = false;
  bare_.write(frame);
  const double from = steady_us();
  while (!bare_back_) loop_.poll();
  return echoed_ - from;
}

LiveWire::Run LiveWire::run(int rounds) {
  Run run;
  for (int i = 0; i < rounds; ++i, ++hour_) {
    const std::string frame = live_frame(hour_);
    const Engine& engine = trading_->engine();
    const std::uint64_t orders = engine.counters().orders;
    const std::uint64_t bars = engine.counters().bars;
    double bare = 0.0;
    if (i % 2 == 0) bare = bare_round(frame);
    left_ = 0.0;
    stream_.write(frame);
    const double from = steady_us();
    while (engine.counters().bars == bars) loop_.poll();
    while (!engine.open_orders().empty()) loop_.poll();
    if (i % 2 != 0) bare = bare_round(frame);
    ++run.rounds;
    if (engine.counters().orders == orders || left_ == 0.0) continue;
    run.bare.push_back(bare);
    run.daemon.push_back(left_ - from);
  }
  return run;
}

void measure_way(const Plan& plan, Table& table, bool by_rest) {
  LiveWire wire(plan, by_rest);
  const std::string where = pin(plan.cpu);
  wire.run(kLiveWarmUp);
  const MachineTime before = machine_time();
  std::vector<double> bare50, bare99, own50, own99, more50, more99;
  std::uint64_t rounds = 0, counted = 0;
  const char* const way = by_rest ? "REST, signed" : "trade stream";
  fmt::print("{}\n{:>4}{:>8}{:>12}{:>12}{:>12}{:>12}{:>10}{:>10}\n", way, "run", "rounds",
             "bare p50", "bare p99", "daemon p50", "daemon p99", "more p50", "more p99");
  for (int i = 0; i < plan.runs; ++i) {
    const LiveWire::Run run = wire.run(plan.rounds);
    wire.drain();
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
  const auto us = [](double value) { return fmt::format("{:.2f} us", value); };
  const double p50 = median(more50);
  const double p99 = median(more99);
  table.rows.push_back(
      {fmt::format("wire to live order ({}), p50 above a bare echo", way), us(p50),
       us(kLiveP50Demand), p50 <= kLiveP50Demand,
       fmt::format("daemon {}, bare echo {}", us(median(own50)), us(median(bare50)))});
  table.rows.push_back(
      {fmt::format("wire to live order ({}), p99 above a bare echo", way), us(p99),
       us(kLiveP99Demand), p99 <= kLiveP99Demand,
       fmt::format("daemon {}, bare echo {}", us(median(own99)), us(median(bare99)))});
  table.facts.push_back(
      fmt::format("live, {}: the shipped policy; one thread and one io_context for both ends, {}; "
                  "{} runs, medians; {} of {} rounds led to an order and are counted; {}",
                  way, where, plan.runs, counted, rounds, told(before, machine_time())));
  table.require(counted * 100 >= rounds * 20,
                "live: fewer than 20 % of the rounds led to an order");
}

}  // namespace

void measure_live(const Plan& plan, Table& table) {
  print_as_the_daemon_does(plan.folder / "lines.log");
  measure_way(plan, table, false);
  measure_way(plan, table, true);
  spdlog::shutdown();
}

}  // namespace proteus::bench
