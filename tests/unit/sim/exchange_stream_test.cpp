// What a subscriber sees of a bar, topic by topic.
#include <numeric>

#include "exchange_fixture.hpp"

namespace proteus::sim::exchange_test {
namespace {

std::int64_t raw_at(const json::value& value, std::string_view pointer) {
  return parse_fixed(text_at(value, pointer)).value();
}

TEST(KlineFrame, IsCompactAndInTheVenuesOrder) {
  Bench bench;
  const ConnId conn = bench.connect();
  bench.subscribe(conn, {"kline.1.BTCUSDT"});
  bench.run(60s);
  // Minute 0 of the market: open 50000.0, close (7 + 13) % 61 = 20 ticks higher, 500 lots.
  EXPECT_EQ(
      bench.io.of(conn).back(),
      R"({"topic":"kline.1.BTCUSDT","type":"snapshot","ts":1735689660000,"data":[{"start":1735689600000,"end":1735689659999,"interval":"1","open":"50000","close":"50002","high":"50002.3","low":"49999.8","volume":"0.5","turnover":"1000","confirm":true,"timestamp":1735689659999}]})");
}

TEST(KlineTopic, GrowsFromTheOpenToTheRecordedBarAndThenStartsTheNext) {
  Bench bench({}, 7);
  const ConnId conn = bench.connect();
  bench.subscribe(conn, {"kline.1.BTCUSDT"});
  bench.run(60s + 500ms);
  const auto frames = bench.io.frames(conn, "kline.1.BTCUSDT");
  // 0.2 s, 1 s .. 59 s, the close, and the next candle within half a second.
  ASSERT_EQ(frames.size(), 62U);
  const Bar bar = bench.market.bar(InstrumentId{0}, kFirst + 7min).value();
  std::int64_t high = 0, low = INT64_MAX, volume = 0;
  for (std::size_t i = 0; i + 1 < frames.size(); ++i) {
    const json::value& row = frames[i].at("data").as_array().at(0);
    const std::int64_t h = raw_at(row, "/high"), l = raw_at(row, "/low"), c = raw_at(row, "/close");
    EXPECT_EQ(raw_at(row, "/open"), bar.open.raw());
    EXPECT_GE(h, high);
    EXPECT_LE(l, low);
    EXPECT_GE(c, l);
    EXPECT_LE(c, h);
    EXPECT_LE(h, bar.high.raw());
    EXPECT_GE(l, bar.low.raw());
    EXPECT_EQ(c % 100'000'000, 0) << "off the tick";
    EXPECT_GE(raw_at(row, "/volume"), volume);
    EXPECT_EQ(row.at("confirm").as_bool(), i == 60) << i;
    high = h, low = l, volume = raw_at(row, "/volume");
  }
  const json::value& last = frames[60].at("data").as_array().at(0);
  EXPECT_EQ(high, bar.high.raw());
  EXPECT_EQ(low, bar.low.raw());
  EXPECT_EQ(raw_at(last, "/close"), bar.close.raw());
  EXPECT_EQ(std::stod(text_at(last, "/volume")), bar.volume);
  EXPECT_EQ(std::stod(text_at(last, "/turnover")), bar.turnover);
  const json::value& next = frames[61].at("data").as_array().at(0);
  EXPECT_EQ(next.at("start").as_int64(), to_unix_ms(kFirst + 8min));
  EXPECT_LE(frames[61].at("ts").as_int64() - frames[60].at("ts").as_int64(), 500);
}

TEST(KlineTopic, TouchesTheExtremesInsideTheBarNotOnlyAtItsClose) {
  Bench bench({}, 7);
  const ConnId conn = bench.connect();
  bench.subscribe(conn, {"kline.1.BTCUSDT"});
  bench.run(59s);
  const Bar bar = bench.market.bar(InstrumentId{0}, kFirst + 7min).value();
  const auto frames = bench.io.frames(conn, "kline.1.BTCUSDT");
  const json::value& row = frames.back().at("data").as_array().at(0);
  EXPECT_EQ(raw_at(row, "/high"), bar.high.raw());
  EXPECT_EQ(raw_at(row, "/low"), bar.low.raw());
}

TEST(KlineTopic, ShowsTheEarlierPartOfALargerCandleToANewSubscriber) {
  Bench bench({}, 62);
  bench.run(30s);
  const ConnId conn = bench.connect();
  bench.subscribe(conn, {"kline.60.BTCUSDT"});
  const auto frames = bench.io.frames(conn, "kline.60.BTCUSDT");
  ASSERT_EQ(frames.size(), 1U);
  const json::value& row = frames[0].at("data").as_array().at(0);
  EXPECT_EQ(row.at("start").as_int64(), to_unix_ms(kFirst + 60min));
  EXPECT_EQ(raw_at(row, "/open"), bench.market.bar(InstrumentId{0}, kFirst + 60min)->open.raw());
  EXPECT_FALSE(row.at("confirm").as_bool());
  EXPECT_GE(raw_at(row, "/volume"),
            to_fixed_raw(bench.market.bar(InstrumentId{0}, kFirst + 60min)->volume +
                         bench.market.bar(InstrumentId{0}, kFirst + 61min)->volume));
}

TEST(KlineTopic, ConfirmsEachIntervalWhenItEndsAndOnlyThen) {
  SimSettings settings;
  settings.push_interval = 30s;
  Bench bench(settings);
  const ConnId conn = bench.connect();
  const std::map<std::string, std::size_t> confirms = {
      {"1", 2880}, {"3", 960}, {"5", 576}, {"15", 192}, {"30", 96}, {"60", 48}, {"120", 24},
      {"240", 12}, {"360", 8}, {"720", 4}, {"D", 2},    {"W", 0},   {"M", 0}};
  for (const auto& [word, n] : confirms) bench.subscribe(conn, {"kline." + word + ".ETHUSDT"});
  bench.run(48h);
  std::map<std::string, std::size_t> seen;
  for (const Sent& sent : bench.io.sent) {
    if (sent.text.find(R"("confirm":true)") == std::string::npos) continue;
    const json::value frame = json::parse(sent.text);
    const json::value& row = frame.at_pointer("/data/0");
    ++seen[text_at(row, "/interval")];
    EXPECT_EQ(row.at("end").as_int64() + 1, frame.at("ts").as_int64());
  }
  for (const auto& [word, n] : confirms) EXPECT_EQ(seen[word], n) << word;
}

TEST(KlineTopic, IsSilentInAHoleAndConfirmsTheLargerCandleAroundIt) {
  Bench bench;
  bench.market.holes_ = {kFirst + 3min, kFirst + 4min};
  const ConnId conn = bench.connect();
  bench.subscribe(conn, {"kline.1.BTCUSDT", "kline.5.BTCUSDT"});
  bench.run(6min);
  std::vector<std::int64_t> minutes;
  for (const json::object& frame : bench.io.frames(conn, "kline.1.BTCUSDT"))
    if (const json::value& row = frame.at("data").as_array().at(0); row.at("confirm").as_bool())
      minutes.push_back((row.at("start").as_int64() - to_unix_ms(kFirst)) / 60'000);
  EXPECT_EQ(minutes, (std::vector<std::int64_t>{0, 1, 2, 5}));
  int confirms = 0;
  for (const json::object& frame : bench.io.frames(conn, "kline.5.BTCUSDT")) {
    const json::value& row = frame.at("data").as_array().at(0);
    if (!row.at("confirm").as_bool()) continue;
    ++confirms;
    EXPECT_EQ(raw_at(row, "/close"), bench.market.bar(InstrumentId{0}, kFirst + 2min)->close.raw());
  }
  EXPECT_EQ(confirms, 1);
}

TEST(Trades, AddUpToTheBarAndStayInsideIt) {
  for (const char* target : {"/v5/public/linear", "/v5/public/spot"}) {
    Bench bench({}, 11);
    const ConnId conn = bench.connect(target);
    bench.subscribe(conn, {"publicTrade.BTCUSDT"});
    bench.run(60s);
    const InstrumentId id{std::string_view(target).ends_with("spot") ? 2U : 0U};
    const Bar bar = bench.market.bar(id, kFirst + 11min).value();
    std::int64_t volume = 0, last = 0, time = 0;
    std::set<std::string> ids;
    std::size_t count = 0;
    for (const json::object& frame : bench.io.frames(conn, "publicTrade.BTCUSDT"))
      for (const json::value& row : frame.at("data").as_array()) {
        ++count;
        const std::int64_t price = raw_at(row, "/p");
        volume += raw_at(row, "/v");
        EXPECT_GE(price, bar.low.raw());
        EXPECT_LE(price, bar.high.raw());
        if (last != 0 && price != last) {
          EXPECT_EQ(text_at(row, "/S"), price > last ? "Buy" : "Sell");
        }
        EXPECT_GE(row.at("T").as_int64(), std::max(time, to_unix_ms(bar.open_time)));
        EXPECT_LT(row.at("T").as_int64(), to_unix_ms(bar.close_time));
        ids.insert(text_at(row, "/i"));
        last = price;
        time = row.at("T").as_int64();
      }
    EXPECT_GT(count, 60U);
    EXPECT_EQ(volume, to_fixed_raw(bar.volume));
    EXPECT_EQ(last, bar.close.raw());
    EXPECT_EQ(ids.size(), count);
  }
}

/// A client's book, kept from frames.
struct LocalBook {
  std::map<std::int64_t, std::int64_t> bids, asks;
  void apply(const json::object& frame) {
    if (frame.at("type").as_string() == "snapshot") bids.clear(), asks.clear();
    for (const auto& [side, levels] : {std::pair{"b", &bids}, std::pair{"a", &asks}})
      for (const json::value& row : frame.at("data").at(side).as_array()) {
        const std::int64_t price = raw_at(row, "/0"), size = raw_at(row, "/1");
        if (size == 0) {
          EXPECT_EQ(levels->erase(price), 1U) << "removes a level that was never told";
        } else {
          (*levels)[price] = size;
        }
      }
  }
};

TEST(Books, DeltasKeepTheWindowExactNeverCrossedAndOnTheGrid) {
  for (const int depth : {50, 200, 1000}) {
    Bench bench({}, 3);
    const ConnId conn = bench.connect();
    const std::string topic = "orderbook." + std::to_string(depth) + ".BTCUSDT";
    bench.subscribe(conn, {topic});
    bench.run(90s);
    const auto frames = bench.io.frames(conn, topic);
    ASSERT_GT(frames.size(), 30U);
    EXPECT_EQ(frames[0].at("type").as_string(), "snapshot");
    LocalBook book;
    std::int64_t u = frames[0].at("data").at("u").as_int64() - 1, seq = 0;
    EXPECT_GT(u, 1);
    for (const json::object& frame : frames) {
      book.apply(frame);
      EXPECT_EQ(frame.at("data").at("u").as_int64(), ++u);
      EXPECT_GE(frame.at("data").at("seq").as_int64(), seq);
      seq = frame.at("data").at("seq").as_int64();
      ASSERT_EQ(book.bids.size(), static_cast<std::size_t>(depth));
      ASSERT_EQ(book.asks.size(), static_cast<std::size_t>(depth));
      EXPECT_EQ(book.asks.begin()->first - book.bids.rbegin()->first, 100'000'000);
      EXPECT_EQ(book.asks.begin()->first % 100'000'000, 0);
      EXPECT_EQ(book.asks.begin()->second % 1'000'000, 0);
    }
    // A second reader's snapshot shows the same book and goes on from the same u.
    const ConnId late = bench.connect();
    bench.subscribe(late, {topic});
    const auto first = bench.io.frames(late, topic).at(0);
    LocalBook fresh;
    fresh.apply(first);
    EXPECT_EQ(first.at("data").at("u").as_int64(), u);
    EXPECT_EQ(fresh.bids, book.bids);
    EXPECT_EQ(fresh.asks, book.asks);
  }
}

TEST(Books, TheTouchIsWhereTheLastTradeWas) {
  Bench bench({}, 3);
  const ConnId conn = bench.connect();
  bench.subscribe(conn, {"orderbook.1.BTCUSDT", "publicTrade.BTCUSDT"});
  bench.run(20s);
  const json::value trade =
      bench.io.frames(conn, "publicTrade.BTCUSDT").back().at("data").as_array().back();
  const json::object book = bench.io.frames(conn, "orderbook.1.BTCUSDT").back();
  const char* side = text_at(trade, "/S") == "Buy" ? "/data/a/0/0" : "/data/b/0/0";
  EXPECT_EQ(raw_at(json::value(book), side), raw_at(trade, "/p"));
}

TEST(Books, LevelOneRepeatsTheSameUAfterThreeQuietSeconds) {
  Bench bench({}, 3);
  bench.market.holes_ = {kFirst + 4min, kFirst + 5min};
  const ConnId conn = bench.connect();
  bench.subscribe(conn, {"orderbook.1.BTCUSDT"});
  bench.run(60s);
  const std::size_t before = bench.io.sent.size();
  bench.run(9s);
  const auto frames = bench.io.frames(conn, "orderbook.1.BTCUSDT");
  ASSERT_EQ(bench.io.sent.size(), before + 3);
  const std::size_t n = frames.size();
  for (std::size_t i = n - 3; i < n; ++i) {
    EXPECT_EQ(frames[i].at("type").as_string(), "snapshot");
    EXPECT_EQ(frames[i].at("data").at("u"), frames[n - 4].at("data").at("u"));
    EXPECT_EQ(frames[i].at("data").at("b"), frames[n - 4].at("data").at("b"));
  }
}

TEST(Books, KeyOrderFollowsTheProduct) {
  Bench bench({}, 3);
  const ConnId linear = bench.connect();
  const ConnId spot = bench.connect("/v5/public/spot");
  bench.subscribe(linear, {"orderbook.1.BTCUSDT", "orderbook.50.BTCUSDT"});
  bench.subscribe(spot, {"orderbook.50.BTCUSDT"});
  EXPECT_TRUE(bench.io.of(linear)[1].starts_with(R"({"topic":"orderbook.1.BTCUSDT","ts":)"));
  EXPECT_TRUE(bench.io.of(linear)[2].starts_with(R"({"topic":"orderbook.50.BTCUSDT","type":)"));
  EXPECT_TRUE(bench.io.of(spot)[1].starts_with(R"({"topic":"orderbook.50.BTCUSDT","ts":)"));
}

TEST(LinearTicker, IsASnapshotAndThenOnlyWhatChanged) {
  Bench bench({}, 300);
  const ConnId early = bench.connect();
  bench.subscribe(early, {"tickers.BTCUSDT"});
  bench.run(40s);
  const auto frames = bench.io.frames(early, "tickers.BTCUSDT");
  ASSERT_GT(frames.size(), 20U);
  json::object merged = frames[0].at("data").as_object();
  EXPECT_EQ(merged.size(), 27U);
  for (std::size_t i = 1; i < frames.size(); ++i) {
    EXPECT_EQ(frames[i].at("type").as_string(), "delta");
    const json::object& data = frames[i].at("data").as_object();
    EXPECT_LT(data.size(), 27U);
    for (const auto& [key, value] : data) {
      if (key != "symbol") {
        EXPECT_NE(merged.at(key), value) << key;
      }
      merged[key] = value;
    }
  }
  // Someone who comes now gets in one frame what the first has merged.
  const ConnId late = bench.connect();
  bench.subscribe(late, {"tickers.BTCUSDT"});
  EXPECT_EQ(bench.io.frames(late, "tickers.BTCUSDT").at(0).at("data"), json::value(merged));
}

TEST(LinearTicker, TellsTheDayAndTheNextFunding) {
  Bench bench({}, 1500);
  const ConnId conn = bench.connect();
  bench.subscribe(conn, {"tickers.BTCUSDT"});
  const json::value data = bench.io.frames(conn, "tickers.BTCUSDT").at(0).at("data");
  std::int64_t high = 0, low = INT64_MAX;
  double volume = 0;
  // At exactly minute 1500: the day before the current bar, and that bar, which has just closed.
  for (int n = 59; n < 1500; ++n) {
    const Bar bar = bench.market.bar(InstrumentId{0}, kFirst + n * 1min).value();
    high = std::max(high, bar.high.raw());
    low = std::min(low, bar.low.raw());
    volume += bar.volume;
  }
  EXPECT_EQ(raw_at(data, "/highPrice24h"), high);
  EXPECT_EQ(raw_at(data, "/lowPrice24h"), low);
  EXPECT_NEAR(std::stod(text_at(data, "/volume24h")), volume, 1e-6);
  EXPECT_EQ(text_at(data, "/nextFundingTime"), std::to_string(to_unix_ms(kFirst + 32h)));
  EXPECT_EQ(text_at(data, "/fundingRate"), "0.0001");
  EXPECT_EQ(text_at(data, "/fundingIntervalHour"), "8");
}

TEST(LinearTicker, ForgetsAHighThatIsADayOld) {
  SimSettings settings;
  settings.push_interval = 60s;
  Bench bench(settings, 1450);
  bench.market.spike_ = kFirst + 20min;
  const ConnId conn = bench.connect();
  bench.subscribe(conn, {"tickers.BTCUSDT"});
  const Bar spike = bench.market.bar(InstrumentId{0}, kFirst + 20min).value();
  json::object merged;
  const auto high_after = [&](Duration real) {
    bench.run(real);
    for (const json::object& frame : bench.io.frames(conn, "tickers.BTCUSDT"))
      for (const auto& [key, value] : frame.at("data").as_object()) merged[key] = value;
    return raw_at(json::value(merged), "/highPrice24h");
  };
  EXPECT_EQ(high_after(11min), spike.high.raw());
  // Minute 1461 has just closed: its day began with minute 21.
  std::int64_t high = 0;
  for (int n = 21; n < 1462; ++n)
    high = std::max(high, bench.market.bar(InstrumentId{0}, kFirst + n * 1min)->high.raw());
  EXPECT_EQ(high_after(1min), high);
}

TEST(LinearTicker, ShowsTheSourcesRateUntilItIsCharged) {
  Bench bench({}, 8 * 60 - 1);
  const ConnId conn = bench.connect();
  bench.subscribe(conn, {"tickers.BTCUSDT"});
  EXPECT_EQ(text_at(bench.io.frames(conn, "tickers.BTCUSDT").at(0).at("data"), "/fundingRate"),
            "-0.00025");
  bench.run(61s);
  std::string rate, next;
  for (const json::object& frame : bench.io.frames(conn, "tickers.BTCUSDT"))
    if (frame.at("data").as_object().contains("fundingRate")) {
      rate = text_at(frame.at("data"), "/fundingRate");
      next = text_at(frame.at("data"), "/nextFundingTime");
      EXPECT_TRUE(rate == "-0.00025" || frame.at("ts").as_int64() >= to_unix_ms(kFirst + 8h));
    }
  EXPECT_EQ(rate, "0.0001");
  EXPECT_EQ(next, std::to_string(to_unix_ms(kFirst + 16h)));
}

TEST(SpotTicker, IsAlwaysAWholeSnapshotWithoutBidOrAsk) {
  Bench bench({}, 30);
  const ConnId conn = bench.connect("/v5/public/spot");
  bench.subscribe(conn, {"tickers.BTCUSDT"});
  bench.run(5s);
  const auto frames = bench.io.frames(conn, "tickers.BTCUSDT");
  ASSERT_GT(frames.size(), 3U);
  for (const json::object& frame : frames) {
    EXPECT_EQ(frame.at("type").as_string(), "snapshot");
    const json::object& data = frame.at("data").as_object();
    for (const char* key : {"symbol", "lastPrice", "highPrice24h", "lowPrice24h", "prevPrice24h",
                            "volume24h", "turnover24h", "price24hPcnt", "usdIndexPrice"})
      EXPECT_TRUE(data.contains(key)) << key;
    EXPECT_EQ(data.size(), 9U);
  }
}

TEST(Streams, TwoRunsWithOneSeedAreTheSameBytesAndAnotherSeedIsNot) {
  const auto run = [](std::int64_t seed) {
    SimSettings settings;
    settings.seed = seed;
    settings.faults.duplicate_per_frame = 0.05;
    settings.faults.flip_per_frame = 0.05;
    settings.faults.delay_per_frame = 0.05;
    Bench bench(settings, 100);
    const ConnId conn = bench.connect();
    bench.subscribe(conn, {"kline.1.BTCUSDT", "tickers.ETHUSDT", "orderbook.50.BTCUSDT",
                           "publicTrade.ETHUSDT"});
    bench.run(3min);
    std::string all;
    for (const Sent& sent : bench.io.sent) all += sent.text;
    return all;
  };
  EXPECT_EQ(run(5), run(5));
  EXPECT_NE(run(5), run(6));
}

TEST(Streams, LookingByRestChangesNothingForASubscriber) {
  const auto run = [](bool look) {
    Bench bench({}, 100);
    const ConnId conn = bench.connect();
    bench.subscribe(conn, {"kline.5.BTCUSDT", "tickers.BTCUSDT", "publicTrade.BTCUSDT"});
    std::string all;
    for (int i = 0; i < 100; ++i) {
      bench.run(1s);
      if (!look) continue;
      bench.get("/v5/market/recent-trade?category=linear&symbol=BTCUSDT");
      bench.get("/v5/market/tickers?category=linear");
      bench.get("/v5/market/kline?symbol=BTCUSDT&interval=5");
    }
    for (const std::string& text : bench.io.of(conn)) all += text;
    return all;
  };
  EXPECT_EQ(run(false), run(true));
}

TEST(Streams, ASourceWithoutTurnoverGetsVolumeTimesTheMeanPrice) {
  Bench bench;
  bench.market.with_turnover_ = false;
  const ConnId conn = bench.connect();
  bench.subscribe(conn, {"kline.1.BTCUSDT"});
  bench.run(60s);
  const auto frames = bench.io.frames(conn, "kline.1.BTCUSDT");
  // (50000 + 50002.3 + 49999.8 + 50002) / 4 x 0.5
  EXPECT_EQ(text_at(frames.back().at("data"), "/0/turnover"), "25000.5125");
}

}  // namespace
}  // namespace proteus::sim::exchange_test
