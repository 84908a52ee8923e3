// Layouts of the public archive, with rows written by hand and the bars worked out beside them.
#include "connectors/klines/archive_reader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "connectors/klines/kline_reader.hpp"
#include "connectors/klines/pack_file.hpp"
#include "tests/unit/klines/scratch.hpp"

namespace proteus::klines {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kTrades =
    "timestamp,symbol,side,size,price,tickDirection,trdMatchID,grossValue,homeNotional,"
    "foreignNotional\n";
// 1640995200 is 2022-01-01T00:00:00Z.
constexpr std::string_view kTradeRows =
    "1640995200.1000,BTCUSDT,Buy,0.5,100,PlusTick,a,1,1,1\n"
    "1640995210,BTCUSDT,Sell,0.25,104,PlusTick,b,1,1,1\n"
    "1640995259.9999,BTCUSDT,Buy,1,101.5,MinusTick,c,1,1,1\n"
    "1640995259.9999,BTCUSDT,Buy,1,102,PlusTick,d,1,1,1\n"
    "1640995380,BTCUSDT,Sell,2,99,MinusTick,e,1,1,1\n";

const Timestamp kYear = parse_time("2022-01-01T00:00:00Z").value();

void expect_bar(const Bar& bar, Timestamp open, std::string_view o, std::string_view h,
                std::string_view l, std::string_view c, double volume) {
  EXPECT_EQ(bar.open_time, open);
  EXPECT_EQ(bar.open.to_string(), o);
  EXPECT_EQ(bar.high.to_string(), h);
  EXPECT_EQ(bar.low.to_string(), l);
  EXPECT_EQ(bar.close.to_string(), c);
  EXPECT_DOUBLE_EQ(bar.volume, volume);
}

void expect_the_bars_of_the_trades(const ArchiveBars& read) {
  ASSERT_EQ(read.bars.size(), 4U);
  expect_bar(read.bars[0], kYear, "100", "104", "100", "102", 2.75);
  EXPECT_DOUBLE_EQ(read.bars[0].turnover, 50 + 26 + 101.5 + 102);
  expect_bar(read.bars[1], kYear + std::chrono::minutes{1}, "102", "102", "102", "102", 0);
  expect_bar(read.bars[2], kYear + std::chrono::minutes{2}, "102", "102", "102", "102", 0);
  expect_bar(read.bars[3], kYear + std::chrono::minutes{3}, "99", "99", "99", "99", 2);
  EXPECT_EQ(read.flat, 2U);
}

TEST(Archive, TradesOfDerivativesBecomeBars) {
  Scratch scratch;
  const auto read = read_archive(
      scratch.write("a.csv", std::string(kTrades) + std::string(kTradeRows)), Interval::M1);
  ASSERT_TRUE(read.has_value()) << read.error().context;
  EXPECT_EQ(read.value().layout, ArchiveLayout::DerivativeTrades);
  EXPECT_EQ(read.value().symbol, "BTCUSDT");
  EXPECT_EQ(read.value().rows, 5U);
  expect_the_bars_of_the_trades(read.value());
}

TEST(Archive, NewestFirstGivesTheSameBarsAlsoWithinOneInstant) {
  Scratch scratch;
  std::vector<std::string> lines;
  std::string_view rest = kTradeRows;
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    lines.emplace_back(rest.substr(0, end + 1));
    rest.remove_prefix(end + 1);
  }
  std::string text{kTrades};
  for (auto it = lines.rbegin(); it != lines.rend(); ++it) text += *it;
  const auto read = read_archive(scratch.write("a.csv", text), Interval::M1);
  ASSERT_TRUE(read.has_value()) << read.error().context;
  expect_the_bars_of_the_trades(read.value());
}

TEST(Archive, TradesOfSpotAreInMilliseconds) {
  Scratch scratch;
  const auto read =
      read_archive(scratch.write("a.csv",
                                 "id,timestamp,price,volume,side,rpi\n"
                                 "1,1640995200100,10.5,2,buy,0\n2,1640995259999,10,1,sell,1\n"),
                   Interval::M1);
  ASSERT_TRUE(read.has_value()) << read.error().context;
  ASSERT_EQ(read.value().bars.size(), 1U);
  expect_bar(read.value().bars[0], kYear, "10.5", "10.5", "10", "10", 3);
}

TEST(Archive, BarsForMetaTraderAreOnAClockThreeHoursAhead) {
  Scratch scratch;
  const auto read = read_archive(scratch.write("a.csv",
                                               "2022.01.01 03:00,1,3,0.5,2,10\n"
                                               "2022.01.01 03:15,2,2.5,1.5,2.25,7.5\n"),
                                 Interval::M15);
  ASSERT_TRUE(read.has_value()) << read.error().context;
  EXPECT_EQ(read.value().layout, ArchiveLayout::MetaTrader);
  ASSERT_EQ(read.value().bars.size(), 2U);
  expect_bar(read.value().bars[0], kYear, "1", "3", "0.5", "2", 10);
  expect_bar(read.value().bars[1], kYear + std::chrono::minutes{15}, "2", "2.5", "1.5", "2.25",
             7.5);
}

TEST(Archive, BarsOfAnIndexHaveNoVolume) {
  Scratch scratch;
  const auto read =
      read_archive(scratch.write("a.csv",
                                 "start_at,symbol,period,open,high,low,close\n"
                                 "1640995260,BTCUSD,1,2,2,2,2\n1640995200,BTCUSD,1,1,2,1,2\n"),
                   Interval::M1);
  ASSERT_TRUE(read.has_value()) << read.error().context;
  ASSERT_EQ(read.value().bars.size(), 2U);
  expect_bar(read.value().bars[0], kYear, "1", "2", "1", "2", 0);
}

TEST(Archive, PackedFilesAreTheSame) {
  Scratch scratch;
  const auto plain = scratch.write("a.csv", std::string(kTrades) + std::string(kTradeRows));
  for (const Packing packing : {Packing::Gzip, Packing::Zstd, Packing::None}) {
    const std::filesystem::path packed =
        plain.string() + "-packed" + std::string(ending_of(packing));
    ASSERT_TRUE(pack_file(plain, packed, packing));
    const auto read = read_archive(packed, Interval::M1);
    ASSERT_TRUE(read.has_value()) << read.error().context;
    expect_the_bars_of_the_trades(read.value());
  }
}

struct BadArchiveRow {
  const char* text;
  const char* why;
};

TEST(Archive, BadRowsAreRefusedByFileAndLineOrSetAside) {
  Scratch scratch;
  for (const BadArchiveRow& bad :
       {BadArchiveRow{"1640995201,BTCUSDT,Buy,1\n", ":7: fewer than 5 columns"},
        BadArchiveRow{"yesterday,BTCUSDT,Buy,1,2,x\n", ":7: timestamp: not seconds since 1970"},
        BadArchiveRow{"1640995201,ETHUSDT,Buy,1,2,x\n",
                      ":7: is of ETHUSDT, and the rows before are of BTCUSDT"},
        BadArchiveRow{"1640995201,BTCUSDT,Buy,-1,2,x\n", ":7: size: not a plain number from 0"},
        BadArchiveRow{"1640995201,BTCUSDT,Buy,1,nan,x\n", ":7: price: "},
        BadArchiveRow{"1640995201,BTCUSDT,Buy,1,0,x\n", ":7: price: not above zero"}}) {
    const auto path =
        scratch.write("a.csv", std::string(kTrades) + std::string(kTradeRows) + bad.text);
    const auto refused = read_archive(path, Interval::M1);
    ASSERT_TRUE(refused.has_error()) << bad.text;
    EXPECT_THAT(refused.error().context, HasSubstr(path.string() + bad.why));
    const auto read = read_archive(path, Interval::M1, BadRows::SetAside);
    ASSERT_TRUE(read.has_value()) << bad.text;
    EXPECT_EQ(read.value().set_aside.rows, 1U);
    ASSERT_EQ(read.value().set_aside.first.size(), 1U);
    EXPECT_EQ(read.value().set_aside.first[0], refused.error().context);
    expect_the_bars_of_the_trades(read.value());
  }
}

TEST(Archive, AFileOfAnythingElseIsRefusedWithTheLayoutsThereAre) {
  Scratch scratch;
  const auto read = read_archive(scratch.write("a.csv", "a,b\n1,2\n"), Interval::M1);
  ASSERT_TRUE(read.has_error());
  EXPECT_THAT(read.error().context, HasSubstr("a.csv:1: \"a,b\" begins no file of the archive"));
}

TEST(KlineReader, SetsRowsAsideWhereThatIsAskedForAndCountsThem) {
  Scratch scratch;
  const std::string header = "start_ms,open,high,low,close,volume,turnover\n";
  const auto path = scratch.write("k.csv", header +
                                               "1640995200000,1,2,1,2,5,\n"
                                               "1640995260000,1,2,1\n"
                                               "1640995200000,1,2,1,2,5,\n"
                                               "1640995320000,9,1,8,9,5,\n"
                                               "1640995380000,2,2,2,2,0,\n");
  auto refusing = KlineReader::open(path, InstrumentId{}, Interval::M1).value();
  ASSERT_TRUE(refusing.next().has_value());
  EXPECT_THAT(refusing.next().error().context, HasSubstr("k.csv:3: not 7 columns"));
  auto reader = KlineReader::open(path, InstrumentId{}, Interval::M1, BadRows::SetAside).value();
  std::size_t bars = 0;
  while (true) {
    const auto bar = reader.next();
    ASSERT_TRUE(bar.has_value()) << bar.error().context;
    if (!bar.value()) break;
    ++bars;
  }
  EXPECT_EQ(bars, 2U);
  EXPECT_EQ(reader.set_aside().rows, 3U);
  EXPECT_THAT(reader.set_aside().first[1], HasSubstr("k.csv:4: the bar of"));
  EXPECT_THAT(reader.set_aside().first[2], HasSubstr("k.csv:5: cannot be a bar"));
}

}  // namespace
}  // namespace proteus::klines
