// Small values of engine/core: bars, instruments, lists held in place, texts held in place.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "engine/core/bar.hpp"
#include "engine/core/decision.hpp"
#include "engine/core/inline_text.hpp"
#include "engine/core/instrument.hpp"

namespace proteus {
namespace {

using namespace literals;
using namespace std::chrono_literals;

// --------------------------------------------------------------------------------------------------
// bars

Bar true_bar() {
  const Timestamp open = parse_time("2025-03-01").value();
  return {.open_time = open,
          .close_time = open + 1min,
          .open = "10"_px,
          .high = "12"_px,
          .low = "9"_px,
          .close = "11"_px,
          .volume = 1.0,
          .turnover = 10.0};
}

TEST(BarAbsurdity, IsNothingForABarThatCanBeTrue) {
  EXPECT_EQ(absurdity(true_bar()), nullptr);
  Bar flat = true_bar();
  flat.open = flat.high = flat.low = flat.close = "0.000000001"_px;
  flat.volume = flat.turnover = 0.0;
  EXPECT_EQ(absurdity(flat), nullptr);
}

TEST(BarAbsurdity, NamesWhatCannotBe) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  const auto with = [](auto member, auto value) {
    Bar bar = true_bar();
    bar.*member = value;
    const char* reason = absurdity(bar);
    return std::string(reason == nullptr ? "" : reason);
  };
  EXPECT_EQ(with(&Bar::low, Price{}), "a price is zero or negative");
  EXPECT_EQ(with(&Bar::low, "-1"_px), "a price is zero or negative");
  EXPECT_EQ(with(&Bar::high, "8"_px), "high is below low");
  EXPECT_EQ(with(&Bar::open, "8.9"_px), "open lies outside [low, high]");
  EXPECT_EQ(with(&Bar::open, "12.1"_px), "open lies outside [low, high]");
  EXPECT_EQ(with(&Bar::close, "8.9"_px), "close lies outside [low, high]");
  EXPECT_EQ(with(&Bar::close, "12.1"_px), "close lies outside [low, high]");
  for (const double bad : {nan, infinity, -1.0}) {
    EXPECT_EQ(with(&Bar::volume, bad), "volume is negative or not finite");
    EXPECT_EQ(with(&Bar::turnover, bad), "turnover is negative or not finite");
  }
  EXPECT_EQ(with(&Bar::close_time, true_bar().open_time), "close time is not after open time");
}

// --------------------------------------------------------------------------------------------------
// instruments

Instrument instrument(const char* symbol) {
  return {.symbol = symbol, .tick_size = "0.01"_px, .lot_step = "0.001"_qty};
}

TEST(InstrumentTable, NumbersInTheOrderOfAddingAndFindsByCategoryAndSymbol) {
  InstrumentTable table;
  Instrument spot = instrument("AUSDT");
  spot.category = Category::Spot;
  EXPECT_EQ(table.add(instrument("AUSDT")).value().index, 0U);
  EXPECT_EQ(table.add(spot).value().index, 1U);
  EXPECT_EQ(table.find(Category::Spot, "AUSDT")->index, 1U);
  EXPECT_FALSE(table.find(Category::Linear, "BUSDT").has_value());
  EXPECT_EQ(table[InstrumentId{1}].name(), "spot:AUSDT");
}

TEST(InstrumentTable, AnUpdateThatCannotBeTradedLeavesTheOldDescription) {
  InstrumentTable table;
  Instrument changed = instrument("AUSDT");
  changed.id = table.add(changed).value();
  const Price tick = changed.tick_size;

  Instrument bad = changed;
  bad.tick_size = Price{};
  EXPECT_FALSE(table.update(bad));
  bad = changed;
  bad.quantity_min = Quantity::from_raw(2 * changed.lot_step.raw());
  bad.quantity_max_market = changed.lot_step;
  EXPECT_FALSE(table.update(bad));
  EXPECT_EQ(table[changed.id].tick_size, tick);

  changed.tick_size = tick + tick;
  EXPECT_TRUE(table.update(changed));
  EXPECT_EQ(table[changed.id].tick_size, tick + tick);
}

TEST(InstrumentTable, RefusesASecondOfTheSameNameAndWhatCannotBeTraded) {
  InstrumentTable table;
  EXPECT_TRUE(table.add(instrument("AUSDT")).has_value());
  EXPECT_EQ(table.add(instrument("AUSDT")).error().code, ErrorCode::Malformed);
  Instrument no_tick = instrument("BUSDT");
  no_tick.tick_size = Price{};
  EXPECT_EQ(table.add(no_tick).error().code, ErrorCode::OutOfRange);
  Instrument no_lot = instrument("BUSDT");
  no_lot.lot_step = "-1"_qty;
  EXPECT_EQ(table.add(no_lot).error().code, ErrorCode::OutOfRange);
  Instrument too_large = instrument("BUSDT");
  too_large.tick_size = "1000"_px;
  too_large.quantity_max_limit = "9000000000"_qty;
  EXPECT_EQ(table.add(too_large).error().code, ErrorCode::OutOfRange);
  Instrument no_leverage = instrument("BUSDT");
  no_leverage.leverage_max_e9 = 0;
  EXPECT_EQ(table.add(no_leverage).error().code, ErrorCode::OutOfRange);
  EXPECT_EQ(table.size(), 1U);
}

TEST(InstrumentName, IsTakenApartOrRefused) {
  EXPECT_EQ(parse_instrument_name("linear:BTCUSDT").value(),
            InstrumentName(Category::Linear, "BTCUSDT"));
  EXPECT_EQ(parse_instrument_name("spot:1000PEPE-X").value(),
            InstrumentName(Category::Spot, "1000PEPE-X"));
  for (const char* text : {"", "BTCUSDT", "linear:", ":BTCUSDT", "linear:btcusdt", "Linear:BTCUSDT",
                           "inverse:BTCUSD", "linear:BTC USDT", "linear:BTC:USDT"})
    EXPECT_EQ(parse_instrument_name(text).error().code, ErrorCode::Malformed) << text;
}

// --------------------------------------------------------------------------------------------------
// lists and texts held in place

TEST(InlineList, KeepsItsEntriesInOrderAndForgetsThemWhenCleared) {
  InlineList<int, 3> list;
  EXPECT_TRUE(list.empty());
  for (const int i : {7, 8, 9}) list.push_back(i);
  EXPECT_EQ(std::vector<int>(list.begin(), list.end()), (std::vector{7, 8, 9}));
  list.clear();
  EXPECT_EQ(list.size(), 0U);
  EXPECT_EQ(list.begin(), list.end());
}

TEST(InlineListDeathTest, HoldsNoMoreThanItsCapacity) {
  InlineList<int, 2> list;
  list.push_back(1);
  list.push_back(2);
  EXPECT_DEATH(list.push_back(3), "assertion failed");
}

TEST(InlineText, CutsWhatDoesNotFitAndComparesAsText) {
  EXPECT_EQ(InlineText<4>{"abcdef"}.view(), "abcd");
  EXPECT_EQ(InlineText<4>{"abcd"}, InlineText<4>{"abcdef"});
  EXPECT_LT(InlineText<4>{"ab"}, InlineText<4>{"abc"});
  EXPECT_LT(InlineText<4>{"abc"}, InlineText<4>{"b"});
  EXPECT_TRUE(InlineText<4>{}.empty());
}

TEST(DecisionRecord, HoldsTheWordsOfTwoOrdersOnEveryControl) {
  // A turn over zero is two orders; a gate says at most a word a control and order, and one more
  // where sizing had its own.
  EXPECT_GE(decltype(DecisionRecord::orders)::capacity(), 2U);
  EXPECT_GE(decltype(DecisionRecord::controls)::capacity(), 2U * 14U + 1U);
}

}  // namespace
}  // namespace proteus
