// kill -9 of a live daemon at every state of an order's life, and a person who stops everything
// while it comes back. After each restart the venue's books and ours are the same to the unit,
// without a line of adjustment: nothing was lost, nothing was sent twice. Printed as tables.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/simulation/live_kill.hpp"

namespace proteus::simulation {
namespace {

using namespace std::chrono_literals;

TEST(LiveKill, AtEveryStateOfAnOrdersLife) {
  struct State {
    const char* name;
    const char* offset;                            ///< of limit orders, bps; null: market orders
    std::function<void(LiveWorld&)> arm;           ///< dies at a message
    std::function<bool(LiveWorld&)> reached = {};  ///< or when this holds
    bool cancels = false;                          ///< what the log tells again has a cancel
  };
  const auto any = [](LiveWorld& w, OrderState wanted) {
    for (const Order& order : w.engine().open_orders())
      if (order.state() == wanted) return true;
    return false;
  };
  const std::vector<State> states = {
      {"before send", nullptr, [](LiveWorld& w) { w.kill_at(is_create, false); }},
      {"sent", nullptr, [](LiveWorld& w) { w.kill_at(is_create, true); }},
      {"acknowledged", nullptr, {}, [&](LiveWorld& w) { return any(w, OrderState::Acknowledged); }},
      {"resting", "3", {}, [&](LiveWorld& w) { return any(w, OrderState::Resting); }},
      {"partially filled",
       "-0.2",
       {},
       [&](LiveWorld& w) { return any(w, OrderState::PartiallyFilled); }},
      {"cancel in the log", "3", [](LiveWorld& w) { w.kill_at(is_cancel, false); }, {}, true},
      {"cancel sent", "3", [](LiveWorld& w) { w.kill_at(is_cancel, true); }, {}, true},
      {"during reconciliation", "-0.2",
       [](LiveWorld& w) {
         w.gateway().reconcile(w.network().now());
         w.kill_at([](std::string_view t) { return t.find("position/list") != t.npos; }, true);
       }},
  };
  fmt::print("{:<24} {:>8} {:>9} {:>8} {:>6}  {}\n", "killed", "in doubt", "clean in", "fills",
             "lines", "difference");
  for (const State& state : states) {
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
      const KillFolder folder(seed);
      LiveWorld world(thin_market(seed, folder.path, state.offset != nullptr,
                                  state.offset == nullptr ? "0" : state.offset));
      ASSERT_TRUE(world.start());
      ASSERT_TRUE(world.run_until([&] { return world.status().clean; }, 60s));
      world.run(9min);
      if (state.arm) {
        state.arm(world);
        ASSERT_TRUE(world.run_until([&] { return world.killed(); }, 2h)) << state.name;
      } else {
        ASSERT_TRUE(world.run_until([&] { return state.reached(world); }, 4h)) << state.name;
        world.kill();
      }
      world.run(Duration{seed * 700ms});
      const Recovery told = recover(world, [&](LiveWorld& w) {
        const auto open = w.trading().live_venue()->memory().open();
        if (state.cancels) {
          EXPECT_TRUE(std::ranges::any_of(open, [](const auto& e) { return e.cancel_asked; }));
        }
      });
      expect_whole(told, fmt::format("{} (seed {})", state.name, seed));
      if (!told.started) continue;
      fmt::print("{:<24} {:>8} {:>7.1f} s {:>8} {:>6}  {}\n", state.name, told.in_doubt,
                 told.seconds, world.engine().counters().fills, told.adjustments,
                 told.difference.empty() ? "none" : told.difference);
    }
  }
}

/// A person (a command, the kill file) wants everything flat while the daemon is not connected yet,
/// and it may die once more before it is: its log has the word, nobody has to say it again.
TEST(LiveKill, FlattenBeforeTheConnectionIsUp) {
  fmt::print("{:<36} {:>6} {:>9} {:>9} {:>9}\n", "flatten", "seed", "held", "flat in", "lines");
  for (const bool dies_again : {false, true}) {
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
      const char* const name =
          dies_again ? "before the connection, then killed" : "before the connection";
      SCOPED_TRACE(fmt::format("{} (seed {})", name, seed));
      const KillFolder folder(seed);
      LiveWorld world(thin_market(seed, folder.path, true));
      ASSERT_TRUE(world.start());
      ASSERT_TRUE(world.run_until([&] { return world.status().clean; }, 60s));
      world.run(9min);
      const auto trades = [&] {
        const Moment now = moment_of(world);
        return (now == Moment::Resting || now == Moment::PartlyFilled) &&
               !world.venue().positions.empty();
      };
      ASSERT_TRUE(world.run_until(trades, 4h));
      const std::size_t held = world.venue().positions.size();
      world.kill();
      const auto flatten = [](LiveWorld& w) {
        EXPECT_FALSE(w.status().private_live);
        EXPECT_FALSE(w.status().trade_live);
        w.command(OperatorAction::Flatten, "the kill file");
      };
      if (dies_again) {
        ASSERT_TRUE(world.start());
        flatten(world);
        world.run(Duration{seed * 10ms});  // About as long as a connection takes.
        world.kill();
      }
      const auto began = world.network().now();
      const Recovery told =
          recover(world, dies_again ? decltype(std::function(flatten)){} : flatten);
      expect_whole(told, name);
      EXPECT_TRUE(world.run_until(
          [&] { return world.venue().positions.empty() && world.venue().open.empty(); }, 5min));
      const double seconds = std::chrono::duration<double>(world.network().now() - began).count();
      world.run(3min);  // And nothing opens again.
      EXPECT_TRUE(world.venue().positions.empty());
      EXPECT_TRUE(world.settled());
      EXPECT_EQ(world.difference(), "");
      fmt::print("{:<36} {:>6} {:>9} {:>7.1f} s {:>9}\n", name, seed, held, seconds,
                 world.engine().counters().adjustments - 1);
    }
  }
}

}  // namespace
}  // namespace proteus::simulation
