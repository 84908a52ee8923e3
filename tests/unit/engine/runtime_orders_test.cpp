// From a wish to orders: sides, turns over zero, ids, open orders in the way, limit prices,
// refusals.
#include <set>

#include "tests/unit/engine/runtime_support.hpp"

namespace proteus::runtime_test {
namespace {

// --------------------------------------------------------------------------------------------------
// which orders

struct Way {
  double held;
  double wanted;
  Trace orders;
  std::string reduces;  ///< one letter an order: r reduce-only, o opens
};
class Orders : public ::testing::TestWithParam<Way> {};

TEST_P(Orders, LeadFromTheHeldToTheWantedPosition) {
  const Way& way = GetParam();
  Rig rig;
  if (way.held != 0.0) rig.hold(way.held);
  rig.venue.submitted.clear();
  rig.trace.clear();
  rig.strategies[0]->wants({way.wanted});

  rig.close(0, 1);

  EXPECT_EQ(only(rig.trace, {"submit"}), way.orders);
  std::string reduces;
  for (const OrderRequest& order : rig.venue.submitted) {
    reduces += order.reduce_only ? 'r' : 'o';
    EXPECT_EQ(order.type, OrderType::Market);
    EXPECT_EQ(order.reference, "100"_px);
    EXPECT_EQ(order.decided_at, rig.close_of(1));
  }
  EXPECT_EQ(reduces, way.reduces);
}
INSTANTIATE_TEST_SUITE_P(
    Ways, Orders,
    ::testing::Values(Way{0, 2, {"submit 0 buy 2"}, "o"}, Way{0, -2, {"submit 0 sell 2"}, "o"},
                      Way{2, 3.5, {"submit 0 buy 1.5"}, "o"}, Way{-2, -3, {"submit 0 sell 1"}, "o"},
                      Way{2, 0.5, {"submit 0 sell 1.5"}, "r"}, Way{-2, -1, {"submit 0 buy 1"}, "r"},
                      Way{2, 0, {"submit 0 sell 2"}, "r"}, Way{-2, 0, {"submit 0 buy 2"}, "r"},
                      Way{2, -1, {"submit 0 sell 2", "submit 0 sell 1"}, "ro"},
                      Way{-2, 1, {"submit 0 buy 2", "submit 0 buy 1"}, "ro"}, Way{2, 2, {}, ""},
                      Way{1, 1.09, {}, ""}, Way{1, 1.19, {"submit 0 buy 0.1"}, "o"}));

TEST(Orders, DustGoesWithThePositionThatCloses) {
  Rig rig;
  rig.hold(2.0);
  // A partial fill the lot does not know, as after a lot change.
  rig.input(Fill{.id = "other", .execution = "y", .quantity = "0.05"_qty, .price = "100"_px},
            rig.engine->now());
  rig.strategies[0]->wants({0.0});
  rig.close(0, 1);
  EXPECT_EQ(rig.last_order().quantity, "2.05"_qty);
}

TEST(Orders, SpotSellsWholeLotsAndKeepsTheDust) {
  Rig rig{0, {}, 1};
  rig.hold(2.0);
  rig.input(Fill{.id = "other", .execution = "y", .quantity = "0.05"_qty, .price = "100"_px},
            rig.engine->now());
  rig.strategies[0]->wants({0.0, 0.0});
  rig.close(0, 1);
  EXPECT_EQ(rig.last_order().quantity, "2"_qty);
  EXPECT_TRUE(rig.last_order().reduce_only);
  rig.fill_whole(rig.last_order());
  rig.close(0, 2);
  EXPECT_EQ(rig.last_decision().outcome, Outcome::Unchanged);
  EXPECT_EQ(rig.held(), "0.05"_qty);
}

TEST(Orders, TheOpeningHalfOfATurnIsReviewedWithTheClosingHalfOpen) {
  Rig rig;
  rig.hold(2.0);
  rig.gate.open_seen.clear();
  rig.strategies[0]->wants({-1.0});
  rig.close(0, 1);
  ASSERT_EQ(rig.gate.open_seen.size(), 2U);
  EXPECT_TRUE(rig.gate.open_seen[0].empty());
  ASSERT_EQ(rig.gate.open_seen[1].size(), 1U);
  EXPECT_EQ(rig.gate.open_seen[1][0].quantity, "2"_qty);
  EXPECT_TRUE(rig.gate.open_seen[1][0].reduce_only);
}

TEST(Orders, AreReviewedWithWhatRemainsOfOpenOrdersOfAllInstruments) {
  Rig rig{2};
  rig.strategies[0]->wants({4.0});
  rig.close(0, 0);
  rig.fill(rig.last_order(), "1"_qty);
  rig.update(rig.last_order().id, OrderState::PartiallyFilled, "1"_qty);
  rig.strategies[1]->wants({1.0});
  rig.close(1, 0);
  ASSERT_EQ(rig.gate.open_seen.back().size(), 1U);
  EXPECT_EQ(rig.gate.open_seen.back()[0].quantity, "3"_qty);
}

TEST(Orders, OfOneDecisionRefuseTheOpeningHalfAndKeepTheClosingOne) {
  Rig rig;
  rig.hold(2.0);
  rig.gate.on_review = [](const OrderRequest& order) {
    return order.reduce_only ? Verdict{Approved{order}} : refuse(Control::Drawdown);
  };
  rig.trace.clear();
  rig.strategies[0]->wants({-1.0});
  rig.close(0, 1);
  EXPECT_EQ(only(rig.trace, {"submit"}), (Trace{"submit 0 sell 2"}));
  const DecisionRecord r = rig.last_decision();
  EXPECT_EQ(r.outcome, Outcome::Ordered);
  ASSERT_EQ(r.orders.size(), 2U);
  EXPECT_TRUE(r.orders[0].approved);
  EXPECT_EQ(r.orders[1].refused_by, Control::Drawdown);
}

// --------------------------------------------------------------------------------------------------
// ids

TEST(OrderIds, FollowTheContractAndTellTheHalvesOfATurnApart) {
  Rig rig;
  rig.hold(2.0);
  rig.strategies[0]->wants({-1.0});
  rig.close(0, 1);
  const auto& sent = rig.venue.submitted;
  ASSERT_EQ(sent.size(), 3U);
  EXPECT_EQ(sent[1].id, make_order_id("0123456789abc", {}, rig.close_of(1), Purpose::Close, 0));
  EXPECT_EQ(sent[2].id, make_order_id("0123456789abc", {}, rig.close_of(1), Purpose::Open, 1));
}

TEST(OrderIds, RiseWithinOneSecondAndAreNeverUsedTwice) {
  Rig rig{2};
  rig.gate.on_review = [](const OrderRequest& order) {
    return order.reduce_only ? refuse(Control::RepeatedExecution) : Verdict{Approved{order}};
  };
  std::set<std::string> ids;
  std::size_t asked = 0;
  for (int k = 0; k < 50; ++k)
    for (std::uint32_t i : {0U, 1U}) {
      rig.strategies[i]->wants({k % 2 == 0 ? 1.0 : -1.0});
      rig.close(i, k);
      for (const Order& order : rig.engine->open_orders()) rig.fill_whole(order.request());
    }
  for (const OrderRequest& order : rig.gate.reviewed) {
    ids.emplace(order.id.view());
    ++asked;
    EXPECT_LE(order.id.view().size(), 36U);
  }
  EXPECT_GT(asked, 100U);
  EXPECT_EQ(ids.size(), asked);
}

TEST(OrderIds, OfAWishPlacedAgainInTheSameSecondGoOn) {
  Rig rig{1, with_limits()};
  rig.strategies[0]->wants({1.0, 2.0});
  rig.close(0, 0);
  rig.close(0, 1);
  rig.update(rig.venue.submitted[0].id, OrderState::Cancelled, {}, OrderEnd::ByUser);
  ASSERT_EQ(rig.venue.submitted.size(), 2U);
  EXPECT_EQ(rig.venue.submitted[1].id,
            make_order_id("0123456789abc", {}, rig.close_of(1), Purpose::Open, 0));
}

// --------------------------------------------------------------------------------------------------
// an open order in the way

class OpenOrder : public ::testing::Test {
 protected:
  OpenOrder() {
    rig_.strategies[0]->wants({2.0});
    rig_.close(0, 0);
    first_ = rig_.last_order();
    rig_.update(first_.id, OrderState::Acknowledged);
    rig_.update(first_.id, OrderState::Resting);
  }
  void cancelled(Quantity filled = {}) {
    rig_.update(first_.id, OrderState::Cancelled, filled, OrderEnd::ByUser);
  }
  Rig rig_{1, with_limits()};
  OrderRequest first_;
};

TEST_F(OpenOrder, IsCancelledFirstAndTheWishIsPlacedWhenThatIsConfirmed) {
  rig_.strategies[0]->wants({3.0});
  rig_.close(0, 1);
  EXPECT_EQ(rig_.last_decision().outcome, Outcome::Pending);
  EXPECT_TRUE(rig_.last_decision().orders.empty());
  EXPECT_EQ(rig_.venue.cancelled, (std::vector{first_.id}));
  EXPECT_EQ(rig_.venue.submitted.size(), 1U);

  cancelled();

  ASSERT_EQ(rig_.venue.submitted.size(), 2U);
  EXPECT_EQ(rig_.last_order().quantity, "3"_qty);
  EXPECT_EQ(rig_.last_decision().outcome, Outcome::Ordered);
  EXPECT_EQ(rig_.last_decision().bar_open, rig_.bar(0, 1).open_time);
  EXPECT_EQ(rig_.last_decision().reason.view(), "the open order was cancelled");
}

TEST_F(OpenOrder, OfAVenueThatConfirmsAtOnceIsReplacedWithinOneInput) {
  rig_.venue.on_cancel = [](const ClientOrderId& id, ReportSink& reports) {
    reports.report(OrderUpdate{.id = id, .state = OrderState::Cancelled, .end = OrderEnd::ByUser},
                   kStart);
  };
  rig_.trace.clear();
  rig_.strategies[0]->wants({3.0});
  rig_.close(0, 1);
  EXPECT_EQ(
      only(rig_.trace, {"cancel", "submit", "append intent", "append cancel", "commit"}),
      (Trace{"append cancel", "commit", "cancel", "append intent", "commit", "submit 0 buy 3"}));
}

TEST_F(OpenOrder, FilledInPartCountsInTheNewOrder) {
  rig_.strategies[0]->wants({3.0});
  rig_.close(0, 1);
  rig_.fill(first_, "0.5"_qty);
  cancelled("0.5"_qty);
  EXPECT_EQ(rig_.last_order().quantity, "2.5"_qty);
  EXPECT_EQ(rig_.last_decision().position, "0.5"_qty);
}

TEST_F(OpenOrder, FilledMeanwhileCountsInTheNewOrder) {
  rig_.strategies[0]->wants({3.0});
  rig_.close(0, 1);
  rig_.fill_whole(first_);
  EXPECT_EQ(rig_.last_order().quantity, "1"_qty);
  // The word on the cancel that came too late changes nothing any more.
  const std::size_t sent = rig_.venue.submitted.size();
  cancelled("2"_qty);
  EXPECT_EQ(rig_.venue.submitted.size(), sent);
}

TEST_F(OpenOrder, FilledMeanwhileMayLeaveNothingToDo) {
  rig_.strategies[0]->wants({2.0});
  rig_.close(0, 1);
  EXPECT_EQ(rig_.last_decision().outcome, Outcome::Pending);
  const std::size_t records = rig_.decisions().size();
  rig_.fill_whole(first_);
  EXPECT_EQ(rig_.venue.submitted.size(), 1U);
  EXPECT_EQ(rig_.decisions().size(), records);
}

TEST_F(OpenOrder, ConfirmedTooLateLeavesTheWishUnplaced) {
  for (const Duration after : {Duration{10s}, Duration{10s + 1ns}}) {
    Rig rig{1, with_limits()};
    rig.strategies[0]->wants({2.0, 3.0});
    rig.close(0, 0);
    const OrderRequest first = rig.last_order();
    rig.close(0, 1);
    rig.tick(rig.close_of(1) + after);
    rig.update(first.id, OrderState::Cancelled);
    EXPECT_EQ(rig.venue.submitted.size(), after == 10s ? 2U : 1U);
  }
}

TEST_F(OpenOrder, ConfirmedTooLateLeavesTheWishUnplacedAlsoWhileANewerBarWaits) {
  Rig rig{2, [] {
            EngineSettings s = with_limits();
            s.barrier = 5s;
            return s;
          }()};
  rig.strategies[0]->wants({2.0, 3.0, 4.0});
  for (int k = 0; k < 2; ++k)
    for (std::uint32_t i : {0U, 1U}) rig.close(i, k);
  const OrderRequest first = rig.last_order();
  rig.close(0, 2);  // Waits for instrument 1.
  rig.update(first.id, OrderState::Cancelled);
  EXPECT_EQ(rig.venue.submitted.size(), 1U);
  rig.close(1, 2);
  EXPECT_EQ(rig.last_order().quantity, "4"_qty);
}

TEST_F(OpenOrder, AWishIsReviewedAgainWhenItIsPlaced) {
  rig_.strategies[0]->wants({3.0});
  rig_.close(0, 1);
  rig_.gate.on_review = [](const OrderRequest&) { return refuse(Control::Drawdown); };
  cancelled();
  EXPECT_EQ(rig_.venue.submitted.size(), 1U);
  EXPECT_EQ(rig_.last_decision().outcome, Outcome::Refused);
}

TEST_F(OpenOrder, AWishSurvivesABarThatIsSetAside) {
  rig_.strategies[0]->wants({3.0});
  rig_.close(0, 1);
  rig_.close(0, 0, "90"_px, 61s);  // Old.
  ASSERT_EQ(rig_.last_decision().outcome, Outcome::SetAside);
  cancelled();
  ASSERT_EQ(rig_.venue.submitted.size(), 2U);
  EXPECT_EQ(rig_.last_order().quantity, "3"_qty);
  EXPECT_EQ(rig_.last_order().reference, "100"_px);
}

TEST_F(OpenOrder, AWishIsReplacedByWhatANewerBarSays) {
  // The next bar has nothing to say: what is held by then is kept, half-filled order or not.
  rig_.strategies[0]->wants({3.0});
  rig_.close(0, 1);
  rig_.strategies[0]->silent();
  rig_.close(0, 2);
  rig_.fill(first_, "1"_qty);
  cancelled("1"_qty);
  EXPECT_EQ(rig_.venue.submitted.size(), 1U);
  EXPECT_EQ(rig_.held(), "1"_qty);
}

TEST_F(OpenOrder, AWishIsReplacedByANewerBarThatAClockBehindBringsEarly) {
  rig_.strategies[0]->wants({3.0});
  rig_.close(0, 1);
  rig_.strategies[0]->silent();
  const Bar next = rig_.bar(0, 2);
  rig_.engine->on_input(BarClosed{next}, next.close_time, rig_.close_of(1) + 5s);
  cancelled();  // Five seconds after the close of bar 1: its wish alone would not be late.
  EXPECT_EQ(rig_.venue.submitted.size(), 1U);
}

TEST_F(OpenOrder, AWishOfANewerBarWins) {
  rig_.strategies[0]->wants({3.0, 5.0});
  rig_.close(0, 1);
  rig_.close(0, 2);
  cancelled();
  ASSERT_EQ(rig_.venue.submitted.size(), 2U);
  EXPECT_EQ(rig_.last_order().quantity, "5"_qty);
}

TEST_F(OpenOrder, LivesUntilTheNextDecisionWhateverThatSays) {
  const std::vector<std::pair<std::string, std::function<void(Rig&)>>> cases = {
      {"no target", [](Rig& rig) { rig.strategies[0]->silent(); }},
      {"what is held", [](Rig& rig) { rig.strategies[0]->wants({0.0}); }},
      {"within the band",
       [](Rig& rig) {
         rig.gate.band = true;
         rig.strategies[0]->wants({2.0});
       }},
      {"warming up", [](Rig& rig) { rig.strategies[0]->warming_up(); }}};
  for (const auto& [name, say] : cases) {
    Rig rig{1, with_limits()};
    rig.strategies[0]->wants({2.0});
    rig.close(0, 0);
    say(rig);
    rig.close(0, 1);
    EXPECT_EQ(rig.venue.cancelled.size(), 1U) << name;
    rig.update(rig.last_order().id, OrderState::Cancelled);
    EXPECT_EQ(rig.venue.submitted.size(), 1U) << name;
  }
}

TEST_F(OpenOrder, BothHalvesOfATurnHaveToBeGoneBeforeTheWishIsPlaced) {
  Rig rig{1, with_limits()};
  rig.hold(2.0);
  rig.strategies[0]->wants({-1.0, 1.0});
  rig.close(0, 1);
  const std::vector<OrderRequest> turn{rig.venue.submitted[1], rig.venue.submitted[2]};
  rig.close(0, 2);
  EXPECT_EQ(rig.venue.cancelled.size(), 2U);
  rig.update(turn[0].id, OrderState::Cancelled);
  EXPECT_EQ(rig.venue.submitted.size(), 3U);
  rig.update(turn[1].id, OrderState::Cancelled);
  ASSERT_EQ(rig.venue.submitted.size(), 4U);
  EXPECT_EQ(rig.last_order().side, Side::Sell);
  EXPECT_EQ(rig.last_order().quantity, "1"_qty);
  EXPECT_TRUE(rig.last_order().reduce_only);
}

TEST_F(OpenOrder, OfOneInstrumentDoesNotHoldBackAnother) {
  Rig rig{2, with_limits()};
  rig.strategies[0]->wants({1.0});
  rig.close(0, 0);
  rig.strategies[1]->wants({1.0});
  rig.close(1, 0);
  EXPECT_EQ(rig.venue.submitted.size(), 2U);
  EXPECT_TRUE(rig.venue.cancelled.empty());
}

// --------------------------------------------------------------------------------------------------
// limit style

struct LimitCase {
  double offset_bps;
  double wanted;
  Price close;
  Price price;
};
class LimitPrice : public ::testing::TestWithParam<LimitCase> {};

TEST_P(LimitPrice, IsRoundedToTheTickOnThePassiveSide) {
  const LimitCase& c = GetParam();
  EngineSettings settings = with_limits(c.offset_bps);
  settings.limit_time_in_force = TimeInForce::PostOnly;
  Rig rig{1, settings};
  rig.strategies[0]->wants({c.wanted});
  rig.close(0, 0, c.close);
  const OrderRequest& order = rig.last_order();
  EXPECT_EQ(order.type, OrderType::Limit);
  EXPECT_EQ(order.time_in_force, TimeInForce::PostOnly);
  EXPECT_EQ(order.price, c.price);
}
// The tick is 0.5.
INSTANTIATE_TEST_SUITE_P(
    Cases, LimitPrice,
    ::testing::Values(LimitCase{0, 1, "100.5"_px, "100.5"_px},
                      LimitCase{0, -1, "100.5"_px, "100.5"_px},
                      LimitCase{0, 1, "100.7"_px, "100.5"_px},
                      LimitCase{0, -1, "100.7"_px, "101"_px}, LimitCase{100, 1, "100"_px, "99"_px},
                      LimitCase{100, -1, "100"_px, "101"_px}, LimitCase{1, 1, "100"_px, "99.5"_px},
                      LimitCase{1, -1, "100"_px, "100.5"_px},
                      // Through the market: the tick still goes our way.
                      LimitCase{-30, 1, "100"_px, "100"_px}, LimitCase{-30, -1, "100"_px, "100"_px},
                      LimitCase{-60, 1, "100"_px, "100.5"_px},
                      // Never below one tick: a price of zero is none.
                      LimitCase{100, 1, "0.5"_px, "0.5"_px}));

// --------------------------------------------------------------------------------------------------
// the gate

TEST(Refusal, NeverReachesTheVenueAndIsCountedByItsControl) {
  Rig rig{2};
  rig.gate.on_review = [](const OrderRequest& order) {
    return refuse(order.instrument.index == 0 ? Control::OrderValue : Control::StaleData);
  };
  for (int k = 0; k < 3; ++k) {
    rig.strategies[0]->wants({1.0});
    rig.close(0, k);
  }
  rig.strategies[1]->wants({1.0});
  rig.close(1, 2);

  EXPECT_TRUE(rig.venue.submitted.empty());
  EXPECT_TRUE(rig.journal.all<OrderIntent>().empty());
  EXPECT_TRUE(rig.engine->open_orders().empty());
  const EngineCounters& c = rig.engine->counters();
  EXPECT_EQ(c.orders, 0U);
  EXPECT_EQ(c.refusals, 4U);
  EXPECT_EQ(c.refusals_by_control[static_cast<std::size_t>(Control::OrderValue)], 3U);
  EXPECT_EQ(c.refusals_by_control[static_cast<std::size_t>(Control::StaleData)], 1U);
}

TEST(Refusal, LeavesNoOrderInTheWayOfTheNextBar) {
  Rig rig;
  rig.gate.on_review = [](const OrderRequest&) { return refuse(Control::OrderValue); };
  rig.strategies[0]->wants({1.0, 2.0});
  rig.close(0, 0);
  rig.gate.on_review = [](const OrderRequest& order) { return Verdict{Approved{order}}; };
  rig.close(0, 1);
  EXPECT_EQ(rig.last_decision().outcome, Outcome::Ordered);
  EXPECT_EQ(rig.last_order().quantity, "2"_qty);
}

TEST(Approval, OfASmallerQuantityIsWhatGoesAndWhatIsWrittenDown) {
  Rig rig;
  rig.gate.on_review = [](const OrderRequest& order) {
    Approved cut{order};
    cut.order.quantity = "0.7"_qty;
    return Verdict{cut};
  };
  rig.strategies[0]->wants({2.0});
  rig.close(0, 0);
  EXPECT_EQ(rig.last_order().quantity, "0.7"_qty);
  EXPECT_EQ(rig.journal.all<OrderIntent>().back().order.quantity, "0.7"_qty);
  EXPECT_EQ(rig.last_decision().orders[0].quantity, "0.7"_qty);
  EXPECT_EQ(rig.engine->open_orders()[0].remaining(), "0.7"_qty);
}

TEST(TradingStates, HaltedCancelsEveryOpenOrder) {
  Rig rig{2, with_limits()};
  for (std::uint32_t i : {0U, 1U}) {
    rig.strategies[i]->wants({1.0});
    rig.close(i, 0);
  }
  rig.gate.on_observe = [](const Event& event, ReportSink& moves) {
    if (std::holds_alternative<OperatorCommand>(event.body))
      moves.report(TradingStateChanged{.to = TradingState::Halted}, event.ts_recv);
  };
  rig.input(OperatorCommand{.action = OperatorAction::Halt}, rig.close_of(0));
  EXPECT_EQ(rig.venue.cancelled,
            (std::vector{rig.venue.submitted[0].id, rig.venue.submitted[1].id}));
  EXPECT_EQ(rig.journal.all<CancelIntent>().size(), 2U);
}

TEST(TradingStates, HaltedByTheEquityOfASetCancelsBeforeItIsDecided) {
  Rig rig{1, with_limits()};
  rig.strategies[0]->wants({1.0});
  rig.close(0, 0);
  rig.gate.on_equity_do = [](ReportSink& moves) {
    moves.report(TradingStateChanged{.to = TradingState::Halted}, kStart);
  };
  rig.trace.clear();
  rig.close(0, 1);
  // Once: the decision would ask for the same again.
  EXPECT_EQ(only(rig.trace, {"append cancel", "append trading", "on_bar"}),
            (Trace{"append trading_state_changed #3", "append cancel", "on_bar 0"}));
}

TEST(TradingStates, ReducingCancelsOpenIncreases) {
  Rig rig{1, with_limits()};
  rig.strategies[0]->wants({1.0});
  rig.close(0, 0);
  rig.input(TradingStateChanged{.to = TradingState::Reducing}, rig.close_of(0));
  EXPECT_EQ(rig.venue.cancelled, (std::vector{rig.venue.submitted[0].id}));
}

TEST(TradingStates, ReducingLeavesOpenReductionsAlone) {
  Rig rig{1, with_limits()};
  rig.hold(1.0);
  rig.strategies[0]->wants({0.5});
  rig.close(0, 1);
  ASSERT_TRUE(rig.last_order().reduce_only);
  rig.input(TradingStateChanged{.to = TradingState::Reducing}, rig.close_of(1));
  EXPECT_TRUE(rig.venue.cancelled.empty());
}

}  // namespace
}  // namespace proteus::runtime_test
