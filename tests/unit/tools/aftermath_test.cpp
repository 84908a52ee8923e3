#include "tools/app/watched_journal.hpp"

#include <gtest/gtest.h>

#include "tests/support/no_journal.hpp"
#include "tests/unit/tools/support.hpp"

namespace proteus::app {
namespace {

using namespace literals;

class Aftermath : public ::testing::Test {
 protected:
  /// As the engine writes a decision down: its orders on their way out, then the record.
  void decide(const char* id) {
    OrderIntent intent;
    intent.order.id = id;
    journal_.append(intent);
    DecisionRecord record;
    record.orders.push_back({id, Side::Buy, false, "1"_qty, true, Control::None});
    journal_.append(record);
  }
  void say(const char* id, OrderState state) {
    journal_.append(Event{.body = OrderUpdate{.id = id, .state = state}});
  }
  test::NoJournal log_;
  InstrumentTable table_ = one_instrument();
  WatchedJournal journal_{log_, table_};
};

TEST_F(Aftermath, HoldsTheOrdersOfTheLastDecisionAndWhatCameOfThem) {
  decide("a");
  say("a", OrderState::Filled);
  decide("b");
  say("b", OrderState::Acknowledged);
  say("b", OrderState::Cancelled);
  const WatchedJournal::Aftermath* after = journal_.aftermath(InstrumentId{0});
  ASSERT_NE(after, nullptr);
  ASSERT_EQ(after->orders.size(), 1U);
  EXPECT_EQ(after->orders[0].id, ClientOrderId{"b"});
  ASSERT_EQ(after->updates.size(), 1U);
  EXPECT_EQ(after->updates[0].state, OrderState::Cancelled);
}

}  // namespace
}  // namespace proteus::app
