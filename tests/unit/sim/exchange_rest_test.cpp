// REST: rows, pages, ranges, refusals.
#include <fmt/format.h>

#include "connectors/sim/text.hpp"
#include "exchange_fixture.hpp"

namespace proteus::sim::exchange_test {
namespace {

constexpr std::int64_t kFirstMs = 1'735'689'600'000;

std::vector<std::int64_t> starts(const json::value& answer) {
  std::vector<std::int64_t> all;
  for (const json::value& row : answer.at_pointer("/result/list").as_array())
    all.push_back(std::stoll(text_at(row, "/0")));
  return all;
}

/// Minutes since the first bar.
std::vector<std::int64_t> minutes(const json::value& answer) {
  std::vector<std::int64_t> all = starts(answer);
  for (std::int64_t& ms : all) ms = (ms - kFirstMs) / 60'000;
  return all;
}

std::int64_t code(const json::value& answer) { return answer.at("retCode").as_int64(); }

TEST(RestTime, TellsTheSimulatedClock) {
  Bench bench;
  bench.run(1234ms);
  EXPECT_EQ(
      bench->on_http("GET", "/v5/market/time").body,
      R"({"retCode":0,"retMsg":"OK","result":{"timeSecond":"1735689601","timeNano":"1735689601234000000"},"retExtInfo":{},"time":1735689601234})");
}

TEST(RestKline, IsCompactNewestFirstAndHoldsTheRunningCandle) {
  Bench bench({}, 2);
  bench.run(200ms);
  EXPECT_EQ(
      bench->on_http("GET", "/v5/market/kline?category=linear&symbol=BTCUSDT&interval=1").body,
      R"({"retCode":0,"retMsg":"OK","result":{"category":"linear","symbol":"BTCUSDT","list":[)"
      R"(["1735689720000","50005.4","50005.4","50005.4","50005.4",")" +
          [&] {
            return text_at(bench.get("/v5/market/kline?symbol=BTCUSDT&interval=1"),
                           "/result/list/0/5");
          }() +
          "\",\"" +
          [&] {
            return text_at(bench.get("/v5/market/kline?symbol=BTCUSDT&interval=1"),
                           "/result/list/0/6");
          }() +
          R"("],["1735689660000","50002","50005.8","50001.7","50005.4","0.537","1001"],)"
          R"(["1735689600000","50000","50002.3","49999.8","50002","0.5","1000"]]},)"
          R"("retExtInfo":{},"time":1735689720200})");
}

TEST(RestKline, AggregatesEachIntervalAsAnIndependentSumDoes) {
  const std::int64_t n = 45 * 1440 + 777;  // 14 February 2025, 12:57
  Bench bench({}, n);
  struct Row {
    std::int64_t open = 0, high = 0, low = INT64_MAX, close = 0, lots = 0, turnover = 0;
  };
  // Bucket by plain arithmetic on minutes: 1 January 2025 is a Wednesday, January has 31 days.
  const auto bucket = [](const std::string& word, std::int64_t minute) -> std::int64_t {
    if (word == "D") return minute / 1440 * 1440;
    if (word == "W") return (minute / 1440 + 2) / 7 * 7 * 1440 - 2 * 1440;
    if (word == "M") return minute < 31 * 1440 ? 0 : 31 * 1440;
    const std::int64_t length = std::stoll(word);
    return minute / length * length;
  };
  for (const char* word :
       {"1", "3", "5", "15", "30", "60", "120", "240", "360", "720", "D", "W", "M"}) {
    std::map<std::int64_t, Row> expected;
    for (std::int64_t m = 0; m < n; ++m) {
      const Bar bar = bench.market.bar(InstrumentId{1}, kFirst + m * 1min).value();
      auto [at, fresh] = expected.try_emplace(bucket(word, m));
      Row& row = at->second;
      if (fresh) row.open = bar.open.raw();
      row.high = std::max(row.high, bar.high.raw());
      row.low = std::min(row.low, bar.low.raw());
      row.close = bar.close.raw();
      row.lots += std::llround(bar.volume * 100);
      row.turnover += std::llround(bar.turnover);
    }
    const json::value answer =
        bench.get(fmt::format("/v5/market/kline?symbol=ETHUSDT&interval={}&limit=1000", word));
    const json::array& rows = answer.at_pointer("/result/list").as_array();
    ASSERT_EQ(rows.size(), std::min<std::size_t>(1000, expected.size())) << word;
    auto want = expected.rbegin();
    for (const json::value& row : rows) {
      ASSERT_EQ(std::stoll(text_at(row, "/0")), kFirstMs + want->first * 60'000) << word;
      const Row& sum = want->second;
      ASSERT_EQ(text_at(row, "/1"), format_fixed(sum.open)) << word;
      ASSERT_EQ(text_at(row, "/2"), format_fixed(sum.high)) << word;
      ASSERT_EQ(text_at(row, "/3"), format_fixed(sum.low)) << word;
      ASSERT_EQ(text_at(row, "/4"), format_fixed(sum.close)) << word;
      ASSERT_EQ(text_at(row, "/5"), format_fixed(sum.lots * 10'000'000)) << word;
      ASSERT_EQ(text_at(row, "/6"), std::to_string(sum.turnover)) << word;
      ++want;
    }
  }
}

TEST(RestKline, KeepsTheVenuesRulesOfRangeAndLimit) {
  Bench bench({}, 3000);
  const auto ask = [&](const std::string& more) {
    return minutes(bench.get("/v5/market/kline?category=linear&symbol=BTCUSDT&interval=1" + more));
  };
  const auto at = [](std::int64_t minute) { return std::to_string(kFirstMs + minute * 60'000); };
  EXPECT_EQ(ask("").size(), 200U);
  EXPECT_EQ(ask("").front(), 2999);
  EXPECT_EQ(ask("&limit=5000").size(), 1000U);
  using Minutes = std::vector<std::int64_t>;
  EXPECT_EQ(ask("&start=" + at(10) + "&end=" + at(12)), (Minutes{12, 11, 10}));
  EXPECT_EQ(ask("&start=" + at(10) + "&limit=3"), (Minutes{12, 11, 10})) << "forward from start";
  EXPECT_EQ(ask("&end=" + at(12) + "&limit=2"), (Minutes{12, 11}));
  EXPECT_EQ(ask("&start=" + at(10) + "&end=" + at(20) + "&limit=2"), (Minutes{20, 19}));
  EXPECT_EQ(ask("&start=" + std::to_string(kFirstMs + 10 * 60'000 + 1) + "&limit=1"),
            (Minutes{11}));
  EXPECT_EQ(ask("&start=" + at(-100) + "&limit=2"), (Minutes{1, 0}));
  EXPECT_EQ(ask("&start=" + at(4000)), (Minutes{}));
  EXPECT_EQ(ask("&start=&end="), ask("")) << "an empty value is an absent one";
}

TEST(RestKline, StartInsideACandleCanIncludeIt) {
  SimSettings settings;
  settings.kline_start_floor = true;
  Bench bench(settings, 3000);
  const std::string start = std::to_string(kFirstMs + 10 * 60'000 + 1);
  EXPECT_EQ(minutes(bench.get("/v5/market/kline?symbol=BTCUSDT&interval=1&limit=1&start=" + start)),
            (std::vector<std::int64_t>{10}));
}

TEST(RestKline, HasNoRowForAHole) {
  Bench bench({}, 10);
  bench.market.holes_ = {kFirst + 5min, kFirst + 6min};
  EXPECT_EQ(minutes(bench.get("/v5/market/kline?symbol=BTCUSDT&interval=1&limit=4")),
            (std::vector<std::int64_t>{9, 8, 7, 4}));
}

TEST(RestKline, MarkPriceRowsHaveFiveTextsAndTheBasis) {
  SimSettings settings;
  settings.mark_basis_bps = 10.0;
  Bench bench(settings, 2);
  const json::value answer =
      bench.get("/v5/market/mark-price-kline?category=linear&symbol=BTCUSDT&interval=1&limit=1");
  // 50002, 50005.8, 50001.7, 50005.4, each a thousandth higher, on the tick of 0.1.
  EXPECT_EQ(json::serialize(answer.at_pointer("/result/list/0")),
            R"(["1735689660000","50052","50055.8","50051.7","50055.4"])");
  EXPECT_EQ(code(bench.get("/v5/market/mark-price-kline?category=spot&symbol=BTCUSDT&interval=1")),
            10001);
}

TEST(RestRefusals, AreRetCode10001WithStatus200) {
  Bench bench({}, 10);
  for (const char* target :
       {"/v5/market/kline?symbol=btcusdt&interval=1", "/v5/market/kline?symbol=BTCUSDT",
        "/v5/market/kline?symbol=BTCUSDT&interval=7", "/v5/market/kline?interval=1",
        "/v5/market/kline?symbol=BTCUSDT&interval=1&limit=0",
        "/v5/market/kline?symbol=BTCUSDT&interval=1&limit=ten",
        "/v5/market/kline?symbol=BTCUSDT&interval=1&start=9&end=8",
        "/v5/market/kline?category=moon&symbol=BTCUSDT&interval=1",
        "/v5/market/kline?category=spot&symbol=ETHUSDT&interval=1", "/v5/market/instruments-info",
        "/v5/market/instruments-info?category=linear&symbol=XUSDT",
        "/v5/market/instruments-info?category=linear&cursor=nonsense",
        "/v5/market/tickers?symbol=BTCUSDT", "/v5/market/tickers?category=linear&symbol=X",
        "/v5/market/orderbook?category=linear", "/v5/market/recent-trade?category=linear",
        "/v5/market/funding/history?category=linear&symbol=BTCUSDT&startTime=1",
        "/v5/market/funding/history?category=spot&symbol=BTCUSDT"})
    EXPECT_EQ(code(bench.get(target)), 10001) << target;
  EXPECT_EQ(
      bench->on_http("GET", "/v5/market/kline?symbol=X&interval=1").body,
      R"({"retCode":10001,"retMsg":"Not supported symbols","result":{},"retExtInfo":{},"time":1735690200000})");
}

TEST(RestRefusals, AnUnknownPathIsNotFoundAndAMethodIsWrittenInCapitals) {
  Bench bench;
  EXPECT_EQ(bench->on_http("GET", "/v5/market/klines").status, 404);
  EXPECT_EQ(bench->on_http("GET", "/").status, 404);
  EXPECT_EQ(bench->on_http("POST", "/v5/market/time").status, 404);
  EXPECT_EQ(bench->on_http("get", "/v5/market/time").status, 400);
}

TEST(RestInstruments, LinearRowsHaveAllThatAClientReads) {
  Bench bench;
  const json::value answer =
      bench.get("/v5/market/instruments-info?category=linear&symbol=BTCUSDT");
  const json::value& row = answer.at_pointer("/result/list/0");
  for (const auto& [pointer, text] :
       std::map<std::string, std::string>{{"/symbol", "BTCUSDT"},
                                          {"/contractType", "LinearPerpetual"},
                                          {"/status", "Trading"},
                                          {"/baseCoin", "BTC"},
                                          {"/quoteCoin", "USDT"},
                                          {"/settleCoin", "USDT"},
                                          {"/deliveryTime", "0"},
                                          {"/launchTime", "1735689600000"},
                                          {"/priceScale", "1"},
                                          {"/leverageFilter/maxLeverage", "100"},
                                          {"/priceFilter/tickSize", "0.1"},
                                          {"/lotSizeFilter/qtyStep", "0.001"},
                                          {"/lotSizeFilter/minOrderQty", "0.001"},
                                          {"/lotSizeFilter/maxOrderQty", "10000"},
                                          {"/lotSizeFilter/minNotionalValue", "5"}})
    EXPECT_EQ(text_at(row, pointer), text) << pointer;
  EXPECT_EQ(row.at("fundingInterval").as_int64(), 480);
  EXPECT_TRUE(row.at("preListingInfo").is_null());
}

TEST(RestInstruments, ListNothingOfCategoriesThatItHasNot) {
  Bench bench;
  for (const char* const category : {"inverse", "option"}) {
    const json::value answer =
        bench.get(std::string("/v5/market/instruments-info?category=") + category);
    EXPECT_EQ(answer.at("retCode").as_int64(), 0) << answer;
    EXPECT_TRUE(answer.at_pointer("/result/list").as_array().empty());
  }
}

TEST(RestInstruments, SpotRowsNameBasePrecision) {
  Bench bench;
  const json::value answer = bench.get("/v5/market/instruments-info?category=spot");
  EXPECT_EQ(answer.at_pointer("/result/list").as_array().size(), 1U);
  const json::value& row = answer.at_pointer("/result/list/0");
  EXPECT_EQ(text_at(row, "/lotSizeFilter/basePrecision"), "0.000001");
  EXPECT_EQ(text_at(row, "/lotSizeFilter/quotePrecision"), "0.00000001");
  EXPECT_EQ(text_at(row, "/lotSizeFilter/minOrderAmt"), "5");
  EXPECT_EQ(text_at(row, "/priceFilter/tickSize"), "0.01");
  EXPECT_FALSE(answer.at("result").as_object().contains("nextPageCursor"));
}

/// All symbols, page by page, the cursor put into the next query by `encode`.
template <class Encode>
std::vector<std::string> all_pages(Bench& bench, int limit, Encode encode) {
  std::vector<std::string> symbols;
  std::string cursor;
  for (int page = 0; page < 2000; ++page) {
    const json::value answer = bench.get(fmt::format(
        "/v5/market/instruments-info?category=linear&limit={}&cursor={}", limit, encode(cursor)));
    const json::array& rows = answer.at_pointer("/result/list").as_array();
    for (const json::value& row : rows) symbols.push_back(text_at(row, "/symbol"));
    cursor = text_at(answer, "/result/nextPageCursor");
    if (cursor.empty() || rows.empty()) break;
  }
  return symbols;
}

TEST(RestInstruments, PagesJoinToTheWholeListHoweverTheCursorIsEncoded) {
  Bench bench;
  for (int i = 0; i < 1100; ++i)
    bench.market.add(Category::Linear, fmt::format("C{:04}USDT", i), "0.1"_px, "0.001"_qty);
  std::vector<std::string> expected;
  for (const Instrument& what : bench.market.instruments_)
    if (what.category == Category::Linear) expected.emplace_back(what.symbol.view());
  const auto as_is = [](const std::string& cursor) { return cursor; };
  const auto encoded_again = [](const std::string& cursor) {
    std::string out;
    for (const char c : cursor) out += c == '%' ? std::string("%25") : std::string(1, c);
    return out;
  };
  EXPECT_EQ(all_pages(bench, 1000, as_is), expected);
  EXPECT_EQ(all_pages(bench, 7, as_is), expected);
  EXPECT_EQ(all_pages(bench, 551, encoded_again), expected);
  EXPECT_EQ(bench.get("/v5/market/instruments-info?category=linear")
                .at_pointer("/result/list")
                .as_array()
                .size(),
            500U);
}

TEST(RestTickers, ListsTheCategoryOrOneSymbol) {
  Bench bench({}, 30);
  bench.run(10s);
  const json::value linear = bench.get("/v5/market/tickers?category=linear");
  EXPECT_EQ(linear.at_pointer("/result/list").as_array().size(), 2U);
  const json::value spot = bench.get("/v5/market/tickers?category=spot&symbol=BTCUSDT");
  const json::value& row = spot.at_pointer("/result/list/0");
  EXPECT_LT(Price::parse(text_at(row, "/bid1Price")).value(),
            Price::parse(text_at(row, "/ask1Price")).value());
  EXPECT_FALSE(row.as_object().contains("markPrice"));
  EXPECT_EQ(text_at(linear, "/result/list/0/markPrice"),
            text_at(linear, "/result/list/0/lastPrice"));
}

TEST(RestBook, AgreesWithTheStreamOfThatDepth) {
  Bench bench({}, 30);
  const ConnId conn = bench.connect();
  bench.run(10s);
  bench.subscribe(conn, {"orderbook.50.BTCUSDT"});
  const json::value data = bench.io.frames(conn, "orderbook.50.BTCUSDT").at(0).at("data");
  const json::value rest =
      bench.get("/v5/market/orderbook?category=linear&symbol=BTCUSDT&limit=50").at("result");
  EXPECT_EQ(rest.at("b"), data.at("b"));
  EXPECT_EQ(rest.at("a"), data.at("a"));
  EXPECT_EQ(rest.at("seq"), data.at("seq"));
  const auto levels = [&](const char* target) {
    return bench.get(target).at_pointer("/result/b").as_array().size();
  };
  EXPECT_EQ(levels("/v5/market/orderbook?category=linear&symbol=BTCUSDT"), 25U);
  EXPECT_EQ(levels("/v5/market/orderbook?category=spot&symbol=BTCUSDT"), 1U);
}

TEST(RestTrades, AreTheStreamsTradesTurnedRound) {
  Bench bench({}, 30);
  const ConnId conn = bench.connect();
  bench.subscribe(conn, {"publicTrade.BTCUSDT"});
  bench.run(70s);
  std::vector<std::string> streamed;
  for (const json::object& frame : bench.io.frames(conn, "publicTrade.BTCUSDT"))
    for (const json::value& row : frame.at("data").as_array())
      streamed.insert(streamed.begin(), text_at(row, "/i") + text_at(row, "/p") +
                                            text_at(row, "/v") + text_at(row, "/S"));
  const json::value answer = bench.get(fmt::format(
      "/v5/market/recent-trade?category=linear&symbol=BTCUSDT&limit={}", streamed.size()));
  std::vector<std::string> asked;
  for (const json::value& row : answer.at_pointer("/result/list").as_array())
    asked.push_back(text_at(row, "/execId") + text_at(row, "/price") + text_at(row, "/size") +
                    text_at(row, "/side"));
  EXPECT_EQ(asked, streamed);
  EXPECT_EQ(bench.get("/v5/market/recent-trade?category=spot&symbol=BTCUSDT&limit=500")
                .at_pointer("/result/list")
                .as_array()
                .size(),
            60U);
}

TEST(RestFunding, ListsChargedRatesNewestFirst) {
  Bench bench({}, 26 * 60);
  const std::string path = "/v5/market/funding/history?category=linear&symbol=BTCUSDT";
  EXPECT_EQ(
      json::serialize(bench.get(path).at_pointer("/result/list")),
      R"([{"symbol":"BTCUSDT","fundingRate":"0.0001","fundingRateTimestamp":"1735776000000"},)"
      R"({"symbol":"BTCUSDT","fundingRate":"0.0001","fundingRateTimestamp":"1735747200000"},)"
      R"({"symbol":"BTCUSDT","fundingRate":"-0.00025","fundingRateTimestamp":"1735718400000"},)"
      R"({"symbol":"BTCUSDT","fundingRate":"0.0001","fundingRateTimestamp":"1735689600000"}])");
  const json::value some = bench.get(path + "&startTime=1735718400000&endTime=1735747199999");
  EXPECT_EQ(some.at_pointer("/result/list").as_array().size(), 1U);
}

TEST(Decimals, ComeOutAsTheShortestTextThatWentIn) {
  for (const char* text : {"0", "0.1", "31.7", "135191.387", "0.000000001", "1126000.123456789",
                           "123456789.123", "98765432109.25", "1500000000000"}) {
    std::string out;
    append_decimal(out, exact_e9(std::stod(text)));
    EXPECT_EQ(out, text);
  }
  std::string fixed;
  append_decimal(fixed, 36510'500'000'000, 2);
  EXPECT_EQ(fixed, "36510.50");
  EXPECT_EQ(decimals_of(100'000'000), 1);
  EXPECT_EQ(decimals_of(500'000'000'000), 0);
}

}  // namespace
}  // namespace proteus::sim::exchange_test
