// A live daemon against the simulated exchange's account: it takes the account over, trades, and
// its books stay the venue's to the unit.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/simulation/live_world.hpp"

namespace proteus::simulation {
namespace {

using namespace std::chrono_literals;

struct LiveFolder {
  explicit LiveFolder(std::uint64_t seed)
      : path(std::filesystem::temp_directory_path() /
             fmt::format("proteus_live.{}.{}", static_cast<long>(::getpid()), seed)) {
    std::filesystem::remove_all(path);
    std::filesystem::create_directories(path);
  }
  ~LiveFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  std::filesystem::path path;
};

TEST(Live, TakesTheAccountOverTradesAndKeepsTheVenuesBooks) {
  const LiveFolder folder(1);
  LiveWorld world({.seed = 1, .folder = folder.path});
  const auto started = world.start();
  ASSERT_TRUE(started) << started.error().context;
  ASSERT_TRUE(world.run_until([&] { return world.status().clean; }, 30s));
  EXPECT_EQ(world.engine().ledger().cash, Money::parse("100000").value());
  world.run(2h);
  EXPECT_TRUE(world.run_until([&] { return world.settled(); }, 60s));
  const auto told = world.status();
  fmt::print(
      "orders {} fills {} reconciliations {} mismatches {} unknown {} inquiries {} fetched {}\n",
      told.counters.orders_sent, world.engine().counters().fills, told.counters.reconciliations,
      told.counters.mismatches, told.counters.unknown_outcomes, told.counters.inquiries,
      told.counters.executions_fetched);
  EXPECT_GT(world.engine().counters().fills, 10U);
  EXPECT_EQ(told.counters.mismatches, 0U);
  EXPECT_EQ(world.difference(), "");
  EXPECT_TRUE(world.end());
}

}  // namespace
}  // namespace proteus::simulation
