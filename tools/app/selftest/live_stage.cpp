#include "tools/app/selftest/live_stage.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "connectors/sim/private/signature.hpp"
#include "engine/core/assert.hpp"
#include "tools/app/selftest/selftest.hpp"

namespace proteus::app::selftest {
namespace {

using namespace std::chrono_literals;

constexpr SessionCode kLiveSession{"se1f11ve00000"};
constexpr Duration kTimer = 100ms;
constexpr Duration kSoon = 400ms;  ///< a frame has come, and what it led to has left
/// Between two funding times: nothing is settled while a scenario runs.
Timestamp live_start() { return stage_start(Interval::M1) + 1h; }

/// Bars that stand still.
class StillMarket final : public sim::MarketSource {
 public:
  explicit StillMarket(std::vector<Instrument> instruments)
      : instruments_(std::move(instruments)) {}
  [[nodiscard]] std::span<const Instrument> instruments() const override { return instruments_; }
  [[nodiscard]] Interval base_interval() const override { return Interval::M1; }
  [[nodiscard]] Timestamp first() const override { return live_start(); }
  [[nodiscard]] std::optional<Timestamp> end() const override { return std::nullopt; }
  [[nodiscard]] std::optional<Bar> bar(InstrumentId id, Timestamp open) override {
    if (open < first()) return std::nullopt;
    Bar bar;
    bar.instrument = id;
    bar.interval = Interval::M1;
    bar.open_time = open;
    bar.close_time = open + 1min;
    bar.open = bar.high = bar.low = bar.close = kPrice;
    bar.volume = 1e6;
    return bar;
  }
  [[nodiscard]] std::optional<std::int64_t> funding_rate_e9(InstrumentId, Timestamp) override {
    return 0;
  }
  [[nodiscard]] std::string_view regime(InstrumentId, Timestamp) override { return {}; }

 private:
  std::vector<Instrument> instruments_;
};

InstrumentTable live_table() {
  InstrumentTable table;
  for (Instrument instrument : stage_instruments()) {
    if (instrument.category != Category::Linear) continue;
    instrument.tick_size = Price::from_raw(kFixedScale / 100);
    instrument.quantity_max_limit = instrument.quantity_max_market = lots(1'000'000'000);
    PROTEUS_ASSERT(table.add(instrument).has_value());
  }
  return table;
}

EngineSettings live_engine(const Settings& config, const LiveOptions& options) {
  EngineSettings engine = config.engine;
  engine.interval = Interval::M1;
  engine.capital = kCapital.to_double();
  engine.marks = MarkSource::Bars;
  engine.order_style = options.passive_bps ? OrderStyle::Limit : OrderStyle::Market;
  engine.limit_offset_bps = options.passive_bps.value_or(0.0);
  engine.limit_time_in_force = TimeInForce::Gtc;
  return engine;
}

live::LiveSettings live_settings_of(const Settings& config, const LiveOptions& options) {
  live::LiveSettings settings = config.live;
  settings.profile = live::Profile::Sim;
  settings.settle_coin = "USDT";
  settings.disconnect_protection = options.disconnect_protection;
  // A doubt that comes after the next bar's decision cannot be shown: that asks by itself.
  settings.ack_deadline = std::min<Duration>(settings.ack_deadline, 20s);
  return settings;
}

sim::SimSettings live_exchange(const LiveOptions& options) {
  sim::SimSettings settings;
  settings.seed = static_cast<std::int64_t>(kLiveSeed);
  settings.history_bars = 2;
  settings.push_interval = options.push_interval;
  settings.spread_ticks = options.spread_ticks;
  settings.accounts = {fmt::format("{}:{}:{}{}", LiveStage::kKey, LiveStage::kSecret,
                                   kCapital.to_string(), options.rights)};
  return settings;
}

/// Bars alone.
bybit::FeedSettings live_feed() {
  bybit::FeedSettings settings;
  settings.intervals = {"1m"};
  settings.tickers = false;
  settings.book_depth = 0;
  settings.warm_up_bars = 0;
  settings.time_sync_interval = settings.instruments_refresh = 24h * 10'000;
  return settings;
}

}  // namespace

class LiveStage::Signing final : public live::Signing {
 public:
  [[nodiscard]] std::string_view key() const override { return kKey; }
  [[nodiscard]] std::string sign(std::string_view text) const override {
    return sim::hmac_sha256_hex(kSecret, text);
  }
};

/// Always wants to be fully long; how much that is, the scenario says.
class LiveStage::Wisher final : public Strategy {
 public:
  [[nodiscard]] std::string_view name() const override { return "self-test"; }
  [[nodiscard]] std::size_t warm_up_bars() const override { return 0; }
  Opinion on_bar(const Bar&, const PositionView&, Money) override {
    return {Target{1.0, 1.0}, "the self-test asks for it", {}, false, std::nullopt};
  }
  void reset() override {}
  void archive(Archive&) override {}
};

LiveStage::LiveStage(const Settings& config, const GateMaker& make, const WireTap& tap,
                     const LiveOptions& options)
    : tap_(tap),
      options_(options),
      config_(config),
      live_(live_settings_of(config, options)),
      engine_settings_(live_engine(config, options)),
      table_(live_table()),
      gate_([&] {
        config_.engine.interval = Interval::M1;
        return make(gate_parts(config_, stage_sizing(config_), table_));
      }()),
      venue_(kLiveSession, table_.size()),
      market_(std::make_unique<StillMarket>(std::vector<Instrument>(table_.begin(), table_.end()))),
      network_(kLiveSeed),
      clock_(bybit::ClockMode::Steady, 1.0, [this] { return network_.now(); }),
      signing_(std::make_unique<Signing>()),
      unanswered_(options.unanswered) {
  auto exchange = sim::SimExchange::create(live_exchange(options), *market_, network_);
  PROTEUS_ASSERT(exchange.has_value());
  exchange_ = std::move(exchange.value());
  network_.exchange = exchange_.get();
  network_.clock = &clock_;
  network_.comes = [this](std::string_view target, std::string& body) { tap_.comes(target, body); };
  network_.advance();
  clock_.on_server_time(exchange_->now(), network_.now(), network_.now());
  std::vector<std::unique_ptr<Strategy>> strategies;
  for (std::size_t i = 0; i < table_.size(); ++i) strategies.push_back(std::make_unique<Wisher>());
  engine_ = std::make_unique<Engine>(engine_settings_, table_, kLiveSession, std::move(strategies),
                                     gate_, venue_, notes_);
  for (const Instrument& instrument : table_)
    engine_->on_input(InstrumentChanged{instrument}, clock_.venue_now(), clock_.venue_now());
  // Whatever a configuration makes stricter than what is tried here.
  for (const Control other : {Control::RepeatedExecution, Control::LossStreak,
                              Control::DuplicateOrder, Control::OrderValue, Control::OpenOrderValue,
                              Control::PositionLimit, Control::Stage, Control::CapitalThreshold})
    engine_->on_input(OverrideChanged{.control = other,
                                      .active = true,
                                      .expires = clock_.venue_now() + 24h,
                                      .reason = "self-test"},
                      clock_.venue_now(), clock_.venue_now());
  auto feed = bybit::PublicFeed::create(live_feed(), table_, network_, clock_, *engine_, kLiveSeed);
  PROTEUS_ASSERT(feed.has_value());
  feed_ = std::move(feed.value());
  network_.feed = feed_.get();
  network_.on_answer = [this](bybit::RequestId id, Result<bybit::HttpResponse> answer,
                              bybit::SteadyTime at) {
    feed_->on_response(id, std::move(answer), at);
  };
  live::AccountGateway::Setup setup{.settings = live_,
                                    .recv_window = config_.limits.recv_window,
                                    .instruments = table_,
                                    .memory = venue_.memory(),
                                    .ledger = [this] { return engine_->ledger(); },
                                    .io = *this,
                                    .clock = clock_,
                                    .signing = *signing_,
                                    .engine = *engine_,
                                    .reached = [this] { return engine_->now(); },
                                    .tell = [](const std::string&) {},
                                    .seed = kLiveSeed};
  gateway_ = std::make_unique<live::AccountGateway>(std::move(setup));
  network_.gateway = gateway_.get();
  run(6s);  // The market has a price.
  if (!options.held.is_zero()) stranger_trades(kPerpetual, options.held);
  if (options.connect) connect();
}

LiveStage::~LiveStage() {
  venue_.carry_with(nullptr);
  feed_->stop();
  gateway_->stop();
}

bool LiveStage::connect() {
  std::optional<Result<live::AccountFacts>> facts;
  gateway_->prepare(network_.now(),
                    [&](Result<live::AccountFacts> told) { facts = std::move(told); });
  for (int i = 0; i < 10'000 && !facts; ++i) {
    run(kTimer);
    gateway_->on_timer(network_.now());
  }
  if (!facts || facts->has_error()) {
    refusal_ = facts ? facts->error().context : "the venue does not tell of the account";
    return false;
  }
  venue_.carry_with(gateway_.get());
  gateway_->start(network_.now());
  feed_->start(network_.now());
  network_.every(kTimer, [this] {
    feed_->on_timer(network_.now());
    gateway_->on_timer(network_.now());
  });
  if (options_.unanswered.empty()) until_clean();
  close();
  close();
  return true;
}

bool LiveStage::holding(Hold hold) const {
  const RiskStatus now = risk();
  return std::ranges::any_of(now.holds, [&](const HoldChanged& h) { return h.hold == hold; });
}

void LiveStage::operate(OperatorAction action) {
  const Timestamp now = std::max(engine_->now(), clock_.at(network_.now()));
  engine_->on_input(OperatorCommand{action, "self-test"}, now, now);
}

// --------------------------------------------------------------------------------------------------
// time

bool LiveStage::run_until(const std::function<bool()>& holds, Duration longest, Duration step) {
  const auto until = network_.now() + longest;
  while (network_.now() < until) {
    if (holds()) return true;
    run(step);
  }
  return holds();
}

void LiveStage::close() {
  const Timestamp now = exchange_->now();
  const Timestamp next = std::chrono::floor<std::chrono::minutes>(now) + 1min;
  run(next - now + kSoon);
}

bool LiveStage::until_clean() {
  return run_until(
      [&] { return status().clean && status().in_doubt == 0; },
      live_.unknown_settle + live_.reconcile_looks * (live_.reconcile_pause + 5s) + 60s);
}

// --------------------------------------------------------------------------------------------------
// orders

Said LiveStage::ask(InstrumentId id, Quantity change, Purpose purpose) {
  return ask_gate(gate_, *engine_, notes_, kLiveSession,
                  {id, change, purpose, std::nullopt, kPrice, asked_++});
}

Said LiveStage::wish(InstrumentId id, Quantity position) {
  gate_.wish(id, position);
  gate_.forget();
  close();
  return said_to_last(gate_, notes_);
}

void LiveStage::place(InstrumentId id, Quantity position) {
  gate_.bypass(true);
  gate_.wish(id, position);
  close();
  gate_.bypass(false);
}

bool LiveStage::place_until(InstrumentId id, Quantity position,
                            const std::function<bool()>& holds) {
  gate_.bypass(true);
  gate_.wish(id, position);
  const bool held = run_until(holds, 119s, 5ms);
  gate_.bypass(false);
  return held;
}

bool LiveStage::hold(InstrumentId id, Quantity wanted) {
  place(id, wanted);
  return run_until([&] { return position(id) == wanted && engine_->open_orders().empty(); }, 20s);
}

void LiveStage::send(InstrumentId id, Quantity change, Price limit, TimeInForce time_in_force) {
  struct : ReportSink {
    void report(EventBody, Timestamp) override {}
  } nobody;
  OrderRequest order;
  constexpr std::uint32_t kFirst = 42'000;
  order.id = make_order_id(kLiveSession, id, engine_->now(), Purpose::Open, kFirst + raw_++);
  order.instrument = id;
  order.side = change > Quantity{} ? Side::Buy : Side::Sell;
  order.type = OrderType::Limit;
  order.time_in_force = time_in_force;
  order.quantity = abs(change);
  order.price = order.reference = limit;
  order.decided_at = engine_->now();
  venue_.submit(order, engine_->now(), nobody);
}

std::size_t LiveStage::sent(std::initializer_list<std::string_view> words) const {
  return static_cast<std::size_t>(std::ranges::count_if(sent_, [&](const std::string& text) {
    return std::ranges::all_of(
        words, [&](std::string_view word) { return text.find(word) != std::string::npos; });
  }));
}

// --------------------------------------------------------------------------------------------------
// the network and the venue

void LiveStage::send(live::Channel channel, std::string text) {
  if (!tap_.leaves(text)) return;
  sent_.push_back(text);
  network_.send(channel, std::move(text));
}

void LiveStage::request(live::RequestId id, live::HttpCall call) {
  if (!unanswered_.empty() && call.target.starts_with(unanswered_)) return;
  std::string path = call.target;
  if (!tap_.leaves(path)) return;
  sent_.push_back(call.target + " " + call.body);
  if (!refused_.empty() && call.target.starts_with(refused_))
    return network_.answer(
        id, R"({"retCode":10001,"retMsg":"refused by the self-test","result":{},"time":0})");
  network_.request(id, std::move(call));
}

void LiveStage::fault(sim::FaultKind kind, std::int64_t count) {
  PROTEUS_ASSERT(exchange_->inject({.kind = kind, .count = count}).has_value());
  network_.advance();
}

void LiveStage::fault_private(sim::FaultKind kind) {
  const sim::ConnId conn = network_.connection(live::Channel::Private);
  PROTEUS_ASSERT(exchange_->inject({.kind = kind, .connection = conn}).has_value());
  network_.advance();
}

}  // namespace proteus::app::selftest
