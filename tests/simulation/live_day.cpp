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
                     "engine.limit_offset_bps=-0.2", "risk.limits.executions_max=100000"};
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
  return reply.status == 200;
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

/// Asked once a minute.
void LiveDay::disturb() {
  if (one_in(120)) command(OperatorAction::Reduce);
  if (one_in(240)) command(OperatorAction::Halt);
  if (one_in(240)) command(OperatorAction::Flatten);
  if (one_in(15)) command(OperatorAction::Resume);
  const char* const side = draws_.unit() < 0.5 ? "Buy" : "Sell";
  const char* const symbol = draws_.unit() < 0.5 ? "BTCUSDT" : "ETHUSDT";
  const bool btc = symbol[0] == 'B';
  // In hedge mode nobody trades: what is held then would keep the account there.
  const bool hedged = hedged_.contains(symbol);
  if (one_in(200) && !hedged &&
      owner("trade", fmt::format("symbol={}&side={}&qty={}", symbol, side, btc ? "0.003" : "0.05")))
    ++done_.trades;
  if (one_in(300) && !hedged &&
      owner("trade", fmt::format("symbol={}&side=Buy&qty={}&price={}", symbol,
                                 btc ? "0.003" : "0.05", btc ? "90000" : "2000")))
    ++done_.orders;
  if (one_in(180) && owner("leverage", fmt::format("symbol={}&leverage={}", symbol,
                                                   2 + static_cast<int>(draws_.unit() * 20.0))))
    ++done_.leverages;
  change_mode();
  if (one_in(180)) remove_stop();
  if (one_in(240)) (void)world_.exchange().inject({.kind = sim::FaultKind::ForgetClosed});
  if (one_in(240)) {
    const auto offset = static_cast<std::int64_t>((draws_.unit() - 0.5) * 1'600.0);
    (void)world_.exchange().inject({.kind = sim::FaultKind::ClockOffset, .value = offset});
  }
  world_.network().advance();
}

/// Chances may leave out what is seldom: it is ordered late in the day.
void LiveDay::make_up() {
  const sim::FaultCounts& counts = world_.exchange().fault_counts();
  for (std::size_t i = 0; i < counts.size(); ++i)
    if (counts[i] == 0) (void)world_.exchange().inject({.kind = static_cast<sim::FaultKind>(i)});
  world_.network().advance();
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
    if (minute == kMakeUp) make_up();
    if (minute % 10 == 0)
      if (const std::string wrong = look(minute); !wrong.empty()) return wrong;
    if (minute % 60 != 0) continue;
    world_.trading().storage().drain();  // It lives in real time.
    hours_.push_back({minute / 60, world_.audit()->seen().events, footprint()});
  }
  return world_.audit()->complaint();
}

}  // namespace proteus::simulation
