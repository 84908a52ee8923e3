#include "tests/simulation/live_day.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace proteus::simulation {
namespace {

using namespace std::chrono_literals;

constexpr int kMakeUp = 1'205;  // minute

LiveSetup setup_of(std::uint64_t seed, const std::filesystem::path& folder) {
  LiveSetup setup;
  setup.seed = seed;
  setup.folder = folder;
  setup.audit = true;
  setup.faults = draw_account_faults(seed);
  setup.overrides = {seed % 2 == 0 ? "engine.order_style=limit" : "engine.order_style=market",
                     "engine.limit_offset_bps=-0.2", "risk.limits.executions_max=100000",
                     // Near enough to fire now and then.
                     "live.stop_distance=0.004"};
  setup.tune = [](sim::SimSettings& s) { s.level_notional = 600.0; };
  return setup;
}

std::string describe(LiveWorld& world) {
  const live::GatewayStatus told = world.status();
  std::string text = fmt::format("in doubt {}, clean {}, barred {}, private {}, trade {}, {}",
                                 told.in_doubt, told.clean, told.http_barred, told.private_live,
                                 told.trade_live, world.difference());
  for (const Order& order : world.engine().open_orders())
    text += fmt::format("{} is {}, filled {} of {}\n", order.request().id.view(),
                        to_string(order.state()), order.filled().to_string(),
                        order.request().quantity.to_string());
  return text;
}

}  // namespace

LiveDay::LiveDay(std::uint64_t seed, const std::filesystem::path& folder)
    : draws_(sim::mix(seed, "disturb")), world_(setup_of(seed, folder)) {}

void LiveDay::command(OperatorAction action) {
  ++done_.commands;
  world_.command(action);
}

bool LiveDay::owner(const std::string& path, const std::string& query) {
  const sim::HttpReply reply =
      world_.exchange().on_http("POST", fmt::format("/sim/{}?key=simkey&{}", path, query));
  world_.network().advance();
  // "Not modified": it is so already.
  return reply.status == 200 || reply.body.find("110025") != std::string::npos;
}

/// The venue lets that only where nothing is held and nothing is open. In hedge mode it refuses our
/// orders; after a while the owner notices.
void LiveDay::change_mode() {
  for (auto at = hedged_.begin(); at != hedged_.end();) {
    if (--at->second > 0 || !owner("position-mode", fmt::format("symbol={}&mode=0", at->first))) {
      ++at;
    } else {
      at = hedged_.erase(at);
    }
  }
  for (const char* const symbol : {"BTCUSDT", "ETHUSDT"}) {
    if (!one_in(4) || hedged_.contains(symbol)) continue;
    if (!owner("position-mode", fmt::format("symbol={}&mode=3", symbol))) continue;
    ++done_.modes;
    hedged_[symbol] = 1 + static_cast<int>(draws_.unit() * 10.0);
  }
}

void LiveDay::remove_stop() {
  for (const auto& [symbol, stop] : world_.venue().stops) {
    if (stop == Price{}) continue;
    (void)world_.signed_call(
        true, "/v5/position/trading-stop",
        fmt::format(
            R"({{"category":"linear","symbol":"{}","tpslMode":"Full","positionIdx":0,"stopLoss":"0"}})",
            symbol));
    ++done_.stops_removed;
    return;
  }
}

/// Of somebody else on the same account. In hedge mode nobody trades: what is held then would keep
/// the account there.
void LiveDay::trade() {
  const char* const side = draws_.unit() < 0.5 ? "Buy" : "Sell";
  const bool btc = draws_.unit() < 0.5;
  if (hedged_.contains(btc ? "BTCUSDT" : "ETHUSDT")) return;
  const char* const what = btc ? "BTCUSDT&qty=0.003" : "ETHUSDT&qty=0.05";
  done_.trades += owner("trade", fmt::format("side={}&symbol={}", side, what)) ? 1 : 0;
}

void LiveDay::trade_away() {
  const std::uint64_t before = done_.trades;
  world_.network().cut(true, false);
  world_.run(200ms);
  trade();
  world_.run(2s);
  world_.network().cut(false, false);
  done_.trades_away += done_.trades - before;
}

/// Far from the market, for the rest of the day.
void LiveDay::rest() {
  if (hedged_.contains("BTCUSDT")) return;
  const double mark = world_.engine().ledger()[InstrumentId{0}].mark.to_double();
  const std::string price = fmt::format("{:.0f}", mark * 0.96);
  done_.orders += owner("trade", "symbol=BTCUSDT&side=Buy&qty=0.003&price=" + price) ? 1 : 0;
}

void LiveDay::change_leverage() {
  const char* const symbol = draws_.unit() < 0.5 ? "BTCUSDT" : "ETHUSDT";
  const int leverage = 2 + static_cast<int>(draws_.unit() * 20.0);
  done_.leverages +=
      owner("leverage", fmt::format("symbol={}&leverage={}", symbol, leverage)) ? 1 : 0;
}

/// Asked once a minute.
void LiveDay::disturb() {
  if (one_in(120)) command(OperatorAction::Reduce);
  if (one_in(240)) command(OperatorAction::Halt);
  if (one_in(240)) command(OperatorAction::Flatten);
  if (one_in(15)) command(OperatorAction::Resume);
  if (one_in(200)) trade();
  if (one_in(200)) trade_away();
  if (one_in(300)) rest();
  if (one_in(180)) change_leverage();
  change_mode();
  if (one_in(180)) remove_stop();
  if (one_in(240)) (void)world_.exchange().inject({.kind = sim::FaultKind::ForgetClosed});
  if (one_in(240)) {
    const auto offset = static_cast<std::int64_t>((draws_.unit() - 0.5) * 1'600.0);
    (void)world_.exchange().inject({.kind = sim::FaultKind::ClockOffset, .value = offset});
  }
  world_.network().advance();
}

/// Chances may leave out what is seldom: from late in the day on it is done each minute until it
/// has been done.
void LiveDay::make_up() {
  const sim::FaultCounts& counts = world_.exchange().fault_counts();
  for (std::size_t i = 0; i < counts.size(); ++i)
    if (counts[i] == 0) (void)world_.exchange().inject({.kind = static_cast<sim::FaultKind>(i)});
  world_.network().advance();
  if (done_.trades == done_.trades_away) trade();
  if (done_.trades_away == 0) trade_away();
  if (done_.orders == 0) rest();
  if (done_.leverages == 0) change_leverage();
  if (done_.stops_removed == 0) remove_stop();
  // The mode can be changed where nothing is held.
  if (done_.modes == 0 && world_.engine().flattening() == 0) command(OperatorAction::Flatten);
}

std::string LiveDay::look(int minute) {
  // A fill may be on its way to us when all seems settled: it is not lost for that. Bans of HTTP
  // last ten minutes each.
  if (!world_.run_until([&] { return world_.settled() && world_.difference().empty(); }, 4h))
    return fmt::format("the books did not become equal after minute {}: {}", minute,
                       describe(world_));
  ++done_.looks;
  const auto began = world_.network().now();
  const auto naked = [&] {
    const VenueBooks books = world_.venue();
    return std::ranges::any_of(books.stops, [](const auto& at) { return at.second == Price{}; });
  };
  // Only REST sets a stop.
  if (!world_.run_until([&] { return !naked(); }, 20min))
    return fmt::format("a position has no stop after minute {}: {}", minute, describe(world_));
  done_.longest_naked = std::max(done_.longest_naked, world_.network().now() - began);
  return {};
}

std::string LiveDay::run(int minutes) {
  const auto started = world_.start();
  if (!started) return started.error().context;
  for (int minute = 1; minute <= minutes && world_.audit()->complaint().empty(); ++minute) {
    world_.run(1min);
    disturb();
    if (minute >= kMakeUp) make_up();
    if (minute % 10 == 0)
      if (const std::string wrong = look(minute); !wrong.empty()) return wrong;
    if (minute % 60 != 0) continue;
    world_.trading().storage().drain();  // It lives in real time.
    hours_.push_back({minute / 60, world_.audit()->seen().events, footprint()});
  }
  return world_.audit()->complaint();
}

}  // namespace proteus::simulation
