// A day of venue time of a live daemon with every fault of the venue on at random, somebody else
// trading on the same account, settings changed behind its back and a person who acts up: after
// each event the contracts hold, and every ten minutes the venue's books are ours to the unit.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <sstream>

#include "tests/simulation/live_world.hpp"

namespace proteus::simulation {
namespace {

using namespace std::chrono_literals;

int live_minutes() {
  const char* const text = std::getenv("PROTEUS_SIMULATION_MINUTES");
  return text == nullptr ? 1'440 : std::max(30, std::atoi(text));
}

std::vector<std::uint64_t> live_seeds() {
  const char* const text = std::getenv("PROTEUS_SIMULATION_SEEDS");
  std::istringstream in(text == nullptr ? "20251122 20251123 20251124" : text);
  std::vector<std::uint64_t> all;
  for (std::uint64_t seed = 0; in >> seed;) all.push_back(seed);
  return all;
}

class LiveFaultyDay : public testing::TestWithParam<std::uint64_t> {};
INSTANTIATE_TEST_SUITE_P(Seeds, LiveFaultyDay, testing::ValuesIn(live_seeds()),
                         [](const auto& seed) { return fmt::format("Seed{}", seed.param); });

TEST_P(LiveFaultyDay, KeepsTheContractsAndTheVenuesBooks) {
  const std::uint64_t seed = GetParam();
  const auto folder = std::filesystem::temp_directory_path() /
                      fmt::format("proteus_live_day.{}.{}", static_cast<long>(::getpid()), seed);
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  LiveSetup setup;
  setup.seed = seed;
  setup.folder = folder;
  setup.audit = true;
  setup.faults = draw_account_faults(seed);
  setup.overrides = {seed % 2 == 0 ? "engine.order_style=limit" : "engine.order_style=market",
                     "engine.limit_offset_bps=-0.2", "risk.limits.executions_max=100000"};
  setup.tune = [](sim::SimSettings& s) { s.level_notional = 600.0; };
  sim::Draws draws(sim::mix(seed, "disturb"));
  std::uint64_t looks = 0, strangers = 0, unprotected = 0;
  {
    LiveWorld world(setup);
    const auto started = world.start();
    ASSERT_TRUE(started) << started.error().context;
    const auto one_in = [&](double minutes) { return draws.unit() < 1.0 / minutes; };
    for (int minute = 1; minute <= live_minutes() && world.audit()->complaint().empty(); ++minute) {
      world.run(1min);
      if (one_in(120)) world.command(OperatorAction::Reduce);
      if (one_in(240)) world.command(OperatorAction::Halt);
      if (one_in(240)) world.command(OperatorAction::Flatten);
      if (one_in(15)) world.command(OperatorAction::Resume);
      if (one_in(200)) {
        ++strangers;
        const char* const side = draws.unit() < 0.5 ? "Buy" : "Sell";
        (void)world.exchange().on_http(
            "POST", fmt::format("/sim/trade?key=simkey&symbol=BTCUSDT&side={}&qty=0.003", side));
        world.network().advance();
      }
      if (minute % 10 != 0) continue;
      // A fill may be on its way to us when all seems settled: it is not lost for that.
      ASSERT_TRUE(world.run_until([&] { return world.settled() && world.difference().empty(); },
                                  4h))  // Bans of HTTP last ten minutes each.
          << "minute " << minute << ", in doubt " << world.status().in_doubt << ", clean "
          << world.status().clean << ", barred " << world.status().http_barred << ", private "
          << world.status().private_live << ", trade " << world.status().trade_live << ", "
          << world.difference()
          << (world.engine().open_orders().empty()
                  ? ""
                  : fmt::format("{} is {}, filled {} of {}",
                                world.engine().open_orders()[0].request().id.view(),
                                to_string(world.engine().open_orders()[0].state()),
                                world.engine().open_orders()[0].filled().to_string(),
                                world.engine().open_orders()[0].request().quantity.to_string()));
      ++looks;
      const VenueBooks books = world.venue();
      for (const auto& [symbol, quantity] : books.positions)
        unprotected += books.stops.at(symbol) == Price{} ? 1 : 0;
    }
    const Audit::Seen& s = world.audit()->seen();
    const auto told = world.status();
    const live::GatewayCounters& c = told.counters;
    fmt::print(
        "seed {}: {} events, {} orders ({} by REST), {} fills ({} late), {} fundings, {} in doubt, "
        "{} inquiries, {} executions fetched, {} repeated, {} adjustments of which {} mismatches, "
        "{} trades of others, {} clean looks, {} compared to the unit, {} stops set, {} states, {} "
        "holds\n  faults: {}\n",
        seed, s.events, c.orders_sent, c.orders_by_rest, s.fills, s.late_fills, s.funding,
        s.unknown, c.inquiries, c.executions_fetched, c.repeated_executions, s.adjustments,
        c.mismatches, strangers, c.reconciliations, looks, c.stops_set, s.states, s.holds,
        world.exchange().describe_faults());
    EXPECT_EQ(world.audit()->complaint(), "");
    EXPECT_EQ(unprotected, 0U);
    EXPECT_EQ(c.mismatches, 0U) << "what the venue does has a line of its own, and no other";
    if (live_minutes() >= 1'440) {
      EXPECT_GT(s.fills, 100U);
      EXPECT_GT(s.unknown, 5U);
      EXPECT_GT(s.adjustments, 1U);
      EXPECT_GT(c.executions_fetched, 0U);
    }
    EXPECT_TRUE(world.end());
  }
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
}

}  // namespace
}  // namespace proteus::simulation
