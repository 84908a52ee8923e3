// kill -9 of a live daemon at 200 moments of an hour with every fault on, most of them aimed at
// messages of orders. After each restart the venue's books and ours are the same to the unit,
// without a line of adjustment; at the end no order stands twice and every execution is booked.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <set>

#include "tests/simulation/live_kill.hpp"

namespace proteus::simulation {
namespace {

using namespace std::chrono_literals;

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

/// Kills a daemon at a drawn moment and tells which it was.
class Killer {
 public:
  Killer(LiveWorld& world, std::uint64_t seed) : world_(world), draws_(sim::mix(seed, "kills")) {}

  Moment strike() {
    const double aim = draws_.unit();
    if (aim < 0.15) {
      world_.run(drawn(36s));
      kill();
    } else if (aim < 0.25) {
      at_message([left = static_cast<int>(draws_.unit() * 12.0)](std::string_view) mutable {
        return left-- <= 0;
      });
    } else if (aim < 0.4) {
      at_message(is_create);
    } else if (aim < 0.55) {
      soon_after(is_create);
    } else if (aim < 0.7) {
      (void)until([](Moment now) { return now == Moment::PartlyFilled; });
      kill();
    } else if (aim < 0.9) {
      at_message(is_cancel, true);
    } else {
      soon_after(is_cancel, true);
    }
    return moment_;
  }
  [[nodiscard]] Duration wait() { return drawn(4s); }

 private:
  using Is = std::function<bool(std::string_view)>;
  Duration drawn(Duration most) {
    return Duration{static_cast<std::int64_t>(draws_.unit() * static_cast<double>(most.count()))};
  }
  void kill() {
    moment_ = moment_of(world_);
    world_.kill();
  }
  bool until(const std::function<bool(Moment)>& there) {
    return world_.run_until([&] { return there(moment_of(world_)); }, kPatience);
  }
  /// Once an order stands at the venue a person wants everything flat, so that it is cancelled.
  void flatten_when_open() {
    (void)until([](Moment now) { return now == Moment::Resting || now == Moment::PartlyFilled; });
    if (!world_.killed()) world_.command(OperatorAction::Flatten);
  }
  /// Inside the call that sends it: before it leaves, or right after.
  void at_message(Is is, bool flatten = false) {
    world_.kill_at(
        [this, is = std::move(is)](std::string_view text) {
          if (!is(text)) return false;
          moment_ = moment_of(world_);
          return true;
        },
        draws_.unit() < 0.5);
    if (flatten) flatten_when_open();
    if (!world_.run_until([&] { return world_.killed(); }, kPatience)) kill();
  }
  /// While it is on its way, or its answer is.
  void soon_after(const Is& is, bool flatten = false) {
    bool left = false;
    world_.network().may_leave = [&](std::string_view text) {
      left = left || is(text);
      return true;
    };
    if (flatten) flatten_when_open();
    (void)world_.run_until([&] { return left; }, kPatience);
    world_.network().may_leave = [](std::string_view) { return true; };
    world_.run(drawn(40ms));
    kill();
  }

  static constexpr Duration kPatience = 3min;
  LiveWorld& world_;
  sim::Draws draws_;
  Moment moment_ = Moment::Idle;
};

TEST(LiveKill, AtTwoHundredMomentsOfAFaultyHour) {
  const char* const wanted = std::getenv("PROTEUS_KILLS");
  const int kills = wanted == nullptr ? 200 : std::max(1, std::atoi(wanted));
  const char* const drawn = std::getenv("PROTEUS_KILL_SEED");
  const std::uint64_t seed = drawn == nullptr ? 20251122 : std::strtoull(drawn, nullptr, 10);
  fmt::print("seed {}\n", seed);
  const KillFolder folder(seed);
  LiveSetup setup = thin_market(seed, folder.path, true, "-0.05");
  setup.overrides.insert(setup.overrides.end(), {"strategy.fast=2", "strategy.slow=3"});
  setup.faults = all_order_faults();
  LiveWorld world(setup);
  const auto started = world.start();
  ASSERT_TRUE(started) << started.error().context;
  ASSERT_TRUE(world.run_until([&] { return world.status().clean; }, 10min));
  const auto began = world.network().now();
  Killer killer(world, seed);
  std::array<int, kMoments> at{};
  std::uint64_t in_doubt = 0, whole = 0;
  double longest = 0.0, sum = 0.0;
  for (int i = 0; i < kills; ++i) {
    const Moment moment = killer.strike();
    ++at[static_cast<std::size_t>(moment)];
    world.run(killer.wait());
    const Recovery told = recover(world);
    expect_whole(told, fmt::format("seed {}, kill {}, {}", seed, i, to_string(moment)));
    if (!told.started || HasFailure()) break;
    world.command(OperatorAction::Resume);
    in_doubt += told.in_doubt;
    ++whole;
    longest = std::max(longest, told.seconds);
    sum += told.seconds;
  }
  ASSERT_TRUE(world.running());
  const double hours =
      std::chrono::duration<double>(world.network().now() - began).count() / 3'600.0;
  const VenueHistory books = world.history();
  const std::set<std::string> links(books.links.begin(), books.links.end());
  EXPECT_EQ(links.size(), books.links.size()) << "an order stands twice in the history";
  const auto row = [](std::string_view what, double number, int digits = 0) {
    fmt::print("{:<38} {:>8.{}f}\n", what, number, digits);
  };
  row("kills", kills);
  for (std::size_t i = 0; i < kMoments; ++i)
    row(fmt::format("  at: {}", to_string(static_cast<Moment>(i))), at[i]);
  row("hours of the venue", hours, 1);
  row("whole after the restart", static_cast<double>(whole));
  row("orders in doubt at a restart", static_cast<double>(in_doubt));
  row("orders at the venue", static_cast<double>(books.links.size()));
  row("executions at the venue", static_cast<double>(books.executions.size()));
  row("fills in our books", static_cast<double>(world.engine().counters().fills));
  row("seconds to clean, mean", sum / static_cast<double>(std::max<std::uint64_t>(whole, 1)), 1);
  row("seconds to clean, longest", longest, 1);
  fmt::print("  faults: {}\n", world.exchange().describe_faults());
  EXPECT_EQ(whole, static_cast<std::uint64_t>(kills));
  EXPECT_EQ(books.executions.size(), world.engine().counters().fills);
  if (kills < 200) return;
  int of_orders = 0;
  for (const Moment moment : {Moment::Unanswered, Moment::PartlyFilled, Moment::CancelOut}) {
    of_orders += at[static_cast<std::size_t>(moment)];
    EXPECT_GE(at[static_cast<std::size_t>(moment)], 15) << to_string(moment);
  }
  EXPECT_GE(of_orders, kills / 2);
}

}  // namespace
}  // namespace proteus::simulation
