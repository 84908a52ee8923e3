// A series that is fetched: its windows, its holes, and going on where it stopped. The venue is a
// function of the test.
#include "tools/record/fetch_series.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>

#include "connectors/klines/kline_reader.hpp"
#include "tests/support/folder.hpp"

namespace proteus::app::record {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

const Timestamp kDay = parse_time("2025-06-01T00:00:00Z").value();
constexpr std::string_view kHeader = "start_ms,open,high,low,close,volume,turnover\n";

FetchJob minute_bars() {
  return {FetchKind::Klines, parse_instrument_name("linear:BTCUSDT").value(), Interval::M1};
}
FetchRow row_at(Timestamp time) {
  const std::int64_t n = (time - kDay) / 1min;
  return {time, fmt::format("{},{},{},{},{},{},", to_unix_ms(time), 100 + n, 102 + n, 99 + n,
                            101 + n, n % 7)};
}

/// The venue: which minutes it has, and what it was asked.
struct FakeVenue {
  Timestamp listed = kDay;
  std::set<std::int64_t> lacks;  ///< minutes that it never has
  std::set<std::int64_t> late;   ///< minutes that its first answer lacks
  std::vector<FetchSeries::Window> asked;
  std::vector<FetchRow> answer(const FetchSeries::Window& window) {
    asked.push_back(window);
    std::vector<FetchRow> rows;
    for (Timestamp t = window.until; t >= window.from; t -= 1min) {  // newest first
      const std::int64_t n = (t - kDay) / 1min;
      if (t < listed || lacks.contains(n) || late.erase(n) > 0) continue;
      rows.push_back(row_at(t));
    }
    return rows;
  }
};

/// Asks and answers, those of a round in reverse, at most `answers`.
void drive(FetchSeries& series, FakeVenue& venue, std::size_t answers = 1000) {
  for (;;) {
    std::vector<FetchSeries::Window> windows;
    while (const auto window = series.ask()) windows.push_back(*window);
    if (windows.empty()) return;
    for (auto it = windows.rbegin(); it != windows.rend(); ++it) {
      if (answers-- == 0) return;
      ASSERT_TRUE(series.take(*it, venue.answer(*it)));
    }
  }
}

std::string rows_text(std::int64_t from, std::int64_t until,
                      const std::set<std::int64_t>& without = {}) {
  std::string text{kHeader};
  for (std::int64_t n = from; n < until; ++n)
    if (!without.contains(n)) text += row_at(kDay + n * 1min).text + "\n";
  return text;
}

class Fetched : public ::testing::Test {
 protected:
  FetchSeries open(std::int64_t from, std::int64_t until) const {
    auto series =
        FetchSeries::open(minute_bars(), folder_.path(), kDay + from * 1min, kDay + until * 1min);
    EXPECT_TRUE(series.has_value()) << series.error().context;
    return std::move(series).value();
  }
  /// Fetches all of it and gives the text of the file.
  std::string fetch(std::int64_t from, std::int64_t until, FakeVenue& venue) const {
    FetchSeries series = open(from, until);
    drive(series, venue);
    EXPECT_TRUE(series.complete());
    const auto done = series.finish(klines::Packing::None);
    EXPECT_TRUE(done.has_value()) << done.error().context;
    return test::read_all(folder_ / "bybit-linear_BTCUSDT_1m.csv");
  }
  test::Folder folder_;
};

TEST_F(Fetched, AsksWindowsOfAThousandAndWritesThemInOrder) {
  FakeVenue venue;
  EXPECT_EQ(fetch(0, 3500, venue), rows_text(0, 3500));
  ASSERT_EQ(venue.asked.size(), 4U);
  std::set<Timestamp> begins;
  for (const auto& window : venue.asked) {
    begins.insert(window.from);
    EXPECT_LE(window.until - window.from, 999min);
  }
  EXPECT_EQ(begins, (std::set<Timestamp>{kDay, kDay + 1000min, kDay + 2000min, kDay + 3000min}));
  EXPECT_FALSE(fs::exists(folder_ / "bybit-linear_BTCUSDT_1m.csv.part"));
  EXPECT_FALSE(fs::exists(folder_ / "bybit-linear_BTCUSDT_1m.csv.progress"));
}

TEST_F(Fetched, AHandWrittenAnswerBecomesTheseRows) {
  FetchSeries series = open(0, 3);
  const auto window = series.ask();
  ASSERT_TRUE(window.has_value());
  EXPECT_EQ(window->from, kDay);
  EXPECT_EQ(window->until, kDay + 2min);
  EXPECT_FALSE(series.ask().has_value());
  // Out of order, one of them twice, one from outside of the window.
  ASSERT_TRUE(series.take(*window, {{kDay + 2min, "1748736120000,3,3,3,3,1,"},
                                    {kDay, "1748736000000,1,1,1,1,1,"},
                                    {kDay + 9min, "1748736540000,9,9,9,9,1,"},
                                    {kDay + 1min, "1748736060000,2,2,2,2,1,"},
                                    {kDay, "1748736000000,1,1,1,1,1,"}}));
  ASSERT_TRUE(series.complete());
  ASSERT_TRUE(series.finish(klines::Packing::None));
  EXPECT_EQ(test::read_all(folder_ / "bybit-linear_BTCUSDT_1m.csv"),
            std::string(kHeader) +
                "1748736000000,1,1,1,1,1,\n1748736060000,2,2,2,2,1,\n1748736120000,3,3,3,3,1,\n");
}

TEST_F(Fetched, WhatIsMissingIsAskedForTwiceAndThenToldAsAGap) {
  FakeVenue venue;
  venue.lacks = {10, 11, 1999};
  venue.late = {2500};
  FetchSeries series = open(0, 3000);
  drive(series, venue);
  ASSERT_TRUE(series.complete());
  ASSERT_TRUE(series.finish(klines::Packing::Gzip));
  ASSERT_EQ(series.gaps().size(), 2U);
  EXPECT_EQ(series.gaps()[0].from, kDay + 10min);
  EXPECT_EQ(series.gaps()[0].until, kDay + 12min);
  EXPECT_EQ(series.gaps()[1].rows, 1U);
  EXPECT_EQ(series.missing(), 3U);
  EXPECT_EQ(series.rows(), 2997U);
  EXPECT_EQ(venue.asked.size(), 6U) << "each of the three windows twice";
  const auto bars = klines::read_klines(series.path(), InstrumentId{}, Interval::M1);
  ASSERT_TRUE(bars.has_value()) << bars.error().context;
  EXPECT_EQ(bars.value().size(), 2997U);
}

TEST_F(Fetched, BeforeTheFirstBarThereIsNoGapAndBehindTheLastThereIs) {
  FakeVenue venue;
  venue.listed = kDay + 1500min;
  for (std::int64_t n = 2990; n < 3000; ++n) venue.lacks.insert(n);
  FetchSeries series = open(0, 3000);
  drive(series, venue);
  ASSERT_TRUE(series.finish(klines::Packing::None));
  ASSERT_EQ(series.gaps().size(), 1U);
  EXPECT_EQ(series.gaps()[0].rows, 10U);
  EXPECT_EQ(series.span()->first, kDay + 1500min);
}

TEST_F(Fetched, GoesOnWhereItWasBrokenOffWhateverWasHalfWritten) {
  for (const std::size_t answers : {0U, 1U, 3U, 4U, 5U, 9U, 11U}) {
    FakeVenue first;
    {
      FetchSeries series = open(0, 12'000);
      drive(series, first, answers);
    }
    // The process ended in the middle of a write.
    const fs::path part = folder_ / "bybit-linear_BTCUSDT_1m.csv.part";
    std::ofstream(part, std::ios::app) << "1748736000000,1,2";
    FakeVenue second;
    EXPECT_EQ(fetch(0, 12'000, second), rows_text(0, 12'000)) << answers;
    EXPECT_LE(second.asked.size(), 12U);
    // What was written is not asked for again: four windows a round, written once all are there.
    EXPECT_EQ(second.asked.size(), 12U - answers / 4 * 4) << answers;
    fs::remove(folder_ / "bybit-linear_BTCUSDT_1m.csv");
  }
}

TEST_F(Fetched, WhatAnEarlierFetchHasIsTakenOverAndNotAskedFor) {
  FakeVenue venue;
  fetch(2000, 5000, venue);
  // Both ends grow.
  FakeVenue more;
  EXPECT_EQ(fetch(500, 6000, more), rows_text(500, 6000));
  for (const auto& window : more.asked)
    EXPECT_TRUE(window.until < kDay + 2000min || window.from >= kDay + 5000min);
  // Inside of it there is nothing to do, and what is there stays.
  FakeVenue none;
  EXPECT_EQ(fetch(1000, 4000, none), rows_text(500, 6000));
  EXPECT_TRUE(none.asked.empty());
  // A span further on leaves no hole between.
  FakeVenue far;
  EXPECT_EQ(fetch(7000, 7010, far), rows_text(500, 7010));
}

TEST_F(Fetched, ADamagedFileOfAnEarlierFetchIsToldAndNotWrittenOver) {
  std::ofstream(folder_ / "bybit-linear_BTCUSDT_1m.csv") << kHeader << "nonsense\n";
  const auto series = FetchSeries::open(minute_bars(), folder_.path(), kDay, kDay + 5min);
  ASSERT_TRUE(series.has_error());
  EXPECT_THAT(series.error().context, ::testing::HasSubstr("_1m.csv:2: not 7 columns"));
}

TEST_F(Fetched, FundingIsAskedForInWindowsThatHoldAllOfIt) {
  const FetchJob job{FetchKind::Funding, parse_instrument_name("linear:BTCUSDT").value(),
                     Interval::M1};
  auto series = FetchSeries::open(job, folder_.path(), kDay, kDay + 30 * 24h);
  ASSERT_TRUE(series.has_value());
  std::vector<FetchSeries::Window> windows;
  for (;;) {
    const auto window = series.value().ask();
    if (!window) break;
    windows.push_back(*window);
    std::vector<FetchRow> rows;
    for (Timestamp t = kDay; t <= window->until; t += 8h)
      if (t >= window->from && t != kDay + 16h)
        rows.push_back({t, fmt::format("{},0.0001", to_unix_ms(t))});
    ASSERT_LE(rows.size(), 200U);
    ASSERT_TRUE(series.value().take(*window, rows));
  }
  ASSERT_TRUE(series.value().complete());
  ASSERT_TRUE(series.value().finish(klines::Packing::Zstd));
  EXPECT_EQ(series.value().rows(), 89U);
  ASSERT_EQ(series.value().gaps().size(), 1U);
  EXPECT_EQ(series.value().gaps()[0].until, kDay + 24h);
}

}  // namespace
}  // namespace proteus::app::record
