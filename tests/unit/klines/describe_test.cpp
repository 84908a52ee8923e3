#include "connectors/klines/describe.hpp"

#include <gtest/gtest.h>

namespace proteus::klines {
namespace {

using namespace literals;

Bar bar(Price price, double volume) {
  return {.open = price, .high = price, .low = price, .close = price, .volume = volume};
}

StepFinder seen(std::initializer_list<Bar> bars) {
  StepFinder steps;
  for (const Bar& b : bars) steps.see(b);
  return steps;
}

TEST(StepFinder, FindsTheFinestDecimalAmongAllRows) {
  const StepFinder steps =
      seen({bar("106631.1"_px, 61.385), bar("106700"_px, 2.0), bar("0.12"_px, 0.1)});
  EXPECT_EQ(steps.tick(), "0.01"_px);
  EXPECT_EQ(steps.lot(), "0.001"_qty);
}

TEST(StepFinder, NeverGoesAboveOne) {
  const StepFinder steps = seen({bar("1000"_px, 500.0), bar("2000"_px, 0.0)});
  EXPECT_EQ(steps.tick(), "1"_px);
  EXPECT_EQ(steps.lot(), "1"_qty);
}

TEST(StepFinder, TakesADecimalStepWhereRowsShareALargerOne) {
  EXPECT_EQ(seen({bar("0.5"_px, 1.0), bar("1.5"_px, 1.0)}).tick(), "0.1"_px);
}

TEST(StepFinder, TakesAVolumeThatIsNoShortDecimalForTheFinestLot) {
  EXPECT_EQ(seen({bar("1"_px, 1.0 / 3.0)}).lot(), "0.000000001"_qty);
}

TEST(DerivedDescription, SplitsTheSymbolAndIsAcceptedByTheTable) {
  const StepFinder steps = seen({bar("0.3449"_px, 84517.3)});
  InstrumentTable table;
  for (const Category category : {Category::Linear, Category::Spot}) {
    const Instrument i = derived_description({category, "NEWUSDC"}, steps);
    EXPECT_EQ(i.base_coin.view(), "NEW");
    EXPECT_EQ(i.quote_coin.view(), "USDC");
    EXPECT_EQ(i.tick_size, "0.0001"_px);
    EXPECT_EQ(i.lot_step, "0.1"_qty);
    EXPECT_EQ(i.funding_interval.count() > 0, category == Category::Linear);
    EXPECT_TRUE(table.add(i).has_value());
  }
}

}  // namespace
}  // namespace proteus::klines
