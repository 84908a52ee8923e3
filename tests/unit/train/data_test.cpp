#include "tools/train/data.hpp"

#include "connectors/klines/yahoo_reader.hpp"
#include "tests/unit/train/support.hpp"

namespace proteus::app::train {
namespace {

using test::Folder;
using test::kFirst;
using test::write_bars;
using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr const char* kName = "bybit-linear_BTCUSDT_1h.csv";

DataSettings settings(std::vector<std::string> files) {
  DataSettings s;
  s.files = std::move(files);
  s.features = features::Kind::Chapter;
  s.bars_min = 100;
  return s;
}
Timestamp hour(int i) { return kFirst + std::chrono::hours{i}; }

TEST(TrainingData, IsTheFilesBarsWithTheInstrumentsRules) {
  const Folder folder;
  const auto loaded = load_data(settings({write_bars(folder, kName, 300)}), {});
  ASSERT_TRUE(loaded.has_value()) << loaded.error().context;
  ASSERT_EQ(loaded.value().data.series.size(), 1U);
  const training::Series& series = *loaded.value().data.series[0];
  EXPECT_EQ(series.size(), 300U);
  EXPECT_EQ(series.name(), kName);
  EXPECT_EQ(series.bars()[8].open, Price::from_raw(50'010 * kFixedScale));
  // As the table of well-known instruments has it, not as the rows look.
  EXPECT_EQ(series.instrument().tick_size.to_string(), "0.1");
  EXPECT_EQ(series.instrument().name(), "linear:BTCUSDT");
}

TEST(TrainingData, IsCutWhereBarsAreMissing) {
  const Folder folder;
  const auto file = write_bars(folder, kName, 400, {150, 151, 180});
  const auto loaded = load_data(settings({file}), {}).value();
  // 150 bars, 28 that are too few, 219.
  ASSERT_EQ(loaded.data.series.size(), 2U);
  EXPECT_EQ(loaded.data.series[0]->size(), 150U);
  EXPECT_EQ(loaded.data.series[1]->size(), 219U);
  EXPECT_EQ(loaded.data.series[1]->bars()[0].open_time, hour(181));
  ASSERT_EQ(loaded.notes.size(), 1U);
  EXPECT_THAT(loaded.notes[0], HasSubstr("2 holes; 28 of 397 bars"));
}

// A stock's days as they come from Yahoo, 150 five-day weeks of them, from their file to a series.
TEST(TrainingData, OfAStockIsOneSeriesOverItsWeekends) {
  const Folder folder;
  std::string text = "Date,Open,High,Low,Close,Adj Close,Volume\n";
  for (int day = 0; day < 150 * 7; ++day) {
    const Timestamp open = kFirst + std::chrono::hours{24 * (day + 5)};  // from a Monday on
    if (day % 7 >= 5) continue;
    const double close = 100.0 + day % 9;
    text += fmt::format("{},{},{},{},{},{},1000\n", format_time(open).substr(0, 10), close,
                        close + 1.0, close - 1.0, close, close / 2.0);
  }
  std::ofstream(folder / "AAPL.csv") << text;
  const auto read = klines::read_yahoo(folder / "AAPL.csv", {}).value();
  ASSERT_EQ(read.gap, std::chrono::hours{48});
  const std::string file = folder / "yahoo-spot_AAPL_1d.csv";
  std::ofstream(file) << klines::kline_text(read.bars);
  DataSettings stock = settings({file});
  EXPECT_THAT(load_data(stock, {}).error().context, HasSubstr("set data.gap_max"));
  stock.gap_max = read.gap;
  const auto loaded = load_data(stock, {});
  ASSERT_TRUE(loaded.has_value()) << loaded.error().context;
  ASSERT_EQ(loaded.value().data.series.size(), 1U);
  const training::Series& series = *loaded.value().data.series[0];
  EXPECT_EQ(series.size(), 750U);
  EXPECT_EQ(series.instrument().name(), "spot:AAPL");
  EXPECT_EQ(series.bars()[1].close.to_string(), "50.5");  // 101, adjusted by a half
  EXPECT_NEAR(series.bars_a_year(), 750.0 * 365.0 / 1048.0, 1e-9);
}

TEST(TrainingData, OfTooManyHolesIsRefusedWithTheLongestStretch) {
  const Folder folder;
  std::vector<int> missing;
  for (int i = 60; i < 300; i += 60) missing.push_back(i);
  const auto file = write_bars(folder, kName, 300, missing);
  const auto loaded = load_data(settings({file}), {});
  ASSERT_TRUE(loaded.has_error());
  EXPECT_THAT(loaded.error().context,
              AllOf(HasSubstr(file), HasSubstr("4 holes"), HasSubstr("has 60 bars"),
                    HasSubstr("2025-01-01T00:00:00.000Z to 2025-01-03T12:00:00.000Z"),
                    HasSubstr("data.bars_min asks for 100")));
}

TEST(TrainingData, WithoutRowsIsRefusedByName) {
  const Folder folder;
  const auto loaded = load_data(settings({write_bars(folder, kName, 0)}), {});
  ASSERT_TRUE(loaded.has_error());
  EXPECT_THAT(loaded.error().context, AllOf(HasSubstr(kName), HasSubstr("no rows")));
}

TEST(TrainingData, ThatIsNotThereIsRefusedByName) {
  const auto loaded = load_data(settings({"bybit-linear_ETHUSDT_1h.csv"}), {});
  ASSERT_TRUE(loaded.has_error());
  EXPECT_EQ(loaded.error().code, ErrorCode::NotFound);
  EXPECT_THAT(loaded.error().context, HasSubstr("bybit-linear_ETHUSDT_1h.csv"));
}

TEST(TrainingData, OutsideOfThePeriodIsRefusedWithBothRanges) {
  const Folder folder;
  const auto file = write_bars(folder, kName, 300);
  const auto loaded = load_data(settings({file}), {{hour(1000), hour(2000)}, {}});
  ASSERT_TRUE(loaded.has_error());
  EXPECT_THAT(loaded.error().context,
              AllOf(HasSubstr(file), HasSubstr("2025-01-01T00:00:00.000Z to 2025-01-13T12"),
                    HasSubstr("2025-02-11T16:00:00.000Z to 2025-03-25T08")));
}

TEST(TrainingData, AfterTheLastPeriodIsNotRead) {
  const Folder folder;
  const auto file = write_bars(folder, kName, 400);
  const auto loaded =
      load_data(settings({file}), {{std::nullopt, hour(200)}, {hour(220), hour(300)}}).value();
  EXPECT_EQ(loaded.data.series[0]->size(), 300U);
}

TEST(TrainingData, WithoutValidationBarsIsRefused) {
  const Folder folder;
  const auto file = write_bars(folder, kName, 300);
  const auto loaded = load_data(settings({file}), {{std::nullopt, hour(200)}, {hour(900), {}}});
  ASSERT_TRUE(loaded.has_error());
  EXPECT_THAT(loaded.error().context, HasSubstr("the period of validation"));
}

TEST(TrainingData, OfAFolderIsWhatThePatternChooses) {
  const Folder folder;
  write_bars(folder, "bybit-linear_ETHUSDT_1h.csv", 300);
  write_bars(folder, "bybit-linear_BTCUSDT_1h.csv", 300);
  write_bars(folder, "bybit-spot_BTCUSDT_1h.csv", 300);
  DataSettings s = settings({});
  s.folder = folder.path();
  s.pattern = "bybit-linear_*_1h.csv";
  const auto loaded = load_data(s, {}).value();
  ASSERT_EQ(loaded.data.series.size(), 2U);
  EXPECT_EQ(loaded.data.series[0]->name(), "bybit-linear_BTCUSDT_1h.csv");
  s.pattern = "okx*";
  const auto none = load_data(s, {});
  ASSERT_TRUE(none.has_error());
  EXPECT_THAT(none.error().context, AllOf(HasSubstr("okx*"), HasSubstr(folder.path())));
}

TEST(TrainingData, OfAFolderThatIsUnfitIsLeftOutWithANote) {
  const Folder folder;
  write_bars(folder, "bybit-linear_ETHUSDT_1h.csv", 50);
  write_bars(folder, "bybit-linear_BTCUSDT_1h.csv", 300);
  DataSettings s = settings({});
  s.folder = folder.path();
  const auto loaded = load_data(s, {}).value();
  EXPECT_EQ(loaded.data.series.size(), 1U);
  ASSERT_EQ(loaded.notes.size(), 1U);
  EXPECT_THAT(loaded.notes[0], AllOf(HasSubstr("ETHUSDT"), HasSubstr("left out")));
  s.pattern = "*ETH*";
  const auto none = load_data(s, {});
  ASSERT_TRUE(none.has_error());
  EXPECT_THAT(none.error().context, HasSubstr("has 50 bars"));
}

TEST(TrainingData, OfAFolderWithALinkThatLeadsNowhereNamesIt) {
  const Folder folder;
  write_bars(folder, "bybit-linear_BTCUSDT_1h.csv", 300);
  const std::string loop = folder / "bybit-linear_ETHUSDT_1h.csv";
  std::filesystem::create_symlink(loop, loop);
  DataSettings s = settings({});
  s.folder = folder.path();
  const auto unknown = load_data(s, {});
  ASSERT_TRUE(unknown.has_error());
  EXPECT_THAT(unknown.error().context, HasSubstr(loop));
  s.pattern = "*BTC*";
  EXPECT_TRUE(load_data(s, {}).has_value());
}

TEST(TrainingData, KnowsItsFunding) {
  const Folder folder;
  std::ofstream(folder / "bybit-linear_BTCUSDT_funding.csv")
      << fmt::format("time_ms,rate\n{},0.0003\n", to_unix_ms(hour(8)));
  DataSettings s = settings({write_bars(folder, kName, 300)});
  s.funding_folder = folder.path();
  const auto known = load_data(s, {}).value();
  const auto due = known.data.series[0]->settlements(7);
  ASSERT_EQ(due.size(), 1U);
  EXPECT_TRUE(due[0].known);
  EXPECT_EQ(due[0].rate_e9, 300'000);
  s.funding_folder.clear();
  const auto assumed = load_data(s, {}).value();
  EXPECT_FALSE(assumed.data.series[0]->settlements(7)[0].known);
  // What is charged is part of what was trained on.
  EXPECT_NE(known.data.hashes[0].hash, assumed.data.hashes[0].hash);
}

TEST(TrainingData, HashesOneSeriesAlikeEachTimeAndAnotherOtherwise) {
  const Folder folder;
  const auto file = write_bars(folder, kName, 300);
  const auto hash = [&](const DataSettings& s) { return load_data(s, {}).value().data.hashes[0]; };
  const DataSettings s = settings({file});
  const auto first = hash(s);
  EXPECT_EQ(first.name, kName);
  EXPECT_EQ(hash(s), first);
  DataSettings other = s;
  other.features = features::Kind::None;
  EXPECT_NE(hash(other).hash, first.hash);
  write_bars(folder, kName, 301);
  EXPECT_NE(hash(s).hash, first.hash);
}

TEST(TrainingData, OfGeneratedMarketsIsOneSeriesASeed) {
  DataSettings s = settings({});
  s.synthetic = {"bull", "clusters"};
  s.synthetic_seeds = 3;
  s.synthetic_bars = 200;
  const auto loaded = load_data(s, {}).value();
  ASSERT_EQ(loaded.data.series.size(), 6U);
  EXPECT_NE(loaded.data.hashes[0].hash, loaded.data.hashes[1].hash);
  EXPECT_EQ(loaded.data.series[5]->size(), 200U);
}

}  // namespace
}  // namespace proteus::app::train
