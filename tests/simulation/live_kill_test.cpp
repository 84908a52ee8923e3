// kill -9 of a live daemon: at every state of an order's life, and at 200 moments of an hour with
// every fault on. After each restart the venue's books and ours are the same to the unit, without a
// line of adjustment: nothing was lost, nothing was sent twice. Printed as tables.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <set>

#include "tests/simulation/live_world.hpp"

namespace proteus::simulation {
namespace {

using namespace std::chrono_literals;

class KillFolder {
 public:
  explicit KillFolder(std::uint64_t seed)
      : path(std::filesystem::temp_directory_path() /
             fmt::format("proteus_kill.{}.{}", static_cast<long>(::getpid()), seed)) {
    std::filesystem::remove_all(path);
    std::filesystem::create_directories(path);
  }
  ~KillFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  std::filesystem::path path;
};

/// The daemon's orders meet a thin book, so that they rest and fill in parts.
LiveSetup thin_market(std::uint64_t seed, const std::filesystem::path& folder, bool limit,
                      const char* offset = "-0.2") {
  LiveSetup setup;
  setup.seed = seed;
  setup.folder = folder;
  setup.overrides = {limit ? "engine.order_style=limit" : "engine.order_style=market",
                     std::string("engine.limit_offset_bps=") + offset,
                     "live.ban_pause=5s",
                     "feed.ban_pause=5s",
                     "risk.limits.executions_max=100000",
                     "risk.limits.loss_streak_max=1000",
                     "risk.limits.daily_loss_max=0.5",
                     "risk.limits.daily_loss_flat=0.6",
                     "risk.limits.drawdown_max=0.5",
                     "risk.limits.drawdown_halt=0.6"};
  setup.tune = [](sim::SimSettings& s) { s.level_notional = 400.0; };
  return setup;
}

bool is_create(std::string_view text) {
  return text.find("\"op\":\"order.create\"") != std::string_view::npos ||
         text.find("/order/create") != std::string_view::npos;
}
bool is_cancel(std::string_view text) {
  return text.find("\"op\":\"order.cancel\"") != std::string_view::npos ||
         text.find("/order/cancel") != std::string_view::npos;
}

struct Recovery {
  bool started = false;
  bool clean = false;
  double seconds = 0.0;  ///< of venue time until nothing is open and the books are clean
  std::uint64_t in_doubt = 0;
  std::string difference;
  std::uint64_t adjustments = 0;  ///< lines beyond the capital
};

/// Starts the daemon again and waits until it knows where it stands.
Recovery recover(LiveWorld& world) {
  Recovery told;
  const auto began = world.network().now();
  const auto started = world.start();
  told.started = started.has_value();
  if (!started) {
    told.difference = started.error().context;
    return told;
  }
  told.in_doubt = world.status().in_doubt;
  // A fill may be on its way to us when all seems settled: it is not lost for that.
  told.clean =
      world.run_until([&] { return world.settled() && world.difference().empty(); }, 10min);
  told.seconds = std::chrono::duration<double>(world.network().now() - began).count();
  told.difference = world.difference();
  told.adjustments = world.engine().counters().adjustments - 1;
  return told;
}

void expect_whole(const Recovery& told, const std::string& what) {
  EXPECT_TRUE(told.started) << what << ": " << told.difference;
  EXPECT_TRUE(told.clean) << what;
  EXPECT_EQ(told.difference, "") << what;
  EXPECT_EQ(told.adjustments, 0U) << what;
}

TEST(LiveKill, AtEveryStateOfAnOrdersLife) {
  struct Moment {
    const char* name;
    const char* offset;                            ///< of limit orders, bps; null: market orders
    std::function<void(LiveWorld&)> arm;           ///< dies at a message
    std::function<bool(LiveWorld&)> reached = {};  ///< or when this holds
  };
  const auto any = [](LiveWorld& w, OrderState state) {
    for (const Order& order : w.engine().open_orders())
      if (order.state() == state) return true;
    return false;
  };
  const std::vector<Moment> moments = {
      {"before send", nullptr, [](LiveWorld& w) { w.kill_at(is_create, false); }},
      {"sent", nullptr, [](LiveWorld& w) { w.kill_at(is_create, true); }},
      {"acknowledged", nullptr, {}, [&](LiveWorld& w) { return any(w, OrderState::Acknowledged); }},
      {"resting", "3", {}, [&](LiveWorld& w) { return any(w, OrderState::Resting); }},
      {"partially filled",
       "-0.2",
       {},
       [&](LiveWorld& w) { return any(w, OrderState::PartiallyFilled); }},
      {"before cancel", "3", [](LiveWorld& w) { w.kill_at(is_cancel, false); }},
      {"cancel sent", "3", [](LiveWorld& w) { w.kill_at(is_cancel, true); }},
      {"during reconciliation", "-0.2",
       [](LiveWorld& w) {
         w.gateway().reconcile(w.network().now());
         w.kill_at([](std::string_view t) { return t.find("position/list") != t.npos; }, true);
       }},
  };
  fmt::print("{:<24} {:>8} {:>9} {:>8} {:>6}  {}\n", "killed", "in doubt", "clean in", "fills",
             "lines", "difference");
  for (const Moment& moment : moments) {
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
      const KillFolder folder(seed);
      LiveWorld world(thin_market(seed, folder.path, moment.offset != nullptr,
                                  moment.offset == nullptr ? "0" : moment.offset));
      ASSERT_TRUE(world.start());
      ASSERT_TRUE(world.run_until([&] { return world.status().clean; }, 60s));
      world.run(9min);
      if (moment.arm) {
        moment.arm(world);
        ASSERT_TRUE(world.run_until([&] { return world.killed(); }, 2h)) << moment.name;
      } else {
        ASSERT_TRUE(world.run_until([&] { return moment.reached(world); }, 4h)) << moment.name;
        world.kill();
      }
      world.run(Duration{seed * 700ms});
      const Recovery told = recover(world);
      expect_whole(told, fmt::format("{} (seed {})", moment.name, seed));
      if (!told.started) continue;
      fmt::print("{:<24} {:>8} {:>7.1f} s {:>8} {:>6}  {}\n", moment.name, told.in_doubt,
                 told.seconds, world.engine().counters().fills, told.adjustments,
                 told.difference.empty() ? "none" : told.difference);
    }
  }
}

sim::SimFaults all_order_faults() {
  sim::SimFaults f;
  f.drop_per_minute = 0.1;
  f.mute_per_minute = 0.02;
  f.delay_per_frame = 0.01;
  f.duplicate_per_frame = 0.03;
  f.reorder_per_frame = 0.03;
  f.truncate_per_frame = 0.002;
  f.http_5xx_per_request = 0.03;
  f.http_10006_per_request = 0.03;
  f.http_403_per_request = 0.003;
  f.http_delay_per_request = 0.05;
  f.last_page_cursor_per_request = 0.3;
  f.order_10016_per_request = 0.05;
  f.order_lost_per_request = 0.05;
  f.private_early_per_request = 0.3;
  f.private_shuffle_per_change = 0.3;
  return f;
}

TEST(LiveKill, AtTwoHundredMomentsOfAFaultyHour) {
  const char* const wanted = std::getenv("PROTEUS_KILLS");
  const int kills = wanted == nullptr ? 200 : std::max(1, std::atoi(wanted));
  const char* const drawn = std::getenv("PROTEUS_KILL_SEED");
  const std::uint64_t seed = drawn == nullptr ? 20251122 : std::strtoull(drawn, nullptr, 10);
  fmt::print("seed {}\n", seed);
  const KillFolder folder(seed);
  LiveSetup setup = thin_market(seed, folder.path, true);
  setup.faults = all_order_faults();
  LiveWorld world(setup);
  const auto started = world.start();
  ASSERT_TRUE(started) << started.error().context;
  ASSERT_TRUE(world.run_until([&] { return world.status().clean; }, 10min));
  sim::Draws draws(sim::mix(seed, "kills"));
  std::uint64_t in_doubt = 0, whole = 0;
  double longest = 0.0, sum = 0.0;
  for (int i = 0; i < kills; ++i) {
    // Half of them between two events, half at a message, before or after it has left.
    if (i % 2 == 0) {
      world.run(Duration{static_cast<std::int64_t>(draws.unit() * 36e9)});
      world.kill();
    } else {
      auto left = static_cast<int>(draws.unit() * 12.0);
      world.kill_at([left](std::string_view) mutable { return left-- <= 0; }, draws.unit() < 0.5);
      if (!world.run_until([&] { return world.killed(); }, 2min)) world.kill();
    }
    world.run(Duration{static_cast<std::int64_t>(draws.unit() * 4e9)});
    const Recovery told = recover(world);
    const std::string what = fmt::format("seed {}, kill {}", seed, i);
    expect_whole(told, what);
    if (!told.started || HasFailure()) break;
    in_doubt += told.in_doubt;
    ++whole;
    longest = std::max(longest, told.seconds);
    sum += told.seconds;
  }
  ASSERT_TRUE(world.running());
  const VenueHistory books = world.history();
  const std::set<std::string> links(books.links.begin(), books.links.end());
  EXPECT_EQ(links.size(), books.links.size()) << "an order stands twice in the history";
  fmt::print(
      "{:<34} {:>8}\n{:<34} {:>8}\n{:<34} {:>8}\n{:<34} {:>8}\n{:<34} {:>8}\n{:<34} {:>8}\n"
      "{:<34} {:>8.1f}\n{:<34} {:>8.1f}\n  faults: {}\n",
      "kills", kills, "whole after the restart", whole, "orders in doubt at a restart", in_doubt,
      "orders at the venue", books.links.size(), "executions at the venue", books.executions.size(),
      "fills in our books", world.engine().counters().fills, "seconds to clean, mean",
      sum / static_cast<double>(std::max<std::uint64_t>(whole, 1)), "seconds to clean, longest",
      longest, world.exchange().describe_faults());
  EXPECT_EQ(whole, static_cast<std::uint64_t>(kills));
  EXPECT_EQ(books.executions.size(), world.engine().counters().fills);
}

}  // namespace
}  // namespace proteus::simulation
