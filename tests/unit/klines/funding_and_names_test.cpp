#include "connectors/klines/file_name.hpp"
#include "connectors/klines/funding_reader.hpp"
#include "tests/unit/klines/scratch.hpp"

namespace proteus::klines {
namespace {

TEST(FundingReader, ReadsTimesAndExactRates) {
  const Scratch scratch;
  const auto rates = read_funding(scratch.write(
      "f.csv", gzip("time_ms,rate\n1701244800000,0.0001\n1701273600000,-0.00029357\n")));
  ASSERT_TRUE(rates.has_value()) << rates.error().context;
  ASSERT_EQ(rates.value().size(), 2u);
  EXPECT_EQ(rates.value()[0].rate_e9, 100'000);
  EXPECT_EQ(rates.value()[1].rate_e9, -293'570);
  EXPECT_EQ(format_time(rates.value()[1].time), "2023-11-29T16:00:00.000Z");
}

TEST(FundingReader, NamesTheLineOfEveryBadRow) {
  const Scratch scratch;
  const auto says = [&](std::string_view row) {
    const auto rates = read_funding(
        scratch.write("f.csv", "time_ms,rate\n1701244800000,0.0001\n" + std::string(row) + "\n"));
    return rates ? std::string("was read") : rates.error().context;
  };
  EXPECT_NE(says("1701273600000").find("f.csv:3: not two columns"), std::string::npos);
  EXPECT_NE(says("1701273600000,").find("f.csv:3: rate: not a decimal"), std::string::npos);
  EXPECT_NE(says("1701273600000,0.00000000001").find("f.csv:3: rate: more than nine"),
            std::string::npos);
  EXPECT_NE(says("1701273600000,-1.5").find("f.csv:3: rate: -1.5 is beyond"), std::string::npos);
  EXPECT_NE(says("1701244800000,0.1").find("f.csv:3: 2023-11-29T08:00:00.000Z does not come after"),
            std::string::npos);
  EXPECT_NE(says("x,0.1").find("f.csv:3: not milliseconds"), std::string::npos);
}

TEST(FundingReader, RefusesAnotherHeader) {
  const Scratch scratch;
  EXPECT_EQ(read_funding(scratch.write("f.csv", "time,rate\n")).error().code, ErrorCode::Malformed);
  EXPECT_EQ(read_funding(scratch.write("f.csv", "")).error().code, ErrorCode::Malformed);
}

TEST(KlineFileName, SaysExchangeInstrumentIntervalAndSuffix) {
  const KlineFileName plain = parse_kline_file_name("x/bybit-linear_BTCUSDT_1m.csv.gz").value();
  EXPECT_EQ(plain.exchange, "bybit");
  EXPECT_EQ(plain.instrument, (InstrumentName{Category::Linear, "BTCUSDT"}));
  EXPECT_EQ(plain.interval, Interval::M1);
  EXPECT_EQ(plain.suffix, "");
  const KlineFileName other = parse_kline_file_name("binance-usdm_ETHUSDT_1h_202103.csv").value();
  EXPECT_EQ(other.instrument, (InstrumentName{Category::Linear, "ETHUSDT"}));
  EXPECT_EQ(other.suffix, "202103");
  EXPECT_EQ(parse_kline_file_name("bybit-spot_SOLUSDT_5m.csv.zst").value().instrument.category,
            Category::Spot);
}

TEST(KlineFileName, RefusesNamesThatSayLess) {
  for (const char* name : {"BTCUSDT.csv", "bybit-linear_BTCUSDT_1m.txt", "bybit-linear_BTCUSDT.csv",
                           "bybit-option_BTCUSDT_1m.csv", "bybit-linear_BTCUSDT_7m.csv",
                           "-linear_BTCUSDT_1m.csv", "bybit-linear_btcusdt_1m.csv"})
    EXPECT_FALSE(parse_kline_file_name(name).has_value()) << name;
}

TEST(KlineFileName, FindsTheFilesOfAFolderAndNamesAllThatAreMissing) {
  const Scratch scratch;
  const auto btc = scratch.write("bybit-linear_BTCUSDT_1m.csv.gz", "");
  const auto eth = scratch.write("bybit-spot_ETHUSDT_1m.csv", "");
  const std::vector<InstrumentName> both = {{Category::Spot, "ETHUSDT"},
                                            {Category::Linear, "BTCUSDT"}};
  EXPECT_EQ(find_kline_files(scratch.folder(), "bybit", both, Interval::M1).value(),
            (std::vector<std::filesystem::path>{eth, btc}));
  const auto none = find_kline_files(scratch.folder(), "bybit", both, Interval::H1);
  EXPECT_EQ(none.error().code, ErrorCode::NotFound);
  EXPECT_NE(none.error().context.find("bybit-spot_ETHUSDT_1h"), std::string::npos);
  EXPECT_NE(none.error().context.find("bybit-linear_BTCUSDT_1h"), std::string::npos);
}

}  // namespace
}  // namespace proteus::klines
