// Kline files of smaller intervals as bars of a larger one, kept in memory or read as they are
// asked for.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "connectors/sim/file_source.hpp"
#include "tests/support/folder.hpp"

namespace proteus::sim {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

const Timestamp kOpen = parse_time("2025-06-02T00:00:00Z").value();  // a Monday

struct Rows {
  test::Folder folder;
  /// Minutes after kOpen, each row's price 100 + its minute, its volume 0.1.
  KlineInput file(const std::string& symbol, std::string_view interval,
                  const std::vector<int>& at) {
    const std::string path = folder / fmt::format("bybit-linear_{}_{}.csv", symbol, interval);
    std::ofstream text(path);
    text << "start_ms,open,high,low,close,volume,turnover\n";
    for (const int m : at)
      text << fmt::format("{},{},{},{},{},0.1,10\n", to_unix_ms(kOpen + minutes{m}), 100 + m,
                          101 + m, 99 + m, 100.5 + m);
    return FileSource::input_named(path).value();
  }
};

std::vector<int> range(int from, int to, int step = 1) {
  std::vector<int> all;
  for (int m = from; m < to; m += step) all.push_back(m);
  return all;
}

// Both ways have to give the same bars.
class Aggregated : public ::testing::TestWithParam<std::uintmax_t> {};
INSTANTIATE_TEST_SUITE_P(KeptAndRead, Aggregated, ::testing::Values(std::uintmax_t{1} << 20U, 0));

TEST_P(Aggregated, MakesHoursOfMinutesAndOfFiveMinutes) {
  Rows rows;
  auto source = FileSource::open_as({rows.file("BTCUSDT", "1m", range(0, 150)),
                                     rows.file("ETHUSDT", "5m", range(0, 150, 5))},
                                    Interval::H1, GetParam())
                    .value();
  EXPECT_EQ(source.base_interval(), Interval::H1);
  EXPECT_EQ(source.first(), kOpen);
  EXPECT_EQ(source.end(), kOpen + minutes{150}) << "the third hour is not over";
  const Bar btc = source.bar(InstrumentId{0}, kOpen + hours{1}).value();
  EXPECT_EQ(btc.open.to_string(), "160");
  EXPECT_EQ(btc.high.to_string(), "220");
  EXPECT_EQ(btc.low.to_string(), "159");
  EXPECT_EQ(btc.close.to_string(), "219.5");
  EXPECT_EQ(btc.volume, 6.0) << "sixty times 0.1, exactly";
  EXPECT_EQ(btc.turnover, 600.0);
  EXPECT_EQ(btc.close_time, kOpen + hours{2});
  EXPECT_EQ(btc.interval, Interval::H1);
  const Bar eth = source.bar(InstrumentId{1}, kOpen + hours{1}).value();
  EXPECT_EQ(eth.close.to_string(), "215.5");
  EXPECT_EQ(eth.volume, 1.2);
  EXPECT_FALSE(source.failure().has_value());
}

TEST_P(Aggregated, MakesABarOfWhatExistsAndNoneOfNothing) {
  Rows rows;
  std::vector<int> at = range(0, 10);
  at.push_back(130);
  auto source =
      FileSource::open_as({rows.file("BTCUSDT", "1m", at)}, Interval::H1, GetParam()).value();
  EXPECT_EQ(source.bar(InstrumentId{0}, kOpen)->volume, 1.0);
  EXPECT_FALSE(source.bar(InstrumentId{0}, kOpen + hours{1}).has_value());
  EXPECT_EQ(source.bar(InstrumentId{0}, kOpen + hours{2})->open.to_string(), "230");
  EXPECT_EQ(source.bar(InstrumentId{0}, kOpen)->volume, 1.0) << "asked for again";
}

TEST_P(Aggregated, BeginsWeeksOnMonday) {
  Rows rows;
  auto source = FileSource::open_as({rows.file("BTCUSDT", "1d", range(0, 8 * 1440, 1440))},
                                    Interval::W1, GetParam())
                    .value();
  EXPECT_EQ(source.bar(InstrumentId{0}, kOpen)->open.to_string(), "100");
  EXPECT_EQ(source.bar(InstrumentId{0}, kOpen + hours{168})->open.to_string(), "10180");
}

TEST_P(Aggregated, GivesEqualIntervalsAsTheyAre) {
  Rows rows;
  auto source =
      FileSource::open_as({rows.file("BTCUSDT", "1m", {0, 1, 5})}, Interval::M1, GetParam())
          .value();
  EXPECT_EQ(source.bar(InstrumentId{0}, kOpen + minutes{5})->open.to_string(), "105");
  EXPECT_FALSE(source.bar(InstrumentId{0}, kOpen + minutes{4}).has_value());
}

TEST(Aggregated, RefusesIntervalsThatMakeUpNoWholeBars) {
  Rows rows;
  for (const auto& [file, into] : {std::pair{"1h", Interval::M15}, std::pair{"3m", Interval::M5}}) {
    const int step = file == std::string_view{"1h"} ? 60 : 3;
    const auto refused =
        FileSource::open_as({rows.file("BTCUSDT", file, range(0, 120, step))}, into);
    ASSERT_TRUE(refused.has_error());
    EXPECT_THAT(refused.error().context, ::testing::HasSubstr("are not made of whole"));
  }
}

}  // namespace
}  // namespace proteus::sim
