#include "tests/simulation/live_kill.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>

namespace proteus::simulation {

using namespace std::chrono_literals;

KillFolder::KillFolder(std::uint64_t seed)
    : path(std::filesystem::temp_directory_path() /
           fmt::format("proteus_kill.{}.{}", static_cast<long>(::getpid()), seed)) {
  std::filesystem::remove_all(path);
  std::filesystem::create_directories(path);
}

KillFolder::~KillFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path, ignored);
}

LiveSetup thin_market(std::uint64_t seed, const std::filesystem::path& folder, bool limit,
                      const char* offset) {
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

Recovery recover(LiveWorld& world, const std::function<void(LiveWorld&)>& first) {
  Recovery told;
  const auto began = world.network().now();
  const auto started = world.start();
  told.started = started.has_value();
  if (!started) {
    told.difference = started.error().context;
    return told;
  }
  told.in_doubt = world.status().in_doubt;
  if (first) first(world);
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

std::string_view to_string(Moment moment) {
  constexpr std::array<std::string_view, kMoments> kWords = {
      "nothing open", "acknowledged or resting", "on its way or unanswered",
      "in doubt",     "partly filled",           "a cancel is out"};
  return kWords[static_cast<std::size_t>(moment)];
}

Moment moment_of(LiveWorld& world) {
  Moment hardest = Moment::Idle;
  for (const live::VenueMemory::Entry& entry : world.trading().live_venue()->memory().open()) {
    const Moment one = entry.cancel_asked                     ? Moment::CancelOut
                       : !entry.filled.is_zero()              ? Moment::PartlyFilled
                       : entry.state == OrderState::Unknown   ? Moment::InDoubt
                       : entry.state == OrderState::Submitted ? Moment::Unanswered
                                                              : Moment::Resting;
    hardest = std::max(hardest, one);
  }
  return hardest;
}

}  // namespace proteus::simulation
