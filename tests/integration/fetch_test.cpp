// `proteus fetch` against the simulated exchange, by the program itself.
#include <csignal>

#include "connectors/klines/funding_reader.hpp"
#include "connectors/klines/kline_reader.hpp"
#include "tests/integration/programs.hpp"

namespace proteus::app {
namespace {

using ::testing::HasSubstr;

/// An exchange whose market stands still behind a long history, which begins at kMarketStart.
Overrides still_market() {
  return {"sim.history_bars=20000", "sim.start=2025-06-15T21:20:00Z",
          "market.instruments=linear:BTCUSDT,spot:BTCUSDT"};
}

std::vector<std::string> fetch_command(const SimProgram& sim, const std::string& out,
                                       const Overrides& more = {}) {
  return with_settings({"fetch", "--instrument", "linear:BTCUSDT", "--what", "klines,mark,funding",
                        "--from", "2025-06-03", "--to", "2025-06-15", "--out", out},
                       sim.where() + more);
}

TEST(FetchProgram, WritesWhatTheVenueHasWithoutAHole) {
  const Folder folder;
  SimProgram sim{still_market()};
  const Ran ran = run_proteus(fetch_command(sim, folder / "f"));
  ASSERT_EQ(ran.code, 0) << ran.err << ran.out;
  const auto bars = klines::read_klines(folder / "f/bybit-linear_BTCUSDT_1m.csv.gz", InstrumentId{},
                                        Interval::M1);
  ASSERT_TRUE(bars.has_value()) << bars.error().context;
  ASSERT_EQ(bars.value().size(), 12U * 1440U);
  // The market of the same seed, generated anew.
  net::Loop loop;
  const Exchange again{loop, still_market()};
  Instrument btc;
  btc.category = Category::Linear;
  btc.symbol = "BTCUSDT";
  for (std::size_t i = 0; i < bars.value().size(); i += 97) {
    const Bar& bar = bars.value()[i];
    EXPECT_EQ(bar.open_time, parse_time("2025-06-03T00:00:00Z").value() + i * 60s);
    const auto source = again.bar(btc, bar.open_time);
    ASSERT_TRUE(source.has_value());
    EXPECT_EQ(bar.close, source->close);
    EXPECT_EQ(bar.high, source->high);
    EXPECT_EQ(bar.volume, source->volume);
  }
  const auto rates = klines::read_funding(folder / "f/bybit-linear_BTCUSDT_funding.csv.gz");
  ASSERT_TRUE(rates.has_value()) << rates.error().context;
  EXPECT_EQ(rates.value().size(), 36U);
  EXPECT_TRUE(klines::read_klines(folder / "f/bybit-linear_BTCUSDT_1m_mark.csv.gz", InstrumentId{},
                                  Interval::M1)
                  .has_value());
}

TEST(FetchProgram, KilledInTheMiddleItGoesOnAndTheFilesAreTheSame) {
  const Folder folder;
  SimProgram sim{still_market()};
  ASSERT_EQ(run_proteus(fetch_command(sim, folder / "whole")).code, 0);
  const Overrides slow = {"feed.rest_rate=20", "feed.rest_in_flight_max=1"};
  for (int kill = 0; kill < 2; ++kill) {
    Child child{fetch_command(sim, folder / "parts", slow)};
    const std::string progress = folder / "parts/bybit-linear_BTCUSDT_1m.csv.progress";
    const std::string before = read_all(progress);
    for (int i = 0; i < 3000 && !child.ended() && read_all(progress) == before; ++i) child.listen();
    child.signal(SIGKILL);
    ASSERT_TRUE(child.wait().has_value());
  }
  const Ran ran = run_proteus(fetch_command(sim, folder / "parts"));
  ASSERT_EQ(ran.code, 0) << ran.err;
  ASSERT_EQ(entries(folder / "parts"), entries(folder / "whole"));
  for (const std::string& name : entries(folder / "whole"))
    EXPECT_EQ(read_all(folder / ("parts/" + name)), read_all(folder / ("whole/" + name))) << name;
}

TEST(FetchProgram, AVenueThatSaysSlowDownAndLosesAnswersCostsOnlyTime) {
  const Folder folder;
  SimProgram sim{still_market() + Overrides{"sim.faults.http_10006_per_request=0.1",
                                            "sim.faults.http_5xx_per_request=0.1"}};
  const Ran ran = run_proteus(
      fetch_command(sim, folder / "f", {"feed.backoff_min=5ms", "feed.backoff_max=20ms"}));
  ASSERT_EQ(ran.code, 0) << ran.err;
  const auto bars = klines::read_klines(folder / "f/bybit-linear_BTCUSDT_1m.csv.gz", InstrumentId{},
                                        Interval::M1);
  ASSERT_TRUE(bars.has_value());
  EXPECT_EQ(bars.value().size(), 12U * 1440U);
}

TEST(FetchProgram, AnUnknownSymbolFailsAloneAndIsNamed) {
  const Folder folder;
  SimProgram sim{still_market()};
  const Ran ran = run_proteus(
      with_settings({"fetch", "--instrument", "linear:NOPEUSDT,linear:BTCUSDT", "--from",
                     "2025-06-14", "--to", "2025-06-15", "--out", folder / "f", "--json"},
                    sim.where()));
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.out, HasSubstr("\"what\":\"linear:NOPEUSDT 1m\""));
  EXPECT_THAT(ran.out, HasSubstr("\"rows\":1440"));
  const Ran before =
      run_proteus(with_settings({"fetch", "--instrument", "linear:BTCUSDT", "--from", "2020-01-01",
                                 "--to", "2020-01-02", "--out", folder / "none"},
                                sim.where()));
  EXPECT_EQ(before.code, 1);
  EXPECT_THAT(before.err, HasSubstr("linear:BTCUSDT 1m: the venue has none between 2020-01-01"));
  EXPECT_TRUE(entries(folder / "none").empty());
  EXPECT_EQ(run_proteus({"fetch", "--instrument", "linear:BTCUSDT", "--from", "someday", "--out",
                         folder / "f"})
                .code,
            2);
}

}  // namespace
}  // namespace proteus::app
