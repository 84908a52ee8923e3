// A guard beside a live daemon, both on the simulated exchange's account, in virtual time: what it
// does when the daemon is gone, what it can do without HTTP, and that nothing it sends can open.
#include "tests/simulation/guard_world.hpp"

namespace proteus::simulation {
namespace {

TEST_F(GuardedWorld, AMissedHeartbeatEndsFlat) {
  start();
  run_until_held();
  EXPECT_TRUE(sent_.empty());
  world_->kill();
  const auto until_flat = takes([&] { return flat(); }, 60s);
  ASSERT_TRUE(until_flat);
  fmt::print("flat {:.1f} s after the kill, of which patience {:.0f} s\n",
             std::chrono::duration<double>(*until_flat).count(),
             std::chrono::duration<double>(set_guard_.patience).count());
  EXPECT_LT(*until_flat, set_guard_.patience + set_guard_.interval + 8s);
  EXPECT_GE(*until_flat, set_guard_.patience - set_guard_.interval);
  ASSERT_TRUE(takes([&] { return guard_->status().confirmed; }, 30s));
  EXPECT_EQ(alarms_.size(), 1U);
  EXPECT_GT(count("create", false), 0U);
  EXPECT_EQ(count("create", true), 0U);
  expect_nothing_opens();
}

TEST_F(GuardedWorld, WithoutHttpItWorksThroughTheTradeStream) {
  start();
  run_until_held();
  world_->signed_call(
      true, "/v5/order/create",
      R"({"category":"linear","symbol":"BTCUSDT","side":"Buy","orderType":"Limit",)"
      R"("qty":"0.001","price":"60000","timeInForce":"GTC","orderLinkId":"mine-1"})");
  world_->run(1s);
  ASSERT_FALSE(guard_->books().opening_orders().empty());
  world_->kill();
  // Both of its first requests: it then stops all HTTP for ten minutes by itself.
  fault(sim::FaultKind::Http403, 2);
  ASSERT_TRUE(takes([&] { return count("create", true) > 0; }, 40s));
  world_->run(5s);
  EXPECT_TRUE(flat());
  EXPECT_FALSE(guard_->status().confirmed);  // Nobody can be asked.
  EXPECT_EQ(count("cancel-all", true), 0U);
  EXPECT_EQ(count("cancel", true), 1U);
  EXPECT_EQ(count("create", false), 0U);
  expect_nothing_opens();
  ASSERT_TRUE(takes([&] { return guard_->status().confirmed; }, 12min));
  EXPECT_GE(news_.size(), 2U);  // By the stream, and then by query.
}

TEST_F(GuardedWorld, OnDemoWithoutHttpItCallsAPersonAndGoesOn) {
  start(live::Profile::Demo);
  run_until_held();
  world_->kill();
  fault(sim::FaultKind::Http403, 1);
  ASSERT_TRUE(takes([&] { return alarms_.size() >= 2; }, 60s));
  EXPECT_NE(alarms_[1].find("no way to the account"), std::string::npos) << alarms_[1];
  EXPECT_NE(alarms_[1].find("demo"), std::string::npos);
  world_->run(1min);
  EXPECT_GT(alarms_.size(), 5U);
  EXPECT_EQ(count("create", false) + count("create", true), 0U);
  EXPECT_FALSE(flat());
  // As soon as the ban is over it does its work.
  ASSERT_TRUE(takes([&] { return guard_->status().confirmed; }, 12min));
  EXPECT_TRUE(flat());
  expect_nothing_opens();
}

TEST_F(GuardedWorld, ADaemonThatComesBackInTimeIsLeftAlone) {
  start();
  run_until_held();
  world_->kill();
  world_->run(8s);
  EXPECT_EQ(guard_->status().heartbeat, Heartbeat::Silent);
  ASSERT_TRUE(world_->start());
  ASSERT_TRUE(takes([&] { return guard_->status().heartbeat == Heartbeat::Well; }, 2min));
  EXPECT_TRUE(sent_.empty());
  EXPECT_TRUE(alarms_.empty());
}

TEST_F(GuardedWorld, ADaemonThatComesBackLateFindsTheAccountFlatAndTheGuardStandsDown) {
  start();
  run_until_held();
  world_->kill();
  ASSERT_TRUE(takes([&] { return guard_->status().confirmed; }, 60s));
  ASSERT_TRUE(world_->start());
  ASSERT_TRUE(takes([&] { return guard_->status().heartbeat == Heartbeat::Well; }, 5min));
  ASSERT_FALSE(news_.empty());
  EXPECT_NE(news_.back().find("stands down"), std::string::npos) << news_.back();
  // Its fills are a stranger's to the daemon, which trades no new risk before a person says so.
  EXPECT_EQ(world_->trading().gate().status(world_->engine().ledger()).state,
            TradingState::Reducing);
  EXPECT_EQ(world_->difference().find("we hold"), std::string::npos) << world_->difference();
  EXPECT_EQ(world_->engine().ledger().cash, world_->venue().wallet);
  const std::size_t before = sent_.size();
  world_->run(10min);
  EXPECT_EQ(sent_.size(), before);
}

TEST_F(GuardedWorld, ADaemonThatStoppedInGoodOrderIsNotMissed) {
  start();
  run_until_held();
  ASSERT_TRUE(world_->end());
  stopped_ = true;
  world_->run(10min);
  EXPECT_EQ(guard_->status().heartbeat, Heartbeat::Ended);
  EXPECT_TRUE(sent_.empty());
  EXPECT_FALSE(flat());  // live.at_stop is leave.
}

TEST_F(GuardedWorld, ALoopThatHangsIsMissedAfterTheDoubt) {
  start();
  run_until_held();
  loop_delay_ = 30s;
  world_->run(set_guard_.doubt - 10s);
  EXPECT_TRUE(sent_.empty());
  EXPECT_TRUE(takes([&] { return !sent_.empty(); }, 20s));
  EXPECT_NE(alarms_.at(0).find("loop hangs"), std::string::npos) << alarms_[0];
}

TEST_F(GuardedWorld, CancellingAloneLeavesPositionsAndTheirStops) {
  start();
  set_guard_.action = live::GuardAction::Cancel;
  make_guard();
  run_until_held();
  world_->kill();
  world_->signed_call(
      true, "/v5/order/create",
      R"({"category":"linear","symbol":"BTCUSDT","side":"Buy","orderType":"Limit",)"
      R"("qty":"0.001","price":"60000","timeInForce":"GTC","orderLinkId":"mine-1"})");
  const VenueBooks before = world_->venue();
  ASSERT_TRUE(takes([&] { return guard_->status().confirmed; }, 60s));
  const VenueBooks after = world_->venue();
  EXPECT_EQ(after.positions, before.positions);
  EXPECT_EQ(after.stops, before.stops);
  for (const auto& [symbol, stop] : after.stops) EXPECT_GT(stop, Price{}) << symbol;
  EXPECT_TRUE(after.open.empty());
  EXPECT_EQ(count("create", false), 0U);
}

TEST_F(GuardedWorld, WhatIsFoundOpenAgainIsClosedAgain) {
  start();
  run_until_held();
  world_->kill();
  ASSERT_TRUE(takes([&] { return guard_->status().confirmed; }, 60s));
  // Somebody's order that was on its way.
  world_->signed_call(
      true, "/v5/order/create",
      R"({"category":"linear","symbol":"BTCUSDT","side":"Buy","orderType":"Market",)"
      R"("qty":"0.004","orderLinkId":"late-1"})");
  ASSERT_TRUE(takes([&] { return !flat(); }, 5s));
  ASSERT_TRUE(takes([&] { return flat() && guard_->status().confirmed; }, 60s));
  expect_nothing_opens();
}

TEST_F(GuardedWorld, UnderFaultsOfTheVenueItGetsThereAllTheSame) {
  start();
  run_until_held();
  world_->kill();
  for (const sim::FaultKind kind :
       {sim::FaultKind::Signed10002, sim::FaultKind::Signed10006, sim::FaultKind::Signed10016,
        sim::FaultKind::Http5xx, sim::FaultKind::OrderLost, sim::FaultKind::OrderNever})
    fault(kind, 3);
  ASSERT_TRUE(takes([&] { return guard_->status().confirmed; }, 5min));
  EXPECT_TRUE(flat());
  expect_nothing_opens();
}

TEST_F(GuardedWorld, APositionAboveTheLargestMarketOrderIsClosedInParts) {
  start();
  run_until_held();
  world_->kill();
  const VenueBooks held = world_->venue();
  const std::string symbol = held.positions.begin()->first;
  const Quantity size = held.positions.begin()->second;
  // The guard's own table says that a market order may take about a third of it.
  InstrumentTable small;
  Quantity most;
  for (Instrument instrument : table_) {
    if (instrument.symbol.view() == symbol) {
      const std::int64_t lots = std::abs(size.raw()) / instrument.lot_step.raw();
      most = Quantity::from_raw(std::max<std::int64_t>(1, lots / 3) * instrument.lot_step.raw());
      instrument.quantity_max_market = most;
    }
    ASSERT_TRUE(small.add(instrument));
  }
  table_ = small;
  make_guard();
  guard_->fire("the test", now());
  ASSERT_TRUE(takes([&] { return guard_->status().confirmed; }, 60s));
  EXPECT_TRUE(flat());
  std::size_t parts = 0;
  for (const Sent& one : sent_) {
    if (one.way != "create" || one.what.at("symbol").as_string() != symbol) continue;
    ++parts;
    EXPECT_LE(Quantity::parse(std::string_view(one.what.at("qty").as_string())).value(), most);
  }
  EXPECT_GE(parts, 3U);
  expect_nothing_opens();
}

}  // namespace
}  // namespace proteus::simulation
