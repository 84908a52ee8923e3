#include "engine/core/fixed.hpp"

#include <gtest/gtest.h>

namespace proteus {
namespace {

using namespace literals;

TEST(Fixed, ReadsDecimalTextExactly) {
  EXPECT_EQ(Price::parse("106631.1").value().raw(), 106'631'100'000'000);
  EXPECT_EQ(Price::parse("0.000000001").value().raw(), 1);
  EXPECT_EQ(Money::parse("-12.50").value().raw(), -12'500'000'000);
  EXPECT_EQ(Price::parse("1.0000000000000").value().raw(), 1'000'000'000);
  EXPECT_EQ(Price::parse("9223372036.854775807").value().raw(), INT64_MAX);
}

TEST(Fixed, RefusesWhatIsNoExactDecimal) {
  for (const char* text :
       {"", "-", ".5", "1.", "1e3", " 1", "1 ", "+1", "nan", "inf", "0x1", "1,0", "1.2.3"})
    EXPECT_EQ(Price::parse(text).error().code, ErrorCode::Malformed) << text;
  for (const char* text : {"9223372036.854775808", "0.0000000001", "99999999999999999999999"})
    EXPECT_EQ(Price::parse(text).error().code, ErrorCode::OutOfRange) << text;
}

TEST(Fixed, WritesTheShortestText) {
  EXPECT_EQ(format_fixed(0), "0");
  EXPECT_EQ(format_fixed(1'500'000'000), "1.5");
  EXPECT_EQ(format_fixed(-1), "-0.000000001");
  EXPECT_EQ(format_fixed(INT64_MIN), "-9223372036.854775808");
}

TEST(Fixed, MultipliesThrough128BitsAndRoundsAsAsked) {
  EXPECT_EQ(notional("106631.1"_px, "0.123"_qty), "13115.6253"_usdt);
  EXPECT_EQ(notional("0.000000001"_px, "0.5"_qty, Rounding::Up).raw(), 1);
  EXPECT_EQ(notional("0.000000001"_px, "0.5"_qty, Rounding::Down).raw(), 0);
  EXPECT_EQ(notional("0.000000001"_px, "-0.5"_qty, Rounding::Near).raw(), -1);
  EXPECT_EQ(share("1.000000001"_usdt, 550'000, Rounding::Up).raw(), 550'001);
}

TEST(Fixed, CutsToAStepTowardZero) {
  EXPECT_EQ(round_to_step("1.2349"_qty, "0.001"_qty), "1.234"_qty);
  EXPECT_EQ(round_to_step("-1.2349"_qty, "0.001"_qty), "-1.234"_qty);
  EXPECT_EQ(round_to_step("1.2341"_px, "0.001"_px, Rounding::Up), "1.235"_px);
}

}  // namespace
}  // namespace proteus
