#include "tools/evaluate/engine_run.hpp"

#include <gtest/gtest.h>

#include <numeric>

#include "models/evaluation/figures.hpp"
#include "tests/unit/evaluate/support.hpp"
#include "tools/app/replay.hpp"
#include "tools/evaluate/plan.hpp"

namespace proteus::app::evaluate {
namespace {

class EngineRun : public ::testing::Test {
 protected:
  void SetUp() override {
    btc_ = write_klines(folder_, "BTCUSDT", 600);
    eth_ = write_klines(folder_, "ETHUSDT", 600, 53.0);
    source_.emplace(sim::FileSource::open({sim::FileSource::input_named(btc_).value(),
                                           sim::FileSource::input_named(eth_).value()})
                        .value());
  }
  [[nodiscard]] Loaded settings(const std::string& strategy) const {
    const std::string root = folder_.path().string();
    auto loaded = load(
        "", {"strategy.name=" + strategy, "strategy.fast=5", "strategy.slow=20",
             "engine.interval=1h", "engine.instruments=linear:BTCUSDT,linear:ETHUSDT",
             "risk.limits.profile=research", "paper.fill_mode=bar", "risk.sizing.kelly_floor=1",
             "feed.warm_up_bars=100", "replay.files=" + btc_ + "," + eth_,
             "session.folder=" + root + "/runs", "replay.from=2024-01-06T00:00:00Z"});
    EXPECT_TRUE(loaded) << loaded.error().context;
    return std::move(loaded).value();
  }
  /// Decisions from the 120th hour on.
  evaluation::Track run(const std::string& strategy, std::int64_t until = 600) {
    auto market = MemoryMarket::cut(*source_, hour(20), hour(120), hour(until)).value();
    auto track = run_engine(settings(strategy), market, hour(120));
    EXPECT_TRUE(track) << track.error().context;
    return std::move(track).value();
  }
  test::Folder folder_;
  std::string btc_;
  std::string eth_;
  std::optional<sim::FileSource> source_;
};

TEST_F(EngineRun, EndsWithTheEquityOfTheSameReplay) {
  const Loaded loaded = settings("sma_cross");
  auto replay = Replay::create(loaded, Timestamp{}).value();
  while (replay->play(1'000)) {
  }
  const LedgerView ledger = replay->trading().engine().ledger();
  const evaluation::Track track = run("sma_cross");
  EXPECT_EQ(track.bars(), 480U);
  EXPECT_GT(evaluation::figures_of(track).fills, 10);
  EXPECT_NEAR(evaluation::equity_of(track.net).back() * loaded.settings.engine.capital,
              ledger.equity.to_double(), 1e-6);
  EXPECT_TRUE(replay->finish("test"));
}

TEST_F(EngineRun, HasInstrumentsThatAddUpToTheAccount) {
  const evaluation::Track track = run("sma_cross");
  for (std::size_t i = 0; i < track.bars(); ++i)
    ASSERT_NEAR(track.contributions[i][0] + track.contributions[i][1], track.net[i], 1e-12) << i;
}

TEST_F(EngineRun, HasRoundTripsThatAddUpToTheAccount) {
  const evaluation::Track track = run("sma_cross");
  double profit = 0.0;
  for (const auto& trip : track.trips) profit += trip.profit;
  EXPECT_NEAR(profit, (evaluation::equity_of(track.net).back() - 1.0) * 10'000.0, 1e-5);
  EXPECT_GT(track.trips.size(), 5U);
}

TEST_F(EngineRun, OfAFlatAccountMovesNothing) {
  const evaluation::Track track = run("flat");
  EXPECT_EQ(track.net, std::vector<double>(480, 0.0));
  EXPECT_EQ(track.fills, std::vector<std::int64_t>(480, 0));
  EXPECT_EQ(track.traded, std::vector<double>(480, 0.0));
}

TEST_F(EngineRun, DoesNotChangeWhereLaterBarsDo) {
  const evaluation::Track whole = run("sma_cross");
  const evaluation::Track begin = run("sma_cross", 400);
  ASSERT_EQ(begin.bars(), 280U);
  for (std::size_t i = 0; i < begin.bars(); ++i) ASSERT_EQ(begin.net[i], whole.net[i]) << i;
}

TEST_F(EngineRun, PaysWhatItTradesAtTheFeesOfTheVenue) {
  const evaluation::Track track = run("sma_cross");
  const double traded = std::accumulate(track.traded.begin(), track.traded.end(), 0.0);
  const double fees = std::accumulate(track.fees.begin(), track.fees.end(), 0.0);
  EXPECT_NEAR(fees / traded, 5.5e-4, 1e-8);
  EXPECT_GT(track.settlements, 0);
  EXPECT_EQ(track.funding_assumed, track.settlements);
}

TEST_F(EngineRun, TradesOnlyWhatWasListedBefore) {
  const test::Folder later;
  const std::string file = write_klines(later, "ETHUSDT", 300, 53.0, 200);
  auto source = sim::FileSource::open({sim::FileSource::input_named(btc_).value(),
                                       sim::FileSource::input_named(file).value()})
                    .value();
  EXPECT_EQ(MemoryMarket::cut(source, hour(20), hour(120), hour(500)).value().instruments().size(),
            1U);
  EXPECT_EQ(MemoryMarket::cut(source, hour(150), hour(250), hour(500)).value().instruments().size(),
            2U);
  EXPECT_EQ(MemoryMarket::cut(source, hour(900), hour(950), hour(999)).error().code,
            ErrorCode::NotFound);
}

TEST_F(EngineRun, OnNoiseHasAsManyBarsOfTheSameInstruments) {
  const auto like = MemoryMarket::cut(*source_, hour(20), hour(120), hour(600)).value();
  auto noise = MemoryMarket::noise(like, 3).value();
  ASSERT_EQ(noise.instruments().size(), 2U);
  EXPECT_EQ(noise.instruments()[1].name(), "linear:ETHUSDT");
  EXPECT_EQ(noise.first(), like.first());
  EXPECT_EQ(noise.end(), like.end());
  EXPECT_EQ(noise.bars(InstrumentId{0}).size(), 580U);
  EXPECT_NE(noise.bars(InstrumentId{0})[99].close, noise.bars(InstrumentId{1})[99].close);
  EXPECT_EQ(MemoryMarket::noise(like, 3).value().bars(InstrumentId{0})[99].close,
            noise.bars(InstrumentId{0})[99].close);
}

}  // namespace
}  // namespace proteus::app::evaluate
