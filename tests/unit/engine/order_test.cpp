// The life of an order: every move, and what reports that are late, repeated or impossible do.
#include "engine/core/order.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace proteus {
namespace {

using namespace literals;
using enum OrderState;

constexpr std::array kStates = {Created, Submitted, Acknowledged, Resting, PartiallyFilled,
                                Filled,  Cancelled, Rejected,     Unknown};

TEST(OrderMove, IsLegalExactlyWhereThisTableSaysSo) {
  // Columns in the order of the enum: Created Submitted Acknowledged Resting PartiallyFilled Filled
  // Cancelled Rejected Unknown.
  constexpr std::array<std::string_view, 9> kLegal = {
      ".x.......",  // Created
      ".xxxxxxxx",  // Submitted
      "...xxxxxx",  // Acknowledged
      "....xxxxx",  // Resting
      "....xxxxx",  // PartiallyFilled
      ".........",  // Filled
      ".........",  // Cancelled
      ".........",  // Rejected
      ".xxxxxxxx",  // Unknown
  };
  for (std::size_t from = 0; from < kStates.size(); ++from)
    for (std::size_t to = 0; to < kStates.size(); ++to)
      EXPECT_EQ(can_move(kStates[from], kStates[to]), kLegal[from][to] == 'x')
          << to_string(kStates[from]) << " -> " << to_string(kStates[to]);
}

class OrderLife : public ::testing::Test {
 protected:
  OrderLife() { order_.submitted(); }
  bool hear(OrderState state, Quantity filled = {}, OrderEnd end = OrderEnd::None) {
    return order_.apply({.id = "a", .state = state, .end = end, .filled = filled});
  }
  Order order_{OrderRequest{.id = "a", .quantity = "3"_qty}};
};

TEST_F(OrderLife, RunsFromSubmissionToItsLastFill) {
  EXPECT_EQ(order_.state(), Submitted);
  EXPECT_TRUE(hear(Acknowledged));
  EXPECT_TRUE(hear(Resting));
  EXPECT_TRUE(hear(PartiallyFilled, "1"_qty));
  EXPECT_EQ(order_.remaining(), "2"_qty);
  EXPECT_TRUE(hear(PartiallyFilled, "2"_qty));
  EXPECT_TRUE(order_.open());
  EXPECT_TRUE(hear(Filled, "3"_qty));
  EXPECT_FALSE(order_.open());
  EXPECT_EQ(order_.remaining(), Quantity{});
}

TEST_F(OrderLife, MayEndWithNoWordInBetween) { EXPECT_TRUE(hear(Filled, "3"_qty)); }

TEST_F(OrderLife, KeepsWhatWasFilledWhenCancelled) {
  EXPECT_TRUE(hear(Acknowledged));
  EXPECT_TRUE(hear(PartiallyFilled, "1"_qty));
  EXPECT_TRUE(hear(Cancelled, "1"_qty, OrderEnd::ByUser));
  EXPECT_EQ(order_.filled(), "1"_qty);
  EXPECT_EQ(order_.end(), OrderEnd::ByUser);
  EXPECT_EQ(order_.remaining(), Quantity{});
}

TEST_F(OrderLife, NothingHappensAfterItsEnd) {
  EXPECT_TRUE(hear(Rejected, {}, OrderEnd::OffStep));
  for (const OrderState state : kStates) EXPECT_FALSE(hear(state, "3"_qty)) << to_string(state);
  EXPECT_EQ(order_.state(), Rejected);
  EXPECT_EQ(order_.end(), OrderEnd::OffStep);
  EXPECT_EQ(order_.filled(), Quantity{});
}

TEST_F(OrderLife, DropsAReportWithAnOlderFill) {
  EXPECT_TRUE(hear(PartiallyFilled, "2"_qty));
  EXPECT_FALSE(hear(PartiallyFilled, "1"_qty));
  EXPECT_FALSE(hear(Cancelled, "1"_qty));
  EXPECT_EQ(order_.state(), PartiallyFilled);
  EXPECT_EQ(order_.filled(), "2"_qty);
}

TEST_F(OrderLife, DropsRepeatsAndMovesBackwards) {
  EXPECT_TRUE(hear(Acknowledged));
  EXPECT_FALSE(hear(Acknowledged));
  EXPECT_TRUE(hear(Resting));
  EXPECT_FALSE(hear(Resting));
  EXPECT_FALSE(hear(Acknowledged));
  EXPECT_TRUE(hear(PartiallyFilled, "1"_qty));
  EXPECT_FALSE(hear(PartiallyFilled, "1"_qty));
  EXPECT_FALSE(hear(Resting, "1"_qty));
}

TEST_F(OrderLife, AnUnknownOutcomeIsResolvedByAnyAnswer) {
  for (const OrderState answer : {Acknowledged, Resting, PartiallyFilled, Cancelled, Rejected}) {
    Order order{OrderRequest{.id = "a", .quantity = "3"_qty}};
    order.submitted();
    order.unknown();
    EXPECT_EQ(order.state(), Unknown);
    EXPECT_TRUE(order.open());
    EXPECT_TRUE(order.apply({.id = "a", .state = answer}));
    EXPECT_EQ(order.state(), answer);
  }
}

TEST_F(OrderLife, AnUnknownOutcomeKeepsWhatWasFilled) {
  EXPECT_TRUE(hear(PartiallyFilled, "2"_qty));
  order_.unknown();
  EXPECT_FALSE(hear(Resting));
  EXPECT_EQ(order_.filled(), "2"_qty);
}

using OrderLifeDeathTest = OrderLife;

TEST_F(OrderLifeDeathTest, ImpossibleReportsAreProgramErrors) {
  EXPECT_DEATH(hear(PartiallyFilled, "4"_qty), "assertion failed");
  EXPECT_DEATH(hear(Filled, "2"_qty), "assertion failed");
  EXPECT_DEATH(order_.apply({.id = "b"}), "assertion failed");
  EXPECT_DEATH(order_.submitted(), "assertion failed");
}

TEST_F(OrderLifeDeathTest, AnOrderThatNeverLeftHearsNothing) {
  Order order{OrderRequest{.id = "a", .quantity = "1"_qty}};
  EXPECT_DEATH(order.apply({.id = "a"}), "assertion failed");
  EXPECT_DEATH(order.unknown(), "assertion failed");
}

TEST_F(OrderLifeDeathTest, AnEndedOrderCannotBecomeUnknown) {
  EXPECT_TRUE(hear(Filled, "3"_qty));
  EXPECT_DEATH(order_.unknown(), "assertion failed");
}

}  // namespace
}  // namespace proteus
