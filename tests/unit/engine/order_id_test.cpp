// The id of an order: p<13 base32>-<instrument, 3 base36>-<second, 7 base36>-<purpose><ordinal, 3>.
#include "engine/core/order_id.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace proteus {
namespace {

const SessionCode kSession{"0123456789abc"};
constexpr InstrumentId kFirst{0};

TEST(OrderId, IsWrittenAsTheContractSays) {
  // The seconds in base 36 were computed apart (Python).
  EXPECT_EQ(make_order_id(kSession, InstrumentId{7}, parse_time("2025-03-01T00:02").value(),
                          Purpose::Open, 0)
                .view(),
            "p0123456789abc-007-0ssf43c-o000");
  EXPECT_EQ(make_order_id(kSession, InstrumentId{123},
                          parse_time("2026-07-31T23:59:59.999").value(), Purpose::Close, 46'655)
                .view(),
            "p0123456789abc-03f-0tj2dbz-czzz");
}

TEST(OrderId, FitsTheLimitOfTheVenueAtItsLargest) {
  const auto id = make_order_id(kSession, InstrumentId{46'655}, parse_time("2261-12-31").value(),
                                Purpose::Liquidation, 46'655);
  EXPECT_EQ(id.view().size(), 31U);
  EXPECT_LE(id.view().size(), 36U);
}

TEST(OrderId, DiffersInEachOfItsParts) {
  const Timestamp t = parse_time("2025-03-01").value();
  std::set<std::string> ids;
  const auto add = [&](const ClientOrderId& id) { ids.emplace(id.view()); };
  add(make_order_id(kSession, kFirst, t, Purpose::Open, 0));
  add(make_order_id("zzzzzzzzzzzzz", kFirst, t, Purpose::Open, 0));
  add(make_order_id(kSession, InstrumentId{1}, t, Purpose::Open, 0));
  add(make_order_id(kSession, kFirst, t + std::chrono::seconds{1}, Purpose::Open, 0));
  for (const Purpose purpose :
       {Purpose::Close, Purpose::Stop, Purpose::Flatten, Purpose::Liquidation})
    add(make_order_id(kSession, kFirst, t, purpose, 0));
  add(make_order_id(kSession, kFirst, t, Purpose::Open, 1));
  EXPECT_EQ(ids.size(), 9U);
}

TEST(OrderId, IsOneForAllOfItsSecond) {
  const Timestamp t = parse_time("2025-03-01").value();
  EXPECT_EQ(
      make_order_id(kSession, kFirst, t, Purpose::Open, 0),
      make_order_id(kSession, kFirst, t + std::chrono::nanoseconds{999'999'999}, Purpose::Open, 0));
}

TEST(OrderIdDeathTest, MoreThanItsPlacesHoldIsAProgramError) {
  const Timestamp t = parse_time("2025-03-01").value();
  EXPECT_DEATH(make_order_id(kSession, kFirst, t, Purpose::Open, 46'656), "assertion failed");
  EXPECT_DEATH(make_order_id(kSession, InstrumentId{46'656}, t, Purpose::Open, 0),
               "assertion failed");
  EXPECT_DEATH(make_order_id("short", kFirst, t, Purpose::Open, 0), "assertion failed");
}

TEST(SessionCode, UsesFiveBitsOfEachByteAndAnAlphabetWithoutLookAlikes) {
  std::array<std::uint8_t, 13> low{};
  std::array<std::uint8_t, 13> high{};
  for (std::uint8_t i = 0; i < 13; ++i) {
    low[i] = i;
    high[i] = static_cast<std::uint8_t>(0xe0U | i);
  }
  EXPECT_EQ(make_session_code(low).view(), "0123456789abc");
  EXPECT_EQ(make_session_code(high), make_session_code(low));

  std::set<char> letters;
  for (std::uint8_t v = 0; v < 32; ++v) {
    std::array<std::uint8_t, 13> bytes{};
    bytes.fill(v);
    letters.insert(make_session_code(bytes).view()[0]);
  }
  EXPECT_EQ(letters.size(), 32U);
  for (const char c : {'i', 'l', 'o', 'u'}) EXPECT_FALSE(letters.contains(c)) << c;
}

}  // namespace
TEST(OrderId, TellsTheSecondOfItsDecision) {
  const SessionCode session = "0123456789abc";
  const ClientOrderId id = make_order_id(session, {7}, from_unix_ms(35'999), Purpose::Open, 3);
  EXPECT_EQ(decision_second(id), "000000z");
  EXPECT_EQ(decision_second("by-hand"), "");
}

}  // namespace proteus
