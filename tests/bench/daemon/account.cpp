// An account under load: round trips of orders over real sockets with a simulated exchange in the
// same process, a burst beyond the venue's own limits, and the processor time that it takes to
// compare a thousand working orders with the venue's.
#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <deque>
#include <map>
#include <set>

#include "connectors/live/account_gateway.hpp"
#include "connectors/live/live_venue.hpp"
#include "connectors/sim/exchange.hpp"
#include "connectors/sim/private/signature.hpp"
#include "connectors/sim/synthetic_source.hpp"
#include "engine/ledger/ledger.hpp"
#include "engine/market/instruments.hpp"
#include "tests/bench/daemon/must.hpp"
#include "tests/bench/daemon/parts.hpp"
#include "tools/app/net_account_io.hpp"
#include "tools/app/net_feed_io.hpp"
#include "tools/app/sim_host.hpp"

namespace proteus::bench {
namespace {

using namespace std::chrono_literals;

constexpr double kTripsASecond = 200.0;
constexpr double kReconcileDemand = 200.0;  // milliseconds of our own
constexpr const char* kAccountKey = "benchkey";
constexpr const char* kAccountSecret = "benchsecret";

class PlainSigning final : public live::Signing {
 public:
  [[nodiscard]] std::string_view key() const override { return kAccountKey; }
  [[nodiscard]] std::string sign(std::string_view text) const override {
    return sim::hmac_sha256_hex(kAccountSecret, text);
  }
};

class NoReports final : public ReportSink {
 public:
  void report(EventBody, Timestamp) override {}
};

double thread_ms() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

InstrumentTable two_instruments() {
  InstrumentTable table;
  for (const char* symbol : {"BTCUSDT", "ETHUSDT"})
    must(table.add(market::known_instrument({Category::Linear, symbol})->description));
  return table;
}

SessionCode bench_code() { return SessionCode{"benchbenchben"}; }

/// The books and the memory of a live run, without an engine: orders are made here.
class Desk final : public EventSink {
 public:
  explicit Desk(const InstrumentTable& instruments)
      : instruments_(instruments),
        venue(bench_code(), instruments.size()),
        ledger(Money::from_raw(to_fixed_raw(100'000.0)), instruments) {}

  void on_input(EventBody body, Timestamp happened, Timestamp received) override {
    now = received;
    const Event event{++sequence_, Origin::Input, happened, received, std::move(body)};
    venue.before(event, nobody_);
    if (const auto* fill = std::get_if<Fill>(&event.body)) ledger.apply(*fill);
    if (const auto* found = std::get_if<ExternalAdjustment>(&event.body)) ledger.apply(*found);
    if (const auto* update = std::get_if<OrderUpdate>(&event.body)) on_update(*update);
  }
  std::function<void(const OrderUpdate&)> on_update = [](const OrderUpdate&) {};

  /// A limit order far below the market: it rests.
  ClientOrderId place(InstrumentId id, double share) {
    const Instrument& instrument = instruments_[id];
    OrderRequest order;
    order.id = make_order_id(bench_code(), id, now, Purpose::Open, ordinal_++ % 46'000);
    order.instrument = id;
    order.type = OrderType::Limit;
    order.price = round_to_step(Price::from_raw(to_fixed_raw(price * share)), instrument.tick_size,
                                Rounding::Down);
    order.quantity = std::max(
        instrument.lot_step, round_to_step(Quantity::from_raw(to_fixed_raw(20.0 / (price * share))),
                                           instrument.lot_step, Rounding::Up));
    order.reference = order.price;
    order.decided_at = now;
    venue.submit(order, now, nobody_);
    return order.id;
  }
  void cancel(const ClientOrderId& id) { venue.cancel(id, now, nobody_); }

  const InstrumentTable& instruments_;
  live::LiveVenue venue;
  Ledger ledger;
  Timestamp now{};
  double price = 0.0;  ///< of the instrument that is traded

 private:
  NoReports nobody_;
  std::uint64_t sequence_ = 0;
  std::uint32_t ordinal_ = 0;
};

app::SimSettings exchange_for(const char* account) {
  app::SimSettings settings = must(app::load_sim("", {})).settings;
  settings.host.port = 0;
  settings.market.instruments = {"linear:BTCUSDT", "linear:ETHUSDT"};
  settings.exchange.accounts = {account};
  return settings;
}

/// One account over real sockets on a loop.
class Account {
 public:
  Account(const char* spec, const live::LiveSettings& settings)
      : table_(two_instruments()), desk(table_), settings_(settings) {
    app::SimSettings exchange = exchange_for(spec);
    const Timestamp now = net::Loop::wall_now();
    app::start_by_the_clock(exchange, now);
    host_ = must(
        app::SimHost::create(loop, exchange, app::generated_market_start(exchange.exchange, now)));
    clock_.emplace(bybit::ClockMode::Steady, 1.0, app::steady_time);
    const auto at = app::steady_time();
    clock_->on_server_time(net::Loop::wall_now(), at, at);
    const auto rest = must(net::parse_endpoint(fmt::format("http://127.0.0.1:{}", host_->port())));
    const auto stream = must(net::parse_endpoint(fmt::format("ws://127.0.0.1:{}", host_->port())));
    io_ = std::make_unique<app::NetAccountIo>(loop, rest, stream, "", settings_, "", *clock_,
                                              nullptr);
    gateway = std::make_unique<live::AccountGateway>(
        live::AccountGateway::Setup{.settings = settings_,
                                    .recv_window = 5s,
                                    .instruments = table_,
                                    .memory = desk.venue.memory(),
                                    .ledger = [this] { return desk.ledger.view(); },
                                    .io = *io_,
                                    .clock = *clock_,
                                    .signing = signing_,
                                    .engine = desk,
                                    .reached = [this] { return desk.now; },
                                    .tell = [](const std::string&) {},
                                    .seed = 7});
    io_->attach(gateway.get());
    desk.venue.carry_with(gateway.get());
    gateway->start(app::steady_time());
    timer_ = loop.every(5ms, [this] { gateway->on_timer(app::steady_time()); });
    if (!until([this] {
          const auto told = gateway->status(app::steady_time());
          return told.clean && told.trade_live;
        })) {
      const auto told = gateway->status(app::steady_time());
      must(Result<void>(error(
          ErrorCode::Timeout,
          fmt::format("the account was never read to its end: private {}, trade {}, clean {}, {}; "
                      "the venue's time {}, ours {}",
                      told.private_live, told.trade_live, told.clean, told.refusal,
                      format_time(host_->exchange().now()),
                      format_time(clock_->at(app::steady_time()))))));
    }
    desk.price = 50'000.0;
  }
  ~Account() {
    gateway->stop();
    io_->attach(nullptr);
  }
  Account(const Account&) = delete;
  Account& operator=(const Account&) = delete;

  template <class Holds>
  bool until(Holds holds, Duration longest = 60s) {
    const auto end = app::steady_time() + longest;
    while (!holds()) {
      loop.run_for(1ms);
      if (app::steady_time() > end) return false;
    }
    return true;
  }

  net::Loop loop;

 private:
  InstrumentTable table_;

 public:
  Desk desk;

 private:
  live::LiveSettings settings_;
  PlainSigning signing_;
  std::unique_ptr<app::SimHost> host_;
  std::optional<bybit::VenueClock> clock_;
  std::unique_ptr<app::NetAccountIo> io_;
  net::Timer timer_;

 public:
  std::unique_ptr<live::AccountGateway> gateway;
};

void measure_trips(const Plan& plan, Table& table) {
  Account account("benchkey:benchsecret:100000:fast=1000", {});
  Desk& desk = account.desk;
  std::map<ClientOrderId, bybit::SteadyTime> sent;
  std::vector<double> accepted, trips;
  std::uint64_t rejected = 0, ended = 0;
  const auto ms = [](Duration d) { return std::chrono::duration<double, std::milli>(d).count(); };
  desk.on_update = [&](const OrderUpdate& update) {
    const auto known = sent.find(update.id);
    if (known == sent.end()) return;
    const double age = ms(app::steady_time() - known->second);
    if (update.state == OrderState::Acknowledged) accepted.push_back(age);
    if (update.state == OrderState::Rejected) ++rejected;
    if (!is_closed(update.state)) return;
    ++ended;
    trips.push_back(age);
    sent.erase(known);
  };
  const int seconds = std::max(1, plan.minutes >= 3 ? 60 : 5);
  const auto total = static_cast<std::uint64_t>(kTripsASecond * seconds);
  std::uint64_t placed = 0;
  std::deque<ClientOrderId> resting;
  const auto begin = app::steady_time();
  const net::Timer pulse = account.loop.every(1ms, [&] {
    const double passed = std::chrono::duration<double>(app::steady_time() - begin).count();
    const auto due = std::min(total, static_cast<std::uint64_t>(passed * kTripsASecond));
    for (; placed < due; ++placed) {
      const ClientOrderId id = desk.place(InstrumentId{0}, 0.5);
      sent[id] = app::steady_time();
      resting.push_back(id);
    }
    // Twenty milliseconds of life each.
    while (!resting.empty()) {
      const auto known = sent.find(resting.front());
      if (known != sent.end() && app::steady_time() - known->second < 20ms) break;
      if (known != sent.end()) desk.cancel(resting.front());
      resting.pop_front();
    }
  });
  const bool whole =
      account.until([&] { return placed == total && sent.empty(); }, (seconds + 30) * 1s);
  const double took = std::chrono::duration<double>(app::steady_time() - begin).count();
  const auto told = account.gateway->status(app::steady_time());
  const double rate = static_cast<double>(ended) / took;
  table.rows.push_back({"order round trips a second, for a minute", fmt::format("{:.1f}", rate),
                        fmt::format("{}", kTripsASecond),
                        whole && rejected == 0 && rate >= 0.98 * kTripsASecond,
                        fmt::format("accepted after p50 {:.2f} ms, p99 {:.2f} ms",
                                    percentile(accepted, 0.5), percentile(accepted, 0.99))});
  table.facts.push_back(fmt::format(
      "account: {} orders placed, {} ended, {} rejected, {} not ended, {} in doubt, {} mismatches, "
      "{:.1f} s",
      placed, ended, rejected, sent.size(), told.counters.unknown_outcomes,
      told.counters.mismatches, took));
  table.require(placed == total, "account: not all orders were placed");
}

void measure_burst(Table& table) {
  Account account("benchkey:benchsecret:100000", {});
  Desk& desk = account.desk;
  std::uint64_t rejected = 0;
  std::set<ClientOrderId> open;
  desk.on_update = [&](const OrderUpdate& update) {
    if (update.state == OrderState::Rejected && rejected++ == 0)
      fmt::print("first rejection: {}\n", update.text.view());
    if (update.state == OrderState::Resting) open.insert(update.id);
  };
  const auto begin = app::steady_time();
  for (int i = 0; i < 100; ++i) desk.place(InstrumentId{0}, 0.5);
  const bool all = account.until([&] { return open.size() + rejected == 100; }, 60s);
  const double took = std::chrono::duration<double>(app::steady_time() - begin).count();
  table.rows.push_back({"a burst of 100 within 10 a second, resting at the venue",
                        fmt::format("{}", open.size()), "100", all && open.size() == 100,
                        fmt::format("after {:.1f} s, {} rejected", took, rejected)});
}

/// Requests go straight into an exchange in this process; what the exchange takes is not counted.
class DirectIo final : public live::AccountIo {
 public:
  void open(live::Channel) override {}
  void send(live::Channel, std::string) override {}
  void close(live::Channel) override {}
  void request(live::RequestId id, live::HttpCall call) override {
    waiting.emplace_back(id, std::move(call));
  }
  std::deque<std::pair<live::RequestId, live::HttpCall>> waiting;
};

class Nowhere final : public sim::SimIo {
 public:
  void send(sim::ConnId, std::shared_ptr<const std::string>, sim::FrameKind) override {}
  void ping(sim::ConnId, std::string_view) override {}
  void drop(sim::ConnId) override {}
  void mute(sim::ConnId, bool) override {}
};

void measure_reconciliation(const Plan& plan, Table& table) {
  const InstrumentTable instruments = two_instruments();
  Desk desk(instruments);
  market::Settings market;
  market.instruments = {"linear:BTCUSDT", "linear:ETHUSDT"};
  const Timestamp start = from_unix_ms(1'748'538'000'000);
  auto source = must(sim::SyntheticSource::create(market, 1, start, 240h));
  sim::SimSettings settings;
  settings.history_bars = 100;
  settings.accounts = {"benchkey:benchsecret:100000:fast=100000"};
  Nowhere nowhere;
  const auto exchange = must(sim::SimExchange::create(settings, source, nowhere));
  Duration steady = 1h;
  exchange->advance(steady);
  bybit::VenueClock clock(bybit::ClockMode::Steady, 1.0, [&] { return bybit::SteadyTime{steady}; });
  clock.on_server_time(exchange->now(), bybit::SteadyTime{steady}, bybit::SteadyTime{steady});
  live::LiveSettings live;
  live.order_entry = live::OrderEntry::Rest;
  const PlainSigning signing;
  DirectIo io;
  live::AccountGateway gateway(
      live::AccountGateway::Setup{.settings = live,
                                  .recv_window = 5s,
                                  .instruments = instruments,
                                  .memory = desk.venue.memory(),
                                  .ledger = [&] { return desk.ledger.view(); },
                                  .io = io,
                                  .clock = clock,
                                  .signing = signing,
                                  .engine = desk,
                                  .reached = [&] { return desk.now; },
                                  .tell = [](const std::string&) {},
                                  .seed = 7});
  desk.venue.carry_with(&gateway);
  double own = 0.0;
  const auto turn = [&](Duration step) {
    double from = thread_ms();
    gateway.on_timer(bybit::SteadyTime{steady});
    own += thread_ms() - from;
    while (!io.waiting.empty()) {
      auto [id, call] = std::move(io.waiting.front());
      io.waiting.pop_front();
      const sim::HttpReply reply =
          exchange->on_http(call.post ? "POST" : "GET", call.target, call.headers, call.body);
      live::HttpAnswer answer;
      answer.status = reply.status;
      answer.body = reply.body;
      for (const auto& [name, value] : reply.headers) live::read_header(answer.limit, name, value);
      from = thread_ms();
      gateway.on_answer(id, std::move(answer), bybit::SteadyTime{steady});
      own += thread_ms() - from;
    }
    steady += step;
    while (exchange->advance(steady) == Duration{0}) {
    }
  };
  gateway.start(bybit::SteadyTime{steady});
  for (int i = 0; i < 200 && !gateway.status(bybit::SteadyTime{steady}).clean; ++i) turn(50ms);
  for (int i = 0; i < 1'000; ++i) {
    desk.price = i % 2 == 0 ? 50'000.0 : 2'500.0;
    desk.place(InstrumentId{static_cast<std::uint32_t>(i % 2)}, 0.5);
    turn(10ms);
  }
  for (int i = 0; i < 2'000; ++i) turn(10ms);
  const auto working = static_cast<std::size_t>(
      std::ranges::count_if(desk.venue.memory().open(),
                            [](const auto& entry) { return entry.state == OrderState::Resting; }));
  std::vector<double> looks;
  for (int run = 0; run < plan.runs; ++run) {
    const auto before = gateway.status(bybit::SteadyTime{steady}).counters.reconciliations;
    own = 0.0;
    gateway.reconcile(bybit::SteadyTime{steady});
    for (int i = 0; i < 400; ++i) {
      turn(50ms);
      if (gateway.status(bybit::SteadyTime{steady}).counters.reconciliations > before) break;
    }
    table.require(gateway.status(bybit::SteadyTime{steady}).counters.reconciliations > before,
                  "account: a reconciliation did not end");
    looks.push_back(own);
  }
  table.rows.push_back(
      {"1 000 working orders reconciled, our own processor time",
       fmt::format("{:.1f} ms", median(looks)), fmt::format("{} ms", kReconcileDemand),
       median(looks) <= kReconcileDemand,
       fmt::format("{} orders rest at the venue, {} looks", working, looks.size())});
  table.require(working == 1'000, "account: not all orders rest at the venue");
}

}  // namespace

void measure_account(const Plan& plan, Table& table) {
  measure_reconciliation(plan, table);
  measure_burst(table);
  measure_trips(plan, table);
}

}  // namespace proteus::bench
