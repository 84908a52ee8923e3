// `proteus import archive`: pieces of the public archive put together to one kline file.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "connectors/klines/kline_reader.hpp"
#include "connectors/sim/file_source.hpp"
#include "tests/support/folder.hpp"
#include "tools/record/verbs.hpp"

namespace proteus::app {
namespace {

using ::testing::HasSubstr;

class ImportArchive : public ::testing::Test {
 protected:
  std::string file(const std::string& name, std::string_view text) const {
    const std::filesystem::path path = folder_ / name;
    std::ofstream(path, std::ios::binary) << text;
    return path.string();
  }
  int import_files(const std::vector<std::string>& files, bool skip = false) {
    Options options;
    options.files = files;
    options.instrument = "linear:BTCUSDT";
    options.interval = "15m";
    options.out = (folder_ / "out").string();
    options.skip_bad_rows = skip;
    ::testing::internal::CaptureStdout();
    ::testing::internal::CaptureStderr();
    const int code = run_import_archive(options);
    std::fflush(stdout);
    out_ = ::testing::internal::GetCapturedStdout();
    err_ = ::testing::internal::GetCapturedStderr();
    return code;
  }
  test::Folder folder_;
  std::string out_, err_;
};

constexpr std::string_view kJanuary =
    "2022.01.01 03:00,1,3,0.5,2,10\n2022.01.01 03:15,2,2.5,1.5,2.25,7.5\n";
constexpr std::string_view kFebruary =
    "2022.01.01 03:15,2,2.5,1.5,2.25,7.5\n2022.01.01 04:00,2,2,2,2,1\n";

TEST_F(ImportArchive, PutsPiecesTogetherAndTellsWhatIsMissing) {
  ASSERT_EQ(import_files({file("b.csv", kFebruary), file("a.csv", kJanuary)}), kOk) << err_;
  EXPECT_THAT(out_, HasSubstr("3 bars from 2022-01-01T00:00:00.000Z to 2022-01-01T01:15:00.000Z, "
                              "2 missing between them"));
  const auto bars = klines::read_klines(folder_ / "out/bybit-linear_BTCUSDT_15m.csv.gz",
                                        InstrumentId{}, Interval::M15);
  ASSERT_TRUE(bars.has_value()) << bars.error().context;
  ASSERT_EQ(bars.value().size(), 3U);
  EXPECT_EQ(bars.value()[1].close.to_string(), "2.25");
  EXPECT_EQ(import_files({file("a.csv", kJanuary)}), kError) << "it is there already";
}

TEST_F(ImportArchive, RefusesPiecesThatContradictOneAnother) {
  EXPECT_EQ(import_files(
                {file("a.csv", kJanuary), file("b.csv", "2022.01.01 03:15,2,2.5,1.5,2.26,7.5\n")}),
            kError);
  EXPECT_THAT(err_, HasSubstr("the bar of 2022-01-01T00:15:00.000Z is another in "));
}

TEST_F(ImportArchive, RefusesAnotherSymbolAndBadRowsUnlessToldToSetThemAside) {
  EXPECT_EQ(import_files({file(
                "a.csv", "timestamp,symbol,side,size,price,x\n1640995200,ETHUSDT,Buy,1,2,0\n")}),
            kError);
  EXPECT_THAT(err_, HasSubstr("its rows are of ETHUSDT, and --instrument says BTCUSDT"));
  const std::string bad = file("b.csv", std::string(kJanuary) + "2022.01.01 03:16,1,1,1,1,1\n");
  EXPECT_EQ(import_files({bad}), kError);
  EXPECT_THAT(err_, HasSubstr("b.csv:3: 2022-01-01T00:16:00.000Z is no opening time of a 15m bar"));
  EXPECT_EQ(import_files({bad}, true), kOk) << err_;
  EXPECT_THAT(out_, HasSubstr("  set aside: " + bad + ":3: "));
}

TEST_F(ImportArchive, AReplayReadsAFileOfTheArchiveAsItIs) {
  const std::string path = file("bybit-linear_BTCUSDT_15m.csv", kJanuary);
  auto input = sim::FileSource::input_named(path);
  ASSERT_TRUE(input.has_value());
  auto source = sim::FileSource::open({input.value()});
  ASSERT_TRUE(source.has_value()) << source.error().context;
  EXPECT_EQ(format_time(source.value().first()), "2022-01-01T00:00:00.000Z");
  std::ofstream(path, std::ios::app) << "rubbish\n";
  EXPECT_TRUE(sim::FileSource::open({input.value()}).has_error());
  sim::KlineInput lenient = input.value();
  lenient.bad_rows = klines::BadRows::SetAside;
  source = sim::FileSource::open({lenient});
  ASSERT_TRUE(source.has_value()) << source.error().context;
  ASSERT_FALSE(source.value().notes().empty());
  EXPECT_THAT(source.value().notes()[0], HasSubstr("1 rows of bybit-linear_BTCUSDT_15m.csv are set "
                                                   "aside, the first: " +
                                                   path + ":3: "));
}

}  // namespace
}  // namespace proteus::app
