// How simulated time moves.
#include "connectors/sim/pace.hpp"
#include "exchange_fixture.hpp"

namespace proteus::sim::exchange_test {
namespace {

TEST(Factor, ScalesRealTimeAndSaysWhenItIsNeededAgain) {
  SimSettings settings;
  settings.speed = 60.0;
  Bench bench(settings);
  *bench;
  const Timestamp start = bench->now();
  EXPECT_EQ(start, kFirst);
  bench.run(2s);
  EXPECT_EQ(bench->now(), start + 2min);
  // Next: the first push of minute 2, 200 ms after its open, at sixty times the speed.
  EXPECT_EQ(bench->advance(bench.clock), Duration{3'333'334});
}

TEST(Factor, GoesOnWithoutReaders) {
  Bench bench;
  bench.run(90s);
  EXPECT_EQ(bench->now(), kFirst + 90s);
}

struct Paced : Bench {
  Paced() : Bench(wanted()) {}
  static SimSettings wanted() {
    SimSettings settings;
    settings.paced = true;
    settings.settle = 5ms;
    return settings;
  }
  Duration tick(Duration real) {
    clock += real;
    return (**this).advance(clock);
  }
  void pong(ConnId conn) { (**this).on_pong(conn, io.pings.at(conn)); }
};

TEST(Paced, TimeStandsStillWithoutAReader) {
  Paced bench;
  bench.connect();
  EXPECT_EQ(bench.tick(10s), Duration::max());
  EXPECT_EQ(bench->now(), kFirst);
}

TEST(Paced, MovesToTheNextFramesOnlyAfterEveryReaderHasReadTheLast) {
  Paced bench;
  const ConnId one = bench.connect(), two = bench.connect();
  bench.subscribe(one, {"kline.1.BTCUSDT"});
  bench.subscribe(two, {"kline.1.BTCUSDT"});
  EXPECT_EQ(bench.tick(1ms), 5ms);  // Commands settle first.
  EXPECT_EQ(bench.tick(5ms), Duration::max());
  EXPECT_EQ(bench->now(), kFirst + 200ms);
  bench.pong(one);
  EXPECT_EQ(bench.tick(10s), Duration::max());
  EXPECT_EQ(bench->now(), kFirst + 200ms) << "the second has not read yet";
  bench->on_pong(two, "not that one");
  bench.tick(1ms);
  EXPECT_EQ(bench->now(), kFirst + 200ms);
  bench.pong(two);
  bench.tick(0ms);
  EXPECT_EQ(bench->now(), kFirst + 1s);
  EXPECT_EQ(bench.io.frames(two, "kline.1.BTCUSDT").size(), 2U);
}

TEST(Paced, AReaderOfASilentTopicIsWaitedForToo) {
  Paced bench;
  bench.market.holes_ = {kFirst};
  const ConnId conn = bench.connect();
  bench.subscribe(conn, {"publicTrade.BTCUSDT"});
  bench.tick(0ms);
  bench.tick(5ms);
  ASSERT_TRUE(bench.io.sent.size() == 1U) << "the answer to the command, no frame";
  for (int i = 0; i < 3; ++i) bench.tick(1s);
  EXPECT_EQ(bench->now(), kFirst + 200ms);
  bench.pong(conn);
  bench.tick(0ms);
  EXPECT_EQ(bench->now(), kFirst + 1s);
}

TEST(Paced, ARunOfPongsPlaysAMinuteInNoRealTime) {
  Paced bench;
  const ConnId conn = bench.connect();
  bench.subscribe(conn, {"kline.1.BTCUSDT"});
  bench.tick(0ms);
  bench.tick(5ms);
  while (bench->now() < kFirst + 1min) {
    bench.pong(conn);
    bench.tick(0ms);
  }
  const auto frames = bench.io.frames(conn, "kline.1.BTCUSDT");
  EXPECT_EQ(frames.size(), 61U);
  EXPECT_TRUE(frames.back().at("data").as_array().at(0).at("confirm").as_bool());
}

TEST(Paced, WaitsWhileAnHttpAnswerIsHeldBack) {
  Paced bench;
  bench.settings.faults.http_delay = 300ms;
  const ConnId conn = bench.connect();
  bench.subscribe(conn, {"kline.1.BTCUSDT"});
  bench.tick(0ms);
  bench.tick(5ms);
  ASSERT_TRUE(bench->inject({FaultKind::HttpDelay}));
  EXPECT_EQ(bench->on_http("GET", "/v5/market/time").delay, 300ms);
  bench.pong(conn);
  EXPECT_EQ(bench.tick(0ms), 305ms);
  EXPECT_EQ(bench.tick(304ms), 1ms);
  EXPECT_EQ(bench->now(), kFirst + 200ms);
  bench.tick(1ms);
  EXPECT_EQ(bench->now(), kFirst + 1s);
}

TEST(Paced, AReaderThatLeavesOrFallsSilentHoldsNobodyUp) {
  Paced bench;
  const ConnId stays = bench.connect(), leaves = bench.connect(), silent = bench.connect();
  for (const ConnId conn : {stays, leaves, silent}) bench.subscribe(conn, {"kline.1.BTCUSDT"});
  bench.tick(0ms);
  bench.tick(5ms);
  bench.pong(stays);
  bench.tick(1ms);
  ASSERT_EQ(bench->now(), kFirst + 200ms);
  bench->on_closed(leaves);
  ASSERT_TRUE(bench->inject({FaultKind::Mute, silent}));
  bench.tick(1ms);
  EXPECT_EQ(bench->now(), kFirst + 1s);
  bench->on_closed(stays);
  EXPECT_EQ(bench.tick(1s), Duration::max());
  EXPECT_EQ(bench->now(), kFirst + 1s) << "only a muted reader is left";
}

TEST(Paced, StopsAtTheEndOfTheMarket) {
  Paced bench;
  bench.market.end_ = kFirst + 2min;
  const ConnId conn = bench.connect();
  bench.subscribe(conn, {"kline.1.BTCUSDT"});
  bench.tick(0ms);
  Duration wait = bench.tick(5ms);
  for (int i = 0; i < 1000 && !bench->finished(); ++i) {
    bench.pong(conn);
    wait = bench.tick(0ms);
  }
  EXPECT_TRUE(bench->finished());
  EXPECT_EQ(wait, Duration::max());
  EXPECT_EQ(bench->now(), kFirst + 2min);
  EXPECT_NE(bench.io.of(conn).back().find(R"("confirm":true)"), std::string::npos);
}

TEST(Start, IsRefusedOutsideTheMarket) {
  SmallMarket market;
  Notebook io;
  market.end_ = kFirst + 1h;
  for (const char* start : {"2024-12-31T23:59Z", "2025-01-01T01:00Z", "soon"}) {
    SimSettings settings;
    settings.start = start;
    EXPECT_FALSE(SimExchange::create(settings, market, io)) << start;
  }
  SimSettings settings;
  settings.history_bars = 60;
  EXPECT_EQ(SimExchange::create(settings, market, io).error().code, ErrorCode::OutOfRange);
  settings.start = "2025-01-01T00:30Z";
  EXPECT_EQ(SimExchange::create(settings, market, io).value()->now(), kFirst + 30min);
}

TEST(Start, IsToldWithSpeedInOneLine) {
  Bench bench({}, 10);
  EXPECT_EQ(bench->describe(),
            "instruments=3 base=1m start=2025-01-01T00:10:00.000Z end=never speed=x1 "
            "push_interval_ms=1000 seed=1");
}

}  // namespace
}  // namespace proteus::sim::exchange_test
