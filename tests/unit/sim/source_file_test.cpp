#include <fmt/format.h>

#include "connectors/sim/file_source.hpp"
#include "engine/market/instruments.hpp"
#include "tests/unit/klines/scratch.hpp"

namespace proteus::sim {
namespace {

using namespace literals;
using klines::Scratch;
using std::chrono::hours;
using std::chrono::minutes;

constexpr std::string_view kHead = "start_ms,open,high,low,close,volume,turnover\n";
const Timestamp kFileStart = parse_time("2025-05-29T16:00Z").value();
const InstrumentName kBtc{Category::Linear, "BTCUSDT"};
const InstrumentName kNew{Category::Linear, "NEWUSDT"};
const InstrumentId kFirst{0};

/// Bars that open at these minutes after kFileStart, all at `price`.
std::string rows(const std::vector<int>& at, std::string_view price = "100.5") {
  std::string text{kHead};
  for (const int m : at)
    text += fmt::format("{},{},{},{},{},{},\n", to_unix_ms(kFileStart + minutes{m}), price, price,
                        price, price, m + 0.25);
  return text;
}

Error refusal(const std::vector<KlineInput>& inputs) {
  auto source = FileSource::open(inputs);
  EXPECT_FALSE(source.has_value());
  return source ? Error{} : source.error();
}

TEST(FileSource, GivesEachRowByItsTimeInAnyOrderAndNothingBetween) {
  const Scratch scratch;
  const auto path = scratch.write("bybit-linear_BTCUSDT_1m.csv.gz", klines::gzip(rows({0, 1, 5})));
  auto source = FileSource::open({{kBtc, path}}).value();
  const auto volume = [&](int m) {
    const std::optional<Bar> bar = source.bar(kFirst, kFileStart + minutes{m});
    return bar ? bar->volume : -1.0;
  };
  EXPECT_EQ(volume(5), 5.25);
  EXPECT_EQ(volume(0), 0.25);
  EXPECT_EQ(volume(1), 1.25);
  for (const int hole : {-1, 2, 4, 6, 1000}) EXPECT_EQ(volume(hole), -1.0) << hole;
  EXPECT_FALSE(source.bar(kFirst, kFileStart + std::chrono::seconds{30}).has_value());
  const Bar bar = source.bar(kFirst, kFileStart).value();
  EXPECT_EQ(bar.close_time, kFileStart + minutes{1});
  EXPECT_EQ(bar.close, "100.5"_px);
  EXPECT_EQ(source.regime(kFirst, kFileStart), "");
}

TEST(FileSource, SpansAllItsInstruments) {
  const Scratch scratch;
  const auto a = scratch.write("bybit-linear_BTCUSDT_1m.csv", rows({3, 4}));
  const auto b = scratch.write("bybit-linear_ETHUSDT_1m.csv", rows({1, 2}));
  auto source = FileSource::open({{kBtc, a}, {{Category::Linear, "ETHUSDT"}, b}}).value();
  EXPECT_EQ(source.first(), kFileStart + minutes{1});
  EXPECT_EQ(source.end(), kFileStart + minutes{5});
  EXPECT_EQ(source.base_interval(), Interval::M1);
  ASSERT_EQ(source.instruments().size(), 2u);
  EXPECT_EQ(source.instruments()[1].name(), "linear:ETHUSDT");
  EXPECT_EQ(source.instruments()[1].id, InstrumentId{1});
  EXPECT_FALSE(source.bar(InstrumentId{1}, kFileStart + minutes{3}).has_value());
}

TEST(FileSource, KnowsFundingWhereAFileTells) {
  const Scratch scratch;
  const auto path = scratch.write("bybit-linear_BTCUSDT_1m.csv", rows({0}));
  const auto funding = scratch.write(
      "f.csv", fmt::format("time_ms,rate\n{},-0.0002\n", to_unix_ms(kFileStart + hours{8})));
  auto source = FileSource::open({{kBtc, path, funding}}).value();
  EXPECT_EQ(source.funding_rate_e9(kFirst, kFileStart + hours{8}), -200'000);
  EXPECT_EQ(source.funding_rate_e9(kFirst, kFileStart + hours{16}), std::nullopt);
  auto without = FileSource::open({{kBtc, path}}).value();
  EXPECT_EQ(without.funding_rate_e9(kFirst, kFileStart + hours{8}), std::nullopt);
}

TEST(FileSource, DescribesAWellKnownInstrumentFromTheTable) {
  const Scratch scratch;
  const auto path = scratch.write("bybit-linear_BTCUSDT_1m.csv", rows({0}, "100"));
  const auto source = FileSource::open({{kBtc, path}}).value();
  EXPECT_EQ(source.instruments()[0].tick_size, "0.1"_px);
  EXPECT_EQ(source.instruments()[0].lot_step, "0.001"_qty);
  EXPECT_TRUE(source.notes().empty());
}

TEST(FileSource, RefinesTheTickOfTheTableWherePricesAreFinerAndSaysSo) {
  const Scratch scratch;
  const auto path = scratch.write("bybit-linear_BTCUSDT_1m.csv", rows({0}, "100.25"));
  const auto source = FileSource::open({{kBtc, path}}).value();
  EXPECT_EQ(source.instruments()[0].tick_size, "0.01"_px);
  ASSERT_EQ(source.notes().size(), 1u);
  EXPECT_NE(source.notes()[0].find("finer than the usual tick 0.1"), std::string::npos);
}

TEST(FileSource, DerivesTheStepsOfAnInstrumentThatNoTableKnows) {
  const Scratch scratch;
  const auto path = scratch.write("bybit-linear_NEWUSDT_1m.csv", rows({0}, "0.0125"));
  const auto source = FileSource::open({{kNew, path}}).value();
  EXPECT_EQ(source.instruments()[0].tick_size, "0.0001"_px);
  EXPECT_EQ(source.instruments()[0].lot_step, "0.01"_qty);
  EXPECT_EQ(source.notes().size(), 1u);
}

TEST(FileSource, TakesAGivenDescriptionAndRefusesOneThatPricesContradict) {
  const Scratch scratch;
  const auto path = scratch.write("bybit-linear_NEWUSDT_1m.csv", rows({0}, "100.5"));
  Instrument given = market::known_instrument(kBtc)->description;
  given.tick_size = "0.5"_px;
  const auto source = FileSource::open({{.name = kNew, .klines = path, .description = given}});
  ASSERT_TRUE(source.has_value()) << source.error().context;
  EXPECT_EQ(source.value().instruments()[0].tick_size, "0.5"_px);
  EXPECT_EQ(source.value().instruments()[0].name(), "linear:NEWUSDT");
  given.tick_size = "1"_px;
  const Error why = refusal({{.name = kNew, .klines = path, .description = given}});
  EXPECT_NE(why.context.find("100.5 at 2025-05-29T16:00:00.000Z is not on the tick 1"),
            std::string::npos)
      << why.context;
}

TEST(FileSource, TakesInstrumentAndIntervalFromTheNameOfTheFile) {
  const KlineInput input = FileSource::input_named("data/bybit-spot_ETHUSDT_5m.csv.gz").value();
  EXPECT_EQ(input.name, (InstrumentName{Category::Spot, "ETHUSDT"}));
  EXPECT_EQ(input.interval, Interval::M5);
  EXPECT_FALSE(FileSource::input_named("data/eth.csv").has_value());
}

TEST(FileSource, RefusesWhatCannotBeOneMarket) {
  const Scratch scratch;
  const auto a = scratch.write("bybit-linear_BTCUSDT_1m.csv", rows({0}));
  const auto b = scratch.write("bybit-linear_ETHUSDT_5m.csv", rows({0}));
  const auto none = scratch.write("bybit-linear_SOLUSDT_1m.csv", kHead);
  const auto nameless = scratch.write("eth.csv", rows({0}));
  const InstrumentName eth{Category::Linear, "ETHUSDT"};
  EXPECT_NE(refusal({}).context.find("at least one"), std::string::npos);
  EXPECT_NE(refusal({{kBtc, a}, {eth, b}}).context.find("needs one interval"), std::string::npos);
  EXPECT_NE(refusal({{kBtc, a}, {kBtc, a}}).context.find("listed twice"), std::string::npos);
  EXPECT_NE(refusal({{kBtc, none}}).context.find("has no rows"), std::string::npos);
  EXPECT_NE(refusal({{eth, nameless}}).context.find("does not say the interval"),
            std::string::npos);
  EXPECT_TRUE(
      FileSource::open({{.name = eth, .klines = nameless, .interval = Interval::M1}}).has_value());
  EXPECT_EQ(refusal({{kBtc, scratch.folder() / "bybit-linear_BTCUSDT_1m.csv.gz"}}).code,
            ErrorCode::NotFound);
}

TEST(FileSource, FindsKlinesAndFundingInFolders) {
  const Scratch scratch;
  scratch.write("bybit-linear_BTCUSDT_1m.csv.gz", klines::gzip(rows({0})));
  scratch.write("bybit-spot_BTCUSDT_1m.csv", rows({0}));
  scratch.write("bybit-linear_BTCUSDT_funding.csv.gz",
                klines::gzip(fmt::format("time_ms,rate\n{},0.0003\n", to_unix_ms(kFileStart))));
  auto source =
      FileSource::open_folder(scratch.folder(), "bybit", {{Category::Spot, "BTCUSDT"}, kBtc},
                              Interval::M1, scratch.folder())
          .value();
  EXPECT_EQ(source.instruments()[1].name(), "linear:BTCUSDT");
  EXPECT_EQ(source.funding_rate_e9(InstrumentId{1}, kFileStart), 300'000);
  EXPECT_EQ(source.funding_rate_e9(InstrumentId{0}, kFileStart), std::nullopt);
  EXPECT_EQ(FileSource::open_folder(scratch.folder(), "bybit", {kNew}, Interval::M1).error().code,
            ErrorCode::NotFound);
}

// Over the recorded data, where it lies beside the project.
TEST(FileSourceOnRecordedData, HasEveryPriceOnTheTicksOfTheTable) {
  const auto folder = klines::data_folder();
  if (folder.empty()) GTEST_SKIP() << "no recorded market data; set PROTEUS_DATA_DIR";
  const std::vector<InstrumentName> names = {kBtc,
                                             {Category::Linear, "ETHUSDT"},
                                             {Category::Linear, "SOLUSDT"},
                                             {Category::Linear, "ADAUSDT"},
                                             {Category::Linear, "DOGEUSDT"},
                                             {Category::Linear, "DOTUSDT"}};
  auto source =
      FileSource::open_folder(folder / "klines", "bybit", names, Interval::M1, folder / "funding");
  ASSERT_TRUE(source.has_value()) << source.error().context;
  EXPECT_TRUE(source.value().notes().empty()) << source.value().notes()[0];
  const Price ticks[] = {"0.1"_px, "0.01"_px, "0.01"_px, "0.0001"_px, "0.00001"_px, "0.0001"_px};
  std::array<std::size_t, 6> bars{};
  for (std::uint32_t i = 0; i < 6; ++i) {
    EXPECT_EQ(source.value().instruments()[i].tick_size, ticks[i]);
    for (Timestamp t = source.value().first(); t < *source.value().end(); t += minutes{1}) {
      const std::optional<Bar> bar = source.value().bar(InstrumentId{i}, t);
      if (!bar) continue;
      ++bars[i];
      for (const Price p : {bar->open, bar->high, bar->low, bar->close})
        ASSERT_EQ(p.raw() % ticks[i].raw(), 0) << names[i].symbol << " " << format_time(t);
    }
  }
  EXPECT_EQ(bars[0], 44613u);
  EXPECT_EQ(bars[1], 44612u);
  EXPECT_EQ(bars[2], 44614u);
  EXPECT_TRUE(source.value().funding_rate_e9(kFirst, parse_time("2025-06-01").value()).has_value());
}

}  // namespace
}  // namespace proteus::sim
