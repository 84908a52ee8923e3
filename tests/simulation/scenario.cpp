#include "tests/simulation/scenario.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>

namespace proteus::simulation {
namespace {

using namespace std::chrono_literals;

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : draws_(sim::mix(seed, "scenario")) {}
  bool chance(double p) { return draws_.unit() < p; }
  /// On a logarithmic scale: chances differ by orders.
  double between(double low, double high) { return low * std::pow(high / low, draws_.unit()); }
  int whole(int low, int high) {
    return low + static_cast<int>(draws_.unit() * static_cast<double>(high - low + 1));
  }
  template <class T>
  T one_of(std::initializer_list<T> all) {
    return *(all.begin() + whole(0, static_cast<int>(all.size()) - 1));
  }
  /// A fault that is on in half of the seeds.
  double maybe(double low, double high) { return chance(0.5) ? between(low, high) : 0.0; }

 private:
  sim::Draws draws_;
};

/// No frame has bytes of a number changed: a venue that says another price is believed.
sim::SimFaults draw_scenario_faults(Dice& dice) {
  sim::SimFaults f;
  f.drop_per_minute = dice.maybe(0.01, 0.2);
  f.drop_at_close = dice.maybe(0.01, 0.1);
  f.mute_per_minute = dice.maybe(0.005, 0.03);
  f.delay_per_frame = dice.maybe(0.002, 0.05);
  f.delay = std::chrono::milliseconds{static_cast<int>(dice.between(200, 20'000))};
  f.duplicate_per_frame = dice.maybe(0.005, 0.1);
  f.reorder_per_frame = dice.maybe(0.005, 0.1);
  f.omit_confirm = dice.maybe(0.02, 0.2);
  f.repeat_confirm = dice.maybe(0.02, 0.2);
  f.truncate_per_frame = dice.maybe(0.001, 0.02);
  f.binary_per_frame = dice.maybe(0.001, 0.01);
  f.unknown_key_per_frame = dice.maybe(0.002, 0.05);
  f.unknown_topic_per_frame = dice.maybe(0.002, 0.02);
  f.http_5xx_per_request = dice.maybe(0.02, 0.2);
  f.http_10006_per_request = dice.maybe(0.02, 0.2);
  f.http_403_per_request = dice.maybe(0.005, 0.02);
  f.http_delay_per_request = dice.maybe(0.02, 0.3);
  f.http_delay = std::chrono::milliseconds{static_cast<int>(dice.between(100, 20'000))};
  f.last_page_cursor_per_request = dice.maybe(0.1, 0.5);
  return f;
}

void draw_strategy(Dice& dice, Scenario& s) {
  const int kind = dice.whole(1, 10);
  if (kind <= 6) {
    const int fast = dice.whole(2, 4);
    s.overrides.insert(s.overrides.end(),
                       {"strategy.name=sma_cross", fmt::format("strategy.fast={}", fast),
                        fmt::format("strategy.slow={}", fast * 2)});
  } else if (kind <= 9) {
    s.overrides.insert(s.overrides.end(), {"strategy.name=trend", "strategy.trend_bars=2"});
  } else {
    s.overrides.emplace_back("strategy.name=buy_and_hold");
  }
  s.overrides.push_back(std::string("strategy.features=") +
                        dice.one_of({"none", "none", "chapter"}));
}

void draw_orders(Dice& dice, Scenario& s) {
  s.quotes = dice.chance(0.35);
  if (s.quotes)
    s.overrides.insert(s.overrides.end(),
                       {"paper.fill_mode=quote", "engine.marks=ticker", "feed.book_depth=50",
                        fmt::format("paper.latency={}ms", dice.whole(0, 900))});
  if (dice.chance(0.5)) {
    s.overrides.insert(s.overrides.end(),
                       {"engine.order_style=limit",
                        fmt::format("engine.limit_offset_bps={:.2f}", dice.between(0.5, 8.0) - 2.0),
                        std::string("engine.limit_time_in_force=") +
                            dice.one_of({"gtc", "gtc", "ioc", "fok", "post_only"})});
  }
  if (dice.chance(0.3)) s.overrides.push_back("engine.barrier=2s");
  s.overrides.push_back(fmt::format("risk.sizing.no_trade_band={:.4f}", dice.between(1e-3, 0.05)));
  s.overrides.push_back(fmt::format("risk.sizing.kelly_floor={:.2f}", dice.between(0.05, 0.5)));
  if (dice.chance(0.5))  // Else what is on by default stops some of them.
    s.overrides.insert(s.overrides.end(),
                       {"risk.limits.executions_max=100000", "risk.limits.loss_streak_max=1000",
                        "risk.limits.daily_loss_max=0.5", "risk.limits.daily_loss_flat=0.6",
                        "risk.limits.drawdown_max=0.5", "risk.limits.drawdown_halt=0.6"});
}

void draw_deaths(Dice& dice, Scenario& s) {
  const int lives = dice.chance(0.5) ? 0 : dice.whole(1, 3);
  for (int i = 0; i < lives; ++i) {
    const bool soon = i > 0 && dice.chance(0.3);  // while it still comes back
    s.tears.push_back({static_cast<std::uint64_t>(dice.between(1, soon ? 20 : 3'000)),
                       dice.one_of({0.0, 1.0, -1.0, -1.0})});
    if (s.tears.back().share < 0.0) s.tears.back().share = dice.between(0.01, 1.0);
  }
  s.downtime_max = std::chrono::seconds{dice.whole(1, 240)};
}

}  // namespace

Scenario draw_scenario(std::uint64_t seed) {
  Dice dice(seed);
  Scenario s;
  s.seed = seed;
  s.instruments =
      dice.one_of<std::vector<std::string>>({{"linear:BTCUSDT"},
                                             {"linear:ETHUSDT"},
                                             {"spot:BTCUSDT"},
                                             {"linear:BTCUSDT", "linear:ETHUSDT"},
                                             {"linear:ETHUSDT", "spot:BTCUSDT"},
                                             {"linear:BTCUSDT", "linear:ETHUSDT", "spot:BTCUSDT"}});
  s.interval = dice.one_of({Interval::M1, Interval::M1, Interval::M1, Interval::M3, Interval::M5});
  const int bar_minutes = s.interval == Interval::M1 ? 1 : s.interval == Interval::M3 ? 3 : 5;
  s.minutes = dice.whole(12, 36) + 4 * bar_minutes;
  // Some of them cross 08:00, when funding is settled.
  s.history_bars = dice.chance(0.4) ? 8 * 60 - dice.whole(1, s.minutes) : 24 * bar_minutes + 17;
  s.capital = dice.between(5e3, 1e6);
  s.overrides = {fmt::format("engine.interval={}", to_string(s.interval)),
                 fmt::format("engine.capital={:.2f}", s.capital),
                 "feed.warm_up_bars=20",
                 "feed.ban_pause=20s",
                 "feed.instruments_refresh=10m",
                 "storage.record_feed=false"};
  if (dice.chance(0.3))
    s.overrides.push_back(fmt::format("storage.log_part_age={}s", dice.whole(60, 900)));
  draw_strategy(dice, s);
  draw_orders(dice, s);
  s.faults = draw_scenario_faults(dice);
  Disturbances& d = s.disturbances;
  d.full_disk = dice.maybe(200.0, 2'000.0);
  d.full_disk_lasts = dice.between(1.0, 90.0);
  d.clock_jump = dice.maybe(300.0, 3'000.0);
  d.clock_jump_max = std::chrono::milliseconds{static_cast<int>(dice.between(50, 30'000))};
  d.command = dice.chance(0.4) ? dice.between(200.0, 2'000.0) : 0.0;
  draw_deaths(dice, s);
  return s;
}

Scenario without_faults(Scenario scenario) {
  scenario.faults = {};
  scenario.disturbances = {};
  scenario.tears.clear();
  return scenario;
}

std::string Scenario::describe() const {
  return fmt::format("{} minutes of {}, {} deaths, {}", minutes, fmt::join(instruments, ","),
                     tears.size(), fmt::join(overrides, " "));
}

}  // namespace proteus::simulation
