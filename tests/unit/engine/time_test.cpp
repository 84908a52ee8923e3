#include "engine/core/time.hpp"

#include <gtest/gtest.h>

namespace proteus {
namespace {

using namespace std::chrono_literals;

Timestamp at(std::string_view text) { return parse_time(text).value(); }

TEST(Time, ReadsEverySpellingItOffers) {
  // 2025-05-29T17:05:00Z = 1748538300 s, by `date -u -d @1748538300`.
  constexpr std::int64_t kMs = 1'748'538'300'000;
  for (const char* text : {"2025-05-29T17:05", "2025-05-29T17:05Z", "2025-05-29 17:05:00",
                           "2025-05-29T17:05:00.000Z", "1748538300000"})
    EXPECT_EQ(to_unix_ms(at(text)), kMs) << text;
  EXPECT_EQ(to_unix_ms(at("2025-05-29T17:05:07.089Z")), kMs + 7'089);
  EXPECT_EQ(to_unix_ms(at("1970-01-01")), 0);
}

TEST(Time, RefusesWhatIsNone) {
  for (const char* text :
       {"", "2025", "2025-5-29", "2025-02-29", "2025-13-01", "2025-00-10", "2025-05-29T24:00",
        "2025-05-29T17:60", "2025-05-29T17:05:60", "2025-05-29T17", "2025-05-29T17:05:00.1",
        "2025-05-29T17:05:00.1234", "2025-05-29X17:05", "2025-05-29T-1:05", "yesterday!!",
        "99999999999999999999"})
    EXPECT_EQ(parse_time(text).error().code, ErrorCode::Malformed) << text;
}

TEST(Time, RefusesYearsThatNanosecondsDoNotHold) {
  for (const char* text : {"0000-01-01", "1969-12-31", "2262-01-01", "9999-12-31T23:59"})
    EXPECT_EQ(parse_time(text).error().code, ErrorCode::Malformed) << text;
  EXPECT_EQ(format_time(at("2261-12-31T23:59:59.999Z")), "2261-12-31T23:59:59.999Z");
}

TEST(Time, WritesWhatItReads) {
  for (const char* text :
       {"2025-05-29T17:05:07.089Z", "1970-01-01T00:00:00.000Z", "2024-02-29T23:59:59.999Z"})
    EXPECT_EQ(format_time(at(text)), text);
  EXPECT_EQ(format_time(from_unix_ns(-1)), "1969-12-31T23:59:59.999Z");
}

TEST(Intervals, OpenWhereTheVenueOpensThem) {
  const Timestamp t = at("2025-05-29T17:47:31");  // A Thursday.
  const std::pair<Interval, const char*> cases[] = {
      {Interval::M1, "2025-05-29T17:47"},  {Interval::M3, "2025-05-29T17:45"},
      {Interval::M5, "2025-05-29T17:45"},  {Interval::M15, "2025-05-29T17:45"},
      {Interval::M30, "2025-05-29T17:30"}, {Interval::H1, "2025-05-29T17:00"},
      {Interval::H2, "2025-05-29T16:00"},  {Interval::H4, "2025-05-29T16:00"},
      {Interval::H6, "2025-05-29T12:00"},  {Interval::H12, "2025-05-29T12:00"},
      {Interval::D1, "2025-05-29"},        {Interval::W1, "2025-05-26"},
      {Interval::Month, "2025-05-01"}};
  for (const auto& [interval, open] : cases) {
    EXPECT_EQ(bar_open(t, interval), at(open)) << to_string(interval);
    EXPECT_EQ(bar_open(at(open), interval), at(open)) << to_string(interval);
    EXPECT_EQ(bar_open(next_open(at(open), interval) - 1ns, interval), at(open))
        << to_string(interval);
  }
}

TEST(Intervals, OpenDownwardsBeforeTheEpochToo) {
  EXPECT_EQ(bar_open(from_unix_ms(-1), Interval::H1), from_unix_ms(-3'600'000));
  EXPECT_EQ(bar_open(from_unix_ms(0), Interval::W1), from_unix_ms(-3LL * 86'400'000));
}

TEST(Intervals, OfMonthsHaveTheLengthOfTheirMonth) {
  EXPECT_EQ(next_open(at("2024-02-01"), Interval::Month), at("2024-03-01"));
  EXPECT_EQ(next_open(at("2024-12-01"), Interval::Month), at("2025-01-01"));
  EXPECT_EQ(bar_length(at("2024-02-01"), Interval::Month), 29 * 24h);
  EXPECT_EQ(bar_length(at("2025-02-01"), Interval::Month), 28 * 24h);
  EXPECT_EQ(bar_length(at("2025-05-26"), Interval::W1), 7 * 24h);
}

TEST(Intervals, CountTheirBarsInAYear) {
  EXPECT_EQ(bars_per_year(Interval::M1), 525'600.0);
  EXPECT_EQ(bars_per_year(Interval::H1), 8'760.0);
  EXPECT_EQ(bars_per_year(Interval::D1), 365.0);
  EXPECT_EQ(bars_per_year(Interval::Month), 12.0);
}

TEST(Intervals, AreReadByTheNamesTheyPrint) {
  EXPECT_EQ(parse_interval("1M"), Interval::Month);
  EXPECT_EQ(parse_interval("1m"), Interval::M1);
  for (const char* text : {"", "1", "1H", "7m", "1 m"}) EXPECT_FALSE(parse_interval(text)) << text;
}

}  // namespace
}  // namespace proteus
