// What could not be written down does not leave.
#include "tests/unit/engine/runtime_support.hpp"

namespace proteus::runtime_test {
namespace {

std::vector<bool> backlog_moves(const Rig& rig) {
  std::vector<bool> moves;
  for (const HoldChanged& move : rig.journal.bodies<HoldChanged>())
    if (move.hold == Hold::Backlog) moves.push_back(move.active);
  return moves;
}

TEST(FailingLog, KeepsNewOrdersBackAndCountsNothingAsSent) {
  Rig rig;
  rig.strategies[0]->wants({1.0});
  rig.journal.writable = false;
  rig.close(0, 0);

  EXPECT_TRUE(rig.venue.submitted.empty());
  EXPECT_TRUE(rig.engine->open_orders().empty());
  EXPECT_EQ(rig.engine->counters().orders, 0U);
  EXPECT_GE(rig.engine->counters().commit_failures, 1U);
}

TEST(FailingLog, GivesAnOrderThatNeverLeftItsEndInTheLog) {
  Rig rig;
  rig.strategies[0]->wants({1.0});
  rig.journal.writable = false;
  rig.close(0, 0);
  rig.journal.writable = true;
  rig.tick(rig.engine->now());

  const auto intents = rig.journal.all<OrderIntent>();
  const auto updates = rig.journal.bodies<OrderUpdate>();
  ASSERT_EQ(intents.size(), 1U);
  ASSERT_EQ(updates.size(), 1U);
  EXPECT_EQ(updates[0].id, intents[0].order.id);
  EXPECT_EQ(updates[0].state, OrderState::Rejected);
  EXPECT_EQ(updates[0].end, OrderEnd::Unlogged);
  EXPECT_EQ(rig.journal.committed, rig.journal.entries.size());
}

TEST(FailingLog, RaisesTheBacklogHoldOnceAndReleasesItWhenTheLogWorksAgain) {
  Rig rig;
  rig.journal.writable = false;
  for (int k = 0; k < 3; ++k) rig.close(0, k);
  EXPECT_EQ(backlog_moves(rig), (std::vector{true}));
  rig.journal.writable = true;
  rig.tick(rig.engine->now());
  rig.tick(rig.engine->now());
  EXPECT_EQ(backlog_moves(rig), (std::vector{true, false}));
  EXPECT_EQ(rig.journal.committed, rig.journal.entries.size());
  EXPECT_EQ(rig.engine->counters().commit_failures, 3U);
}

TEST(FailingLog, TellsRiskOfTheHold) {
  Rig rig;
  rig.journal.writable = false;
  rig.tick(kStart);
  ASSERT_EQ(rig.gate.observed.size(), 2U);
  const auto* hold = std::get_if<HoldChanged>(&rig.gate.observed[1].body);
  ASSERT_NE(hold, nullptr);
  EXPECT_TRUE(hold->active);
  EXPECT_FALSE(hold->has_instrument);
}

TEST(FailingLog, LetsCancelsLeave) {
  Rig rig{1, with_limits()};
  rig.strategies[0]->wants({1.0, 2.0});
  rig.close(0, 0);
  rig.journal.writable = false;
  rig.close(0, 1);
  EXPECT_EQ(rig.venue.cancelled.size(), 1U);
  EXPECT_EQ(rig.venue.submitted.size(), 1U);
}

TEST(FailingLog, KeepsBackTheWishWhoseCancelWasConfirmedMeanwhile) {
  Rig rig{1, with_limits()};
  rig.venue.on_cancel = [](const ClientOrderId& id, ReportSink& reports) {
    reports.report(OrderUpdate{.id = id, .state = OrderState::Cancelled}, kStart);
  };
  rig.strategies[0]->wants({1.0, 2.0});
  rig.close(0, 0);
  rig.journal.writable = false;
  rig.close(0, 1);
  EXPECT_TRUE(rig.engine->open_orders().empty());
  // Minutes later it must not leave as if nothing had been.
  rig.journal.writable = true;
  rig.tick(rig.close_of(1) + 50s);
  EXPECT_EQ(rig.venue.submitted.size(), 1U);
  EXPECT_EQ(rig.engine->counters().orders, 1U);
}

TEST(FailingLog, LeavesOrdersThatWereSentBeforeAlone) {
  Rig rig{2};
  rig.strategies[0]->wants({1.0});
  rig.close(0, 0);
  rig.journal.writable = false;
  rig.strategies[1]->wants({1.0});
  rig.close(1, 0);
  ASSERT_EQ(rig.engine->open_orders().size(), 1U);
  EXPECT_EQ(rig.engine->open_orders()[0].request().instrument.index, 0U);
  rig.fill_whole(rig.last_order());
  EXPECT_EQ(rig.held(), "1"_qty);
}

TEST(FailingLog, LetsTheNextDecisionGoOnceItWorksAgain) {
  Rig rig;
  rig.strategies[0]->wants({1.0, 2.0});
  rig.journal.writable = false;
  rig.close(0, 0);
  rig.journal.writable = true;
  rig.close(0, 1);
  ASSERT_EQ(rig.venue.submitted.size(), 1U);
  EXPECT_EQ(rig.last_order().quantity, "2"_qty);
  EXPECT_TRUE(rig.journal.holds(rig.last_order().id));
}

TEST(FailingLog, ThatFailsAgainOnItsFirstWordRaisesTheHoldAgain) {
  Rig rig;
  rig.strategies[0]->wants({1.0, 2.0});
  rig.journal.writable = false;
  rig.close(0, 0);
  // Writable for one commit: the one that would release the hold fails.
  rig.journal.writable = true;
  rig.gate.on_observe = [&](const Event& event, ReportSink&) {
    if (const auto* hold = std::get_if<HoldChanged>(&event.body))
      if (!hold->active) rig.journal.writable = false;
  };
  rig.close(0, 1);
  EXPECT_EQ(backlog_moves(rig), (std::vector{true, false, true}));
  EXPECT_TRUE(rig.venue.submitted.empty());
}

}  // namespace
}  // namespace proteus::runtime_test
