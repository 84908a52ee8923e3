// Over the recorded market data, where it lies beside the project; skipped elsewhere.
#include "connectors/klines/describe.hpp"
#include "connectors/klines/file_name.hpp"
#include "connectors/klines/funding_reader.hpp"
#include "connectors/klines/kline_merge.hpp"
#include "tests/unit/klines/scratch.hpp"

namespace proteus::klines {
namespace {

class RecordedData : public ::testing::Test {
 protected:
  void SetUp() override {
    if (data_folder().empty()) GTEST_SKIP() << "no recorded market data; set PROTEUS_DATA_DIR";
  }
};

struct Counted {
  const char* name;
  std::size_t rows;
  const char* first;
  const char* last;
};

// Counts and times as the table of the data's own README states them.
TEST_F(RecordedData, HasTheRowsItsTableCounts) {
  const Counted files[] = {{"bybit-linear_BTCUSDT_1m.csv.gz", 44613, "2025-05-29T17:05:00.000Z",
                            "2025-06-29T16:37:00.000Z"},
                           {"bybit-linear_ETHUSDT_1m.csv.gz", 44612, "2025-05-29T17:06:00.000Z",
                            "2025-06-29T16:37:00.000Z"},
                           {"bybit-linear_ADAUSDT_1m_sampled.csv.gz", 85200,
                            "2024-09-08T08:59:00.000Z", "2025-06-30T22:43:00.000Z"},
                           {"binance-spot_ETHUSDT_1m_202108.csv.gz", 49999,
                            "2021-08-09T03:00:00.000Z", "2021-09-13T00:48:00.000Z"},
                           {"binance-spot_BTCUSDT_1h.csv.gz", 67523, "2017-08-17T04:00:00.000Z",
                            "2025-05-05T22:00:00.000Z"}};
  for (const Counted& file : files) {
    const auto name = parse_kline_file_name(file.name).value();
    const auto bars =
        read_klines(data_folder() / "klines" / file.name, InstrumentId{0}, name.interval);
    ASSERT_TRUE(bars.has_value()) << bars.error().context;
    EXPECT_EQ(bars.value().size(), file.rows) << file.name;
    EXPECT_EQ(format_time(bars.value().front().open_time), file.first) << file.name;
    EXPECT_EQ(format_time(bars.value().back().open_time), file.last) << file.name;
  }
}

TEST_F(RecordedData, LiesOnTheTicksAndLotsOfItsInstruments) {
  using namespace literals;
  struct Steps {
    const char* file;
    Price tick;
    Quantity lot;
  };
  const Steps all[] = {{"bybit-linear_BTCUSDT_1m.csv.gz", "0.1"_px, "0.001"_qty},
                       {"bybit-linear_ETHUSDT_1m.csv.gz", "0.01"_px, "0.01"_qty},
                       {"bybit-linear_SOLUSDT_1m.csv.gz", "0.01"_px, "0.1"_qty},
                       {"bybit-spot_BTCUSDT_5m.csv.gz", "0.01"_px, "0.000001"_qty}};
  for (const Steps& steps : all) {
    const auto name = parse_kline_file_name(steps.file).value();
    StepFinder found;
    const auto bars =
        read_klines(data_folder() / "klines" / steps.file, InstrumentId{0}, name.interval).value();
    for (const Bar& bar : bars) found.see(bar);
    EXPECT_EQ(found.tick(), steps.tick) << steps.file;
    EXPECT_EQ(found.lot(), steps.lot) << steps.file;
  }
}

TEST_F(RecordedData, HasTheFundingItsTableCounts) {
  const auto rates = read_funding(data_folder() / "funding/bybit-linear_BTCUSDT_funding.csv.gz");
  ASSERT_TRUE(rates.has_value()) << rates.error().context;
  EXPECT_EQ(rates.value().size(), 1739u);
  EXPECT_EQ(format_time(rates.value().front().time), "2023-11-29T08:00:00.000Z");
}

TEST_F(RecordedData, MergesThreeInstrumentsWithoutLosingARow) {
  const std::vector<InstrumentName> names = {
      {Category::Linear, "BTCUSDT"}, {Category::Linear, "ETHUSDT"}, {Category::Linear, "SOLUSDT"}};
  const auto paths =
      find_kline_files(data_folder() / "klines", "bybit", names, Interval::M1).value();
  std::vector<KlineFile> files;
  for (std::uint32_t i = 0; i < 3; ++i) files.push_back({paths[i], InstrumentId{i}, Interval::M1});
  auto merge = KlineMerge::open(files).value();
  std::array<std::size_t, 3> rows{};
  std::pair<Timestamp, std::uint32_t> before{};
  while (true) {
    const std::optional<Bar> bar = merge.next().value();
    if (!bar) break;
    const std::pair now{bar->close_time, bar->instrument.index};
    ASSERT_LT(before, now);
    before = now;
    ++rows[bar->instrument.index];
  }
  EXPECT_EQ(rows, (std::array<std::size_t, 3>{44613, 44612, 44614}));
}

}  // namespace
}  // namespace proteus::klines
