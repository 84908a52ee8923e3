#include "connectors/klines/kline_reader.hpp"

#include <fmt/format.h>

#include "tests/unit/klines/scratch.hpp"

namespace proteus::klines {
namespace {

using namespace literals;

constexpr std::string_view kHead = "start_ms,open,high,low,close,volume,turnover\n";
// 1748538300000 = 2025-05-29T17:05:00Z.
constexpr std::string_view kTwoRows =
    "1748538300000,106631.1,106702.6,106616.3,106688.4,61.385,6547000.25\n"
    "1748538360000,106688.4,106702.6,106567.0,106580.4,41.76,\n";

std::string file(std::string_view rows) { return std::string(kHead) + std::string(rows); }

std::vector<Bar> read_all(const std::filesystem::path& path) {
  auto bars = read_klines(path, InstrumentId{3}, Interval::M1);
  EXPECT_TRUE(bars.has_value()) << (bars ? "" : bars.error().context);
  return bars ? std::move(bars).value() : std::vector<Bar>{};
}

/// The error that reading `bytes` ends in.
Error refusal(const Scratch& scratch, std::string_view bytes, Interval interval = Interval::M1) {
  const auto bars = read_klines(scratch.write("bad.csv", bytes), InstrumentId{0}, interval);
  EXPECT_FALSE(bars.has_value()) << "was read: " << bytes;
  return bars ? Error{} : bars.error();
}

TEST(KlineReader, ReadsEveryFieldExactly) {
  const Scratch scratch;
  const std::vector<Bar> bars = read_all(scratch.write("a.csv", file(kTwoRows)));
  ASSERT_EQ(bars.size(), 2u);
  EXPECT_EQ(bars[0].instrument, InstrumentId{3});
  EXPECT_EQ(bars[0].interval, Interval::M1);
  EXPECT_EQ(format_time(bars[0].open_time), "2025-05-29T17:05:00.000Z");
  EXPECT_EQ(format_time(bars[0].close_time), "2025-05-29T17:06:00.000Z");
  EXPECT_EQ(bars[0].open, "106631.1"_px);
  EXPECT_EQ(bars[0].high, "106702.6"_px);
  EXPECT_EQ(bars[0].low, "106616.3"_px);
  EXPECT_EQ(bars[0].close, "106688.4"_px);
  EXPECT_EQ(bars[0].volume, 61.385);
  EXPECT_EQ(bars[0].turnover, 6547000.25);
}

TEST(KlineReader, TakesAnEmptyTurnoverForZero) {
  const Scratch scratch;
  EXPECT_EQ(read_all(scratch.write("a.csv", file(kTwoRows))).at(1).turnover, 0.0);
}

TEST(KlineReader, ReadsCarriageReturnsAndALastLineWithoutEnd) {
  const Scratch scratch;
  std::string text = file(kTwoRows);
  for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos; at += 2)
    text.insert(at, 1, '\r');
  text.resize(text.size() - 2);
  EXPECT_EQ(read_all(scratch.write("a.csv", text)).size(), 2u);
}

TEST(KlineReader, KnowsThePackingByTheBytesNotTheName) {
  const Scratch scratch;
  EXPECT_EQ(read_all(scratch.write("a.csv", gzip(file(kTwoRows)))).size(), 2u);
  EXPECT_EQ(read_all(scratch.write("b.csv.gz", zstd(file(kTwoRows)))).size(), 2u);
  EXPECT_EQ(read_all(scratch.write("c.csv.zst", file(kTwoRows))).size(), 2u);
}

TEST(KlineReader, ReadsSeveralPackedPartsAsOneFile) {
  const Scratch scratch;
  EXPECT_EQ(read_all(scratch.write("a.gz", gzip(kHead) + gzip(kTwoRows))).size(), 2u);
  EXPECT_EQ(read_all(scratch.write("a.zst", zstd(kHead) + zstd(kTwoRows))).size(), 2u);
}

/// More than the buffers hold, so that lines, chunks and unpacked blocks end at different places.
std::string long_file(int rows) {
  std::string text{kHead};
  for (int i = 0; i < rows; ++i)
    text += fmt::format("{},{}.5,{}.5,{}.5,{}.5,{},\n", 1748538300000 + 60000LL * i, 100 + i % 7,
                        110 + i % 7, 90 + i % 7, 100 + i % 11 % 7, i % 1000);
  return text;
}

TEST(KlineReader, GivesTheSameRowsPlainAndPackedOverManyChunks) {
  const Scratch scratch;
  const std::string text = long_file(30'000);
  const std::vector<Bar> plain = read_all(scratch.write("a.csv", text));
  ASSERT_EQ(plain.size(), 30'000u);
  const std::vector<Bar> gz = read_all(scratch.write("a.csv.gz", gzip(text)));
  const std::vector<Bar> zst = read_all(scratch.write("a.csv.zst", zstd(text)));
  ASSERT_EQ(gz.size(), plain.size());
  ASSERT_EQ(zst.size(), plain.size());
  for (std::size_t i = 0; i < plain.size(); ++i) {
    ASSERT_EQ(plain[i].open_time, from_unix_ms(1748538300000 + 60000LL * static_cast<int>(i)));
    ASSERT_EQ(gz[i].close, plain[i].close);
    ASSERT_EQ(zst[i].close, plain[i].close);
    ASSERT_EQ(zst[i].volume, static_cast<double>(i % 1000));
  }
}

TEST(KlineReader, RefusesPackedDataThatEndsEarly) {
  const Scratch scratch;
  const std::string text = long_file(5'000);
  for (const std::string& packed : {gzip(text), zstd(text)})
    for (const std::size_t lost : {std::size_t{1}, std::size_t{9}, packed.size() / 2}) {
      const Error why = refusal(scratch, packed.substr(0, packed.size() - lost));
      EXPECT_EQ(why.code, ErrorCode::Corrupt) << lost;
      EXPECT_NE(why.context.find("ends too early"), std::string::npos) << why.context;
    }
}

TEST(KlineReader, RefusesDamagedPackedData) {
  const Scratch scratch;
  std::string packed = gzip(long_file(5'000));
  packed[packed.size() / 2] = static_cast<char>(~packed[packed.size() / 2]);
  EXPECT_EQ(refusal(scratch, packed).code, ErrorCode::Corrupt);
}

TEST(KlineReader, RefusesAMissingFileAFolderAndAnEmptyFile) {
  const Scratch scratch;
  const auto absent =
      KlineReader::open(scratch.folder() / "absent.csv", InstrumentId{0}, Interval::M1);
  EXPECT_EQ(absent.error().code, ErrorCode::NotFound);
  EXPECT_NE(absent.error().context.find("absent.csv"), std::string::npos);
  EXPECT_EQ(KlineReader::open(scratch.folder(), InstrumentId{0}, Interval::M1).error().code,
            ErrorCode::Io);
  EXPECT_NE(refusal(scratch, "").context.find("the file is empty"), std::string::npos);
  EXPECT_NE(refusal(scratch, gzip("")).context.find("the file is empty"), std::string::npos);
}

TEST(KlineReader, AcceptsAFileWithAHeaderAndNoRows) {
  const Scratch scratch;
  EXPECT_TRUE(read_all(scratch.write("a.csv", kHead)).empty());
}

TEST(KlineReader, RefusesAnotherHeader) {
  const Scratch scratch;
  for (const std::string header :
       {"start_ms,open,high,low,close,volume\n", "date,open,high,low,close,volume,turnover\n",
        "start_ms,open,low,high,close,volume,turnover\n", "\n"}) {
    const Error why = refusal(scratch, header + std::string(kTwoRows));
    EXPECT_EQ(why.code, ErrorCode::Malformed);
    EXPECT_NE(why.context.find("bad.csv:1: the header is"), std::string::npos) << why.context;
  }
}

TEST(KlineReader, ShowsNoControlLettersOfAFileOfAnything) {
  const Scratch scratch;
  const Error why = refusal(scratch, "\x1b[31m\x07\xff" + std::string(kTwoRows));
  EXPECT_NE(why.context.find("\"?[31m??"), std::string::npos) << why.context;
}

struct BadRow {
  const char* row;
  ErrorCode code;
  const char* says;
};

TEST(KlineReader, NamesTheLineAndTheReasonOfEveryBadRow) {
  const Scratch scratch;
  constexpr ErrorCode kBad = ErrorCode::Malformed;
  const BadRow rows[] = {
      {"", kBad, "not 7 columns"},
      {"1748538420000,1,1,1,1,1", kBad, "not 7 columns"},
      {"1748538420000,1,1,1,1,1,,", kBad, "not 7 columns"},
      {"x,1,1,1,1,1,", kBad, "start_ms: not milliseconds"},
      {"-60000,1,1,1,1,1,", kBad, "start_ms: not milliseconds"},
      {"99999999999999999,1,1,1,1,1,", kBad, "start_ms: not milliseconds"},
      {"1748538420000.5,1,1,1,1,1,", kBad, "start_ms: not milliseconds"},
      {"1748538420001,1,1,1,1,1,", kBad, "no opening time of a 1m bar"},
      {"1748538420000,,1,1,1,1,", kBad, "open: not a decimal"},
      {"1748538420000,1,nan,1,1,1,", kBad, "high: not a decimal"},
      {"1748538420000,1,1,1e0,1,1,", kBad, "low: not a decimal"},
      {"1748538420000,1,1,1, 1,1,", kBad, "close: not a decimal"},
      {"1748538420000,1,1,1,1.0000000001,1,", ErrorCode::OutOfRange, "more than nine decimals"},
      {"1748538420000,1,99999999999,1,1,1,", ErrorCode::OutOfRange, "too large"},
      {"1748538420000,1,1,1,1,,", kBad, "volume: not a plain decimal"},
      {"1748538420000,1,1,1,1,-1,", kBad, "volume: not a plain decimal"},
      {"1748538420000,1,1,1,1,1e3,", kBad, "volume: not a plain decimal"},
      {"1748538420000,1,1,1,1,inf,", kBad, "volume: not a plain decimal"},
      {"1748538420000,1,1,1,1,1,x", kBad, "turnover: neither empty nor"},
      {"1748538420000,0,1,0,1,1,", kBad, "a price is zero or negative"},
      {"1748538420000,-1,1,-1,1,1,", kBad, "a price is zero or negative"},
      {"1748538420000,1,1,2,1,1,", kBad, "high is below low"},
      {"1748538420000,3,2,1,1,1,", kBad, "open lies outside"},
      {"1748538420000,1,2,1,3,1,", kBad, "close lies outside"},
      {"1748538360000,1,1,1,1,1,", kBad, "2025-05-29T17:06:00.000Z stands here a second time"},
      {"1748538300000,1,1,1,1,1,", kBad, "comes after that of 2025-05-29T17:06:00.000Z; sort"},
  };
  for (const BadRow& bad : rows) {
    const Error why = refusal(scratch, file(kTwoRows) + bad.row + "\n" + "and more\n");
    EXPECT_EQ(why.code, bad.code) << bad.row;
    EXPECT_NE(why.context.find("bad.csv:4: "), std::string::npos) << why.context;
    EXPECT_NE(why.context.find(bad.says), std::string::npos) << why.context;
  }
}

TEST(KlineReader, RefusesALineThatNeverEnds) {
  const Scratch scratch;
  EXPECT_NE(refusal(scratch, file(std::string(300'000, '1'))).context.find("more than 4096 bytes"),
            std::string::npos);
}

TEST(KlineReader, KeepsToTheGridOfTheIntervalAsked) {
  const Scratch scratch;
  // 17:05 opens a five-minute bar, 17:06 does not.
  const Error why = refusal(scratch, file(kTwoRows), Interval::M5);
  EXPECT_NE(why.context.find("bad.csv:3: "), std::string::npos) << why.context;
  EXPECT_NE(why.context.find("no opening time of a 5m bar"), std::string::npos) << why.context;
}

TEST(KlineReader, LeavesHolesAsTheyAre) {
  const Scratch scratch;
  const std::vector<Bar> bars = read_all(
      scratch.write("a.csv", file("1748538300000,1,1,1,1,0,\n1748538900000,1,1,1,1,0,\n")));
  ASSERT_EQ(bars.size(), 2u);
  EXPECT_EQ(bars[1].open_time - bars[0].open_time, std::chrono::minutes{10});
}

TEST(KlineReader, GivesTheRowsBeforeABadOneAndThenTheSameErrorAgain) {
  const Scratch scratch;
  auto reader =
      KlineReader::open(scratch.write("a.csv", file(kTwoRows) + "x\n" + std::string(kTwoRows)),
                        InstrumentId{0}, Interval::M1)
          .value();
  EXPECT_TRUE(reader.next().value().has_value());
  EXPECT_TRUE(reader.next().value().has_value());
  const std::string first = reader.next().error().context;
  EXPECT_EQ(reader.next().error().context, first);
}

TEST(KlineReader, SaysTheEndAgainWhenAskedAgain) {
  const Scratch scratch;
  auto reader =
      KlineReader::open(scratch.write("a.csv", kHead), InstrumentId{0}, Interval::M1).value();
  EXPECT_FALSE(reader.next().value().has_value());
  EXPECT_FALSE(reader.next().value().has_value());
}

}  // namespace
}  // namespace proteus::klines
