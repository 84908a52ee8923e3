#include "tests/simulation/day.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

#include "connectors/bybit/bootstrap.hpp"

namespace proteus::simulation {
namespace {

using namespace std::chrono_literals;

constexpr double kCapital = 1'000'000.0;
constexpr Timestamp kMarketStart{std::chrono::sys_days{std::chrono::June / 2 / 2025}};
constexpr const char* kInstruments = "linear:BTCUSDT,linear:ETHUSDT,spot:BTCUSDT";

/// In the middle of [low, high], that is on a logarithmic scale: chances differ by orders.
double between(sim::Draws& draws, double low, double high) {
  return low * std::pow(high / low, draws.unit());
}

sim::SimSettings exchange_settings(std::uint64_t seed) {
  sim::SimSettings settings;
  settings.seed = static_cast<std::int64_t>(seed % 1'000'000'007ULL);
  settings.push_interval = 5s;
  settings.history_bars = 300;
  settings.faults = draw_faults(seed);
  return settings;
}

app::Loaded daemon_settings(std::uint64_t seed, const std::filesystem::path& folder) {
  std::vector<std::string> overrides = {
      "session.folder=" + (folder / "runs").string(), fmt::format("engine.capital={}", kCapital),
      std::string("engine.instruments=") + kInstruments, "feed.warm_up_bars=60",
      "feed.instruments_refresh=1h", "strategy.fast=3", "strategy.slow=8",
      // Limit orders stay open over events, and so meet more of them.
      seed % 2 == 0 ? "engine.order_style=market" : "engine.order_style=limit",
      "storage.record_feed=false"};
  auto loaded = app::load({}, overrides);
  if (loaded.has_error()) throw std::runtime_error(loaded.error().context);
  return std::move(loaded.value());
}

}  // namespace

sim::SimFaults draw_faults(std::uint64_t seed) {
  sim::Draws draws(sim::mix(seed, "faults"));
  const auto chance = [&](double low, double high) { return between(draws, low, high); };
  sim::SimFaults f;
  f.drop_per_minute = chance(0.005, 0.05);
  f.drop_at_close = chance(0.005, 0.05);
  f.mute_per_minute = chance(0.003, 0.01);
  f.delay_per_frame = chance(0.001, 0.02);
  f.delay = std::chrono::milliseconds{static_cast<int>(chance(200, 20'000))};
  f.duplicate_per_frame = chance(0.002, 0.05);
  f.reorder_per_frame = chance(0.002, 0.05);
  f.omit_confirm = chance(0.01, 0.1);
  f.repeat_confirm = chance(0.01, 0.1);
  f.truncate_per_frame = chance(0.0005, 0.01);
  f.flip_per_frame = chance(0.0005, 0.005);
  f.binary_per_frame = chance(0.0005, 0.005);
  f.unknown_key_per_frame = chance(0.001, 0.05);
  f.unknown_topic_per_frame = chance(0.001, 0.02);
  f.http_5xx_per_request = chance(0.01, 0.1);
  f.http_10006_per_request = chance(0.01, 0.1);
  f.http_403_per_request = chance(0.002, 0.004);
  f.http_delay_per_request = chance(0.01, 0.2);
  f.http_delay = std::chrono::milliseconds{static_cast<int>(chance(100, 20'000))};
  f.last_page_cursor_per_request = chance(0.1, 0.5);
  return f;
}

// --------------------------------------------------------------------------------------------------
// the day

void Day::Door::on_input(EventBody body, Timestamp happened, Timestamp received) {
  day_.trading_->engine().on_input(std::move(body), happened, received);
  day_.audit_->after_input();
  day_.trading_->keep_log();
}

Day::Day(std::uint64_t seed, const std::filesystem::path& folder)
    : seed_(seed), draws_(sim::mix(seed, "day")), network_(sim::mix(seed, "network")) {
  market::Settings market;
  market.instruments = {"linear:BTCUSDT", "linear:ETHUSDT", "spot:BTCUSDT"};
  const auto exchange_set = exchange_settings(seed);
  source_.emplace(
      std::move(sim::SyntheticSource::create(market, seed, kMarketStart, 240h).value()));
  exchange_ = std::move(sim::SimExchange::create(exchange_set, *source_, network_).value());
  network_.exchange = exchange_.get();

  const app::Loaded loaded = daemon_settings(seed, folder);
  const app::Settings& s = loaded.settings;
  clock_.emplace(s.feed.clock, s.feed.speed, [this] { return network_.now(); });
  network_.clock = &*clock_;
  network_.advance();
  learn_instruments(s);
  if (!failure_.empty()) return;

  std::array<std::uint8_t, 13> letters{};
  for (auto& letter : letters) letter = static_cast<std::uint8_t>(draws_.next());
  const Timestamp now = clock_->at(network_.now());
  auto trading = app::Trading::open(loaded, "paper", now, make_session_code(letters));
  if (trading.has_error()) {
    failure_ = trading.error().context;
    return;
  }
  trading_ = std::move(trading.value());
  trading_->accompany([&](Journal& log) {
    auto made = std::make_unique<Audit>(log, Money::from_raw(to_fixed_raw(kCapital)), s.limits,
                                        [this] { return disk_full_; });
    audit_ = made.get();
    return made;
  });
  if (const auto built = trading_->build(table_, now); built.has_error()) {
    failure_ = built.error().context;
    return;
  }
  audit_->watch({trading_->engine(), &trading_->paper_venue(), trading_->instruments()});
  feed_ = std::move(
      bybit::PublicFeed::create(s.feed, trading_->instruments(), network_, *clock_, door_, seed)
          .value());
  network_.feed = feed_.get();
  network_.on_answer = [this](bybit::RequestId id, Result<bybit::HttpResponse> answer,
                              bybit::SteadyTime at) {
    feed_->on_response(id, std::move(answer), at);
  };
  feed_->start(network_.now());
  network_.every(100ms, [this] { feed_->on_timer(network_.now()); });
  network_.every(1s, [this] { disturb(); });
}

Day::~Day() = default;

void Day::learn_instruments(const app::Settings& settings) {
  std::vector<InstrumentName> names;
  for (const std::string& text : settings.engine.instruments)
    names.push_back(parse_instrument_name(text).value());
  bybit::Bootstrap bootstrap(settings.feed, names, network_, *clock_, seed_);
  network_.on_answer = [&](bybit::RequestId id, Result<bybit::HttpResponse> answer,
                           bybit::SteadyTime at) {
    bootstrap.on_response(id, std::move(answer), at);
  };
  bootstrap.start(network_.now());
  for (int i = 0; i < 100'000 && !bootstrap.done(); ++i) {
    network_.run_to(network_.now() + 50ms);
    bootstrap.on_timer(network_.now());
  }
  // What is still under way is answered to nobody.
  network_.on_answer = [](bybit::RequestId, const Result<bybit::HttpResponse>&, bybit::SteadyTime) {
  };
  if (!bootstrap.done())
    failure_ = "the instruments were not learned";
  else if (bootstrap.result().has_error())
    failure_ = bootstrap.result().error().context;
  else
    table_ = bootstrap.result().value();
}

/// What else happens on such a day, asked once a second: a person commands, the venue's clock
/// jumps, the disk is full for a while.
void Day::disturb() {
  const auto one_in = [&](double seconds) { return draws_.unit() < 1.0 / seconds; };
  const auto command = [&](OperatorAction action) {
    const Timestamp now = std::max(trading_->engine().now(), clock_->at(network_.now()));
    door_.on_input(OperatorCommand{action, "drawn"}, now, now);
  };
  if (one_in(4'000)) command(OperatorAction::Reduce);
  if (one_in(8'000)) command(OperatorAction::Halt);
  if (one_in(8'000)) command(OperatorAction::Flatten);
  if (one_in(900)) command(OperatorAction::Resume);
  if (one_in(disk_full_ ? 20 : 5'000)) disk_full_ = !disk_full_;
  if (one_in(7'000)) {
    const auto offset = static_cast<std::int64_t>((draws_.unit() - 0.5) * 6'000.0);
    (void)exchange_->inject({.kind = sim::FaultKind::ClockOffset, .value = offset});
    network_.advance();
  }
}

void Day::run(int minutes) {
  for (int i = 0; i < minutes && audit_->complaint().empty(); ++i)
    network_.run_to(network_.now() + 1min);
  feed_->stop();
  disk_full_ = false;
  const auto ended = trading_->finish("the day ends", clock_->at(network_.now()));
  if (ended.has_error()) failure_ = ended.error().context;
  audit_->after_input();
}

}  // namespace proteus::simulation
