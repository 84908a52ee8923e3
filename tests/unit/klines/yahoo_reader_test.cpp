// Files as Yahoo Finance gives them, with bars worked out by hand.
#include "connectors/klines/yahoo_reader.hpp"

#include <fmt/format.h>

#include "connectors/klines/kline_reader.hpp"
#include "tests/unit/klines/scratch.hpp"

namespace proteus::klines {
namespace {

using namespace literals;
using namespace std::chrono_literals;

constexpr std::string_view kYahooHead = "Date,Open,High,Low,Close,Adj Close,Volume\n";

std::string yahoo(std::string_view rows) { return std::string(kYahooHead) + std::string(rows); }

YahooBars bars_of(std::string_view text, const YahooSettings& settings = {}) {
  const Scratch scratch;
  auto read = read_yahoo(scratch.write("AAPL.csv", text), settings);
  EXPECT_TRUE(read.has_value()) << (read ? "" : read.error().context);
  return read ? std::move(read).value() : YahooBars{};
}

std::string refused(std::string_view text, const YahooSettings& settings = {}) {
  const Scratch scratch;
  const auto path = scratch.write("AAPL.csv", text);
  const auto read = read_yahoo(path, settings);
  EXPECT_FALSE(read.has_value()) << "was read: " << text;
  return read ? "" : read.error().context.substr(path.string().size());
}

// A Thursday and a Friday before a split of two for one, and the Monday after it, when a dividend
// of nothing was paid: Adj Close is half of Close before, and Close behind it.
TEST(YahooReader, ScalesPricesByTheAdjustedClose) {
  const YahooBars read =
      bars_of(yahoo("2024-01-04,98.0,104.0,96.0,100.0,50.0,1000\n"
                    "2024-01-05,101,103,100.5,102,51,2000\n"
                    "2024-01-08,51.5,52.25,51,52,52,3000\n"));
  ASSERT_EQ(read.bars.size(), 3U);
  EXPECT_TRUE(read.adjusted);
  const Bar& bar = read.bars[0];
  EXPECT_EQ(bar.open, "49"_px);
  EXPECT_EQ(bar.high, "52"_px);
  EXPECT_EQ(bar.low, "48"_px);
  EXPECT_EQ(bar.close, "50"_px);
  EXPECT_EQ(bar.volume, 1000.0);
  EXPECT_EQ(bar.turnover, 0.0);
  EXPECT_EQ(bar.interval, Interval::D1);
  EXPECT_EQ(format_time(bar.open_time), "2024-01-04T00:00:00.000Z");
  EXPECT_EQ(format_time(bar.close_time), "2024-01-05T00:00:00.000Z");
  EXPECT_EQ(read.bars[1].low, "50.25"_px);
  EXPECT_EQ(read.bars[2].high, "52.25"_px);
  // The weekend is not filled in, and told.
  EXPECT_EQ(read.gaps, 1U);
  EXPECT_EQ(read.gap, 48h);
}

TEST(YahooReader, TakesColumnsInAnyOrderAndTheTitlesOfNewerExports) {
  const YahooBars plain = bars_of("Date,Close,High,Low,Open,Volume\n2024-01-04,3,4,1,2,10\n");
  const YahooBars titled = bars_of(
      "Price,Close,High,Low,Open,Volume\nTicker,AAPL,AAPL,AAPL,AAPL,AAPL\nDate,,,,,\n"
      "2024-01-04,3,4,1,2,10\n");
  const YahooBars history = bars_of(
      "Date,Open,High,Low,Close,Volume,Dividends,Stock Splits\n"
      "2024-01-04 00:00:00-05:00,2.0,4.0,1.0,3.0,10,0.0,0.0\n");
  for (const YahooBars& read : {plain, titled, history}) {
    ASSERT_EQ(read.bars.size(), 1U);
    EXPECT_FALSE(read.adjusted);
    EXPECT_EQ(format_time(read.bars[0].open_time), "2024-01-04T00:00:00.000Z");
    EXPECT_EQ(read.bars[0].open, "2"_px);
    EXPECT_EQ(read.bars[0].high, "4"_px);
    EXPECT_EQ(read.bars[0].low, "1"_px);
    EXPECT_EQ(read.bars[0].close, "3"_px);
  }
  // Prices as a float was printed: to 1e-6.
  EXPECT_EQ(bars_of("Date,Close,High,Low,Open,Volume\n"
                    "2024-01-04,185.40386962890625,185.9,185.1,185.2000001,10\n")
                .bars[0]
                .close,
            "185.40387"_px);
}

TEST(YahooReader, ReadsBarsOfADayPartWithTheirOffset) {
  const YahooBars read = bars_of(
      "Datetime,Open,High,Low,Close,Volume\n"
      "2024-01-04 09:30:00-05:00,2,4,1,3,10\n2024-01-04 10:00:00-05:00,3,4,2,3,10\n",
      {.interval = Interval::M30});
  ASSERT_EQ(read.bars.size(), 2U);
  EXPECT_EQ(format_time(read.bars[0].open_time), "2024-01-04T14:30:00.000Z");
  EXPECT_EQ(read.gaps, 0U);
  EXPECT_NE(refused("Datetime,Open,High,Low,Close,Volume\n2024-01-04 09:30:00-05:00,2,4,1,3,10\n",
                    {.interval = Interval::H1})
                .find(":2: no 1h bar begins at"),
            std::string::npos);
  EXPECT_NE(refused("Datetime,Open,High,Low,Close,Volume\n2024-01-04 09:30:00-05:00,2,4,1,3,10\n")
                .find(":2: no 1d bar begins at"),
            std::string::npos);
}

// 2 000 000 dollars at a close of 40 000 are 50 coins.
TEST(YahooReader, TurnsTheVolumeOfAPairIntoCoins) {
  const YahooBars read = bars_of(yahoo("2024-01-04,40100,41000,39000,40000,40000,2000000\n"),
                                 {.volume_in_quote = true});
  EXPECT_EQ(read.bars.at(0).volume, 50.0);
  EXPECT_EQ(read.bars[0].turnover, 2e6);
}

TEST(YahooReader, WritesWhatTheKlineReaderReadsBack) {
  const YahooBars read = bars_of(yahoo(
      "2024-01-04,98.0,104.0,96.0,100.0,50.0,7421640800\n2024-01-05,101,103,100.5,102,51,0\n"));
  const Scratch scratch;
  const auto back = read_klines(scratch.write("yahoo-spot_AAPL_1d.csv", kline_text(read.bars)),
                                InstrumentId{0}, Interval::D1);
  ASSERT_TRUE(back.has_value()) << back.error().context;
  ASSERT_EQ(back.value().size(), 2U);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(back.value()[i].open_time, read.bars[i].open_time);
    EXPECT_EQ(back.value()[i].open, read.bars[i].open);
    EXPECT_EQ(back.value()[i].close, read.bars[i].close);
    EXPECT_EQ(back.value()[i].volume, read.bars[i].volume);
  }
}

TEST(YahooReader, NamesWhatIsWrongByItsLine) {
  constexpr std::string_view kGood = "2024-01-04,98,104,96,100,50,1000\n";
  struct Case {
    std::string text;
    std::string_view told;
  };
  for (const Case& c : {
           Case{"", ":0: "},
           {"a,b\n", ":1: \"a\" is no column"},
           {"Date,Open,High,Low,Close\n", ":1: the column Volume is missing"},
           {"Date,Open,Open,High,Low,Close,Volume\n", ":1: the column Open is there twice"},
           {std::string(kYahooHead), "there is no row of a bar"},
           {yahoo("2024-01-04,null,null,null,null,null,null\n"), ":2: Open is \"null\""},
           {yahoo("2024-01-04,98,104,96,100,,1000\n"), ":2: Adj Close is \"\""},
           {yahoo("2024-01-04,98,nan,96,100,50,1000\n"), ":2: High is \"nan\""},
           {yahoo("2024-01-04,98,104,-96,100,50,1000\n"), ":2: Low is \"-96\""},
           {yahoo("2024-01-04,98,104,96,0,50,1000\n"), ":2: Close is \"0\""},
           {yahoo("2024-01-04,98,99,96,100,50,1000\n"), ":2: cannot be a bar"},
           {yahoo("2024-01-04,98,95,96,97,50,1000\n"), ":2: cannot be a bar"},
           {yahoo("2024-01-04,98,104,9"), ":2: 4 columns where the first line has 7"},
           {yahoo("04.01.2024,98,104,96,100,50,1000\n"), "is no date such as 2024-01-02"},
           {yahoo("2024-02-30,98,104,96,100,50,1000\n"), "is no date such as 2024-01-02"},
           {yahoo(std::string(kGood) + std::string(kGood)), ":3: 2024-01-04T00:00:00.000Z stands"},
           {yahoo(std::string(kGood) + "2024-01-03,98,104,96,100,50,1\n"), "sort the rows"},
           {"Price,Close,High,Low,Open,Volume\nTicker,A,A,B,A,A\nDate,,,,,\n", ":2: holds A and B"},
       }) {
    const std::string told = refused(c.text);
    EXPECT_NE(told.find(c.told), std::string::npos) << told << "\nis to tell: " << c.told;
  }
}

TEST(YahooReader, LeavesBadRowsOutWhereThatWasAskedFor) {
  const YahooSettings skip{.skip_bad_rows = true};
  const YahooBars read = bars_of(yahoo("2024-01-04,98,104,96,100,50,1000\n"
                                       "2024-01-05,null,null,null,null,null,null\n"
                                       "2024-01-08,98,95,96,97,50,1000\n"
                                       "2024-01-09,98,104,96,100,50,1000\n"),
                                 skip);
  EXPECT_EQ(read.bars.size(), 2U);
  EXPECT_EQ(read.skipped, (std::vector<std::uint64_t>{3, 4}));
  EXPECT_NE(read.first_skipped.find("AAPL.csv:3: Open is \"null\""), std::string::npos);
  EXPECT_EQ(read.gap, 96h);
  // A wrong order is a wrong file, not a bad row.
  EXPECT_NE(refused(yahoo("2024-01-04,98,104,96,100,50,1\n2024-01-03,98,104,96,100,50,1\n"), skip)
                .find("sort the rows"),
            std::string::npos);
}

}  // namespace
}  // namespace proteus::klines
