// Exact bad frames from a venue that says what it is told to: each is counted by its kind, the next
// good one is decided, and nothing is lost.
#include <fmt/format.h>

#include "tests/integration/scripted_session.hpp"

namespace proteus::app {
namespace {

using Counts = std::map<std::string, int>;

Counts counts(const Log& log) {
  Counts found;
  for (const FeedAnomaly& anomaly : log.anomalies) ++found[std::string(to_string(anomaly.kind))];
  return found;
}

struct BadFrame {
  const char* name;
  void (*say)(ScriptedVenue&);  ///< while bar 2 runs
  Counts expected;
};

std::string replaced(std::string text, std::string_view what, std::string_view with) {
  const std::size_t at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return text.replace(at, what.size(), with);
}

/// Bar 2 as it closes, with one thing wrong.
void say_spoiled(ScriptedVenue& v, std::string_view what, std::string_view with) {
  v.now = ScriptedSession::bar(3);
  v.send(replaced(v.kline(ScriptedSession::bar(2), {}), what, with));
}
void say_row(ScriptedVenue& v, const Row& row) {
  v.now = ScriptedSession::bar(3);
  v.send(v.kline(ScriptedSession::bar(2), row));
}

const BadFrame kBadFrames[] = {
    {"PriceThatIsNaN",
     [](ScriptedVenue& v) { say_spoiled(v, "\"105\"", "\"NaN\""); },
     {{"malformed", 1}}},
    {"PriceThatIsABareNaN",
     [](ScriptedVenue& v) { say_spoiled(v, "\"105\"", "NaN"); },
     {{"malformed", 1}}},
    {"VolumeThatIsNaN",
     [](ScriptedVenue& v) { say_spoiled(v, "\"12.5\"", "\"nan\""); },
     {{"malformed", 1}}},
    {"VolumeThatIsInfinite",
     [](ScriptedVenue& v) { say_spoiled(v, "\"12.5\"", "\"1e999\""); },
     {{"malformed", 1}}},
    {"PriceBeyondTheRange",
     [](ScriptedVenue& v) { say_spoiled(v, "\"105\"", "\"99999999999\""); },
     {{"malformed", 1}}},
    {"PriceOfTooManyDecimals",
     [](ScriptedVenue& v) { say_spoiled(v, "\"105\"", "\"105.0000000001\""); },
     {{"malformed", 1}}},
    {"NegativePrice", [](ScriptedVenue& v) { say_row(v, {.low = "-90"}); }, {{"absurd_bar", 1}}},
    {"PriceOfZero", [](ScriptedVenue& v) { say_row(v, {.low = "0"}); }, {{"absurd_bar", 1}}},
    {"NegativeVolume", [](ScriptedVenue& v) { say_row(v, {.volume = "-1"}); }, {{"absurd_bar", 1}}},
    {"HighBelowLow", [](ScriptedVenue& v) { say_row(v, {.high = "80"}); }, {{"absurd_bar", 1}}},
    {"CloseAboveHigh", [](ScriptedVenue& v) { say_row(v, {.close = "111"}); }, {{"absurd_bar", 1}}},
    {"BarOfTheFuture",
     [](ScriptedVenue& v) { v.send(v.kline(ScriptedSession::bar(62), {}, false)); },
     {{"future_bar", 1}}},
    {"BarClosedBeforeItsEnd",
     [](ScriptedVenue& v) {
       v.now = ScriptedSession::bar(2) + 10s;
       v.send(v.kline(ScriptedSession::bar(2), {}));
     },
     {{"future_bar", 1}}},
    {"TimeDaysAhead",
     [](ScriptedVenue& v) {
       const Timestamp now = v.now;
       v.now += std::chrono::hours{48};
       const std::string frame = v.kline(ScriptedSession::bar(2), {}, false);
       v.now = now;
       v.send(frame);
     },
     {{"clock_skew", 1}}},
    {"ClosedBarTwiceAgain",
     [](ScriptedVenue& v) {
       v.send(v.kline(ScriptedSession::bar(1), {}));
       v.send(v.kline(ScriptedSession::bar(1), {}));
     },
     {{"duplicate_bar", 2}}},
    {"ClosedBarOtherwise",
     [](ScriptedVenue& v) { v.send(v.kline(ScriptedSession::bar(1), {.close = "106"})); },
     {{"conflicting_bar", 1}}},
    {"BarLongAgo",
     [](ScriptedVenue& v) { v.send(v.kline(ScriptedSession::bar(-60), {})); },
     {{"out_of_order_bar", 1}}},
    {"BarOffItsGrid",
     [](ScriptedVenue& v) { v.send(v.kline(ScriptedSession::bar(2) + 1s, {}, false)); },
     {{"malformed", 1}}},
    {"NoConfirm",
     [](ScriptedVenue& v) { say_spoiled(v, "\"confirm\":true,", ""); },
     {{"malformed", 1}}},
    {"PriceThatIsTrue",
     [](ScriptedVenue& v) { say_spoiled(v, "\"105\"", "true"); },
     {{"malformed", 1}}},
    {"Truncated",
     [](ScriptedVenue& v) { v.send(v.kline(ScriptedSession::bar(2), {}, false).substr(0, 90)); },
     {{"malformed", 1}}},
    {"Binary",
     [](ScriptedVenue& v) {
       std::string bytes;
       for (int i = 255; i >= 0; --i) bytes += static_cast<char>(i);
       v.send_binary(bytes);
     },
     {{"malformed", 1}}},
    {"Empty", [](ScriptedVenue& v) { v.send(""); }, {{"malformed", 1}}},
    {"JsonThatIsNoObject",
     [](ScriptedVenue& v) {
       for (const char* text : {"[]", "null", "42", "\"text\"", "true"}) v.send(text);
     },
     {{"malformed", 5}}},
    {"TenThousandBrackets",
     [](ScriptedVenue& v) { v.send(std::string(10'000, '[')); },
     {{"malformed", 1}}},
    {"HundredThousandLevels",
     [](ScriptedVenue& v) {
       v.send(std::string(100'000, '['));
       v.send(R"({"a":)" + std::string(100'000, '[') + std::string(100'000, ']') + "}");
       std::string objects;
       for (int i = 0; i < 100'000; ++i) objects += R"({"a":)";
       v.send(objects);
     },
     {{"malformed", 2}, {"unknown_topic", 1}}},
    {"TenMegabytes",
     [](ScriptedVenue& v) {
       v.send(std::string(10'000'000, 'x'));
       v.send(replaced(v.kline(ScriptedSession::bar(2), {}, false), "\"105\"",
                       "\"" + std::string(10'000'000, '9') + "\""));
     },
     {{"malformed", 2}}},
    {"CommandThatIsBrokenJson",
     [](ScriptedVenue& v) { v.send(R"({"op" "x","type":"COMMAND_RESP"})"); },
     {{"malformed", 1}}},
    {"TwoFramesInOne",
     [](ScriptedVenue& v) {
       const std::string frame = v.kline(ScriptedSession::bar(2), {}, false);
       v.send(frame + frame);
     },
     {{"malformed", 1}}},
    {"TopicNobodyAskedFor",
     [](ScriptedVenue& v) {
       v.send(replaced(v.kline(ScriptedSession::bar(2), {}, false), "kline.1.BTC", "novel.1.BTC"));
     },
     {{"unknown_topic", 1}}},
};

class BadFrameTest : public ::testing::TestWithParam<BadFrame> {};

TEST_P(BadFrameTest, IsCountedAndTheNextGoodOneIsDecided) {
  ScriptedSession session;

  GetParam().say(session.venue);
  session.venue.close_bar(ScriptedSession::bar(2), {.close = "107"});
  ASSERT_TRUE(session.daemon.run_to_bars(3)) << session.daemon.status();

  for (const auto& [kind, count] : GetParam().expected)
    EXPECT_EQ(session.daemon.figure("anomalies." + kind), count);
  const Log log = session.end();
  EXPECT_EQ(counts(log), GetParam().expected);
  ASSERT_EQ(log.bars.size(), 3U);
  EXPECT_EQ(log.bars[2].bar.open_time, ScriptedSession::bar(2));
  EXPECT_EQ(log.bars[2].bar.close.to_string(), "107");
  ASSERT_EQ(log.decisions.size(), 3U);
  EXPECT_EQ(log.decisions[2].close.to_string(), "107");
}

INSTANTIATE_TEST_SUITE_P(All, BadFrameTest, ::testing::ValuesIn(kBadFrames),
                         [](const auto& each) { return each.param.name; });

TEST(BadFrames, TextThatIsNoUtf8CostsTheConnectionAndNoBar) {
  ScriptedSession session;
  session.venue.send("{\"topic\":\"\xff\xfe\"}");
  ASSERT_TRUE(run_until(session.loop, [&] {
    return session.daemon.figure("feed.reconnects") == 1 &&
           word(session.daemon.status(), "feed_live") == "true";
  })) << session.daemon.status();

  session.venue.close_bar(ScriptedSession::bar(2), {});
  ASSERT_TRUE(session.daemon.run_to_bars(3)) << session.daemon.status();
  EXPECT_EQ(session.end().bars.size(), 3U);
}

TEST(BadFrames, LargerThanAnyMessageCostsTheConnectionAndNoBar) {
  ScriptedSession session;
  session.venue.send(std::string(17U << 20U, 'x'));
  ASSERT_TRUE(run_until(session.loop, [&] {
    return session.daemon.figure("feed.reconnects") == 1 &&
           word(session.daemon.status(), "feed_live") == "true";
  })) << session.daemon.status();

  session.venue.close_bar(ScriptedSession::bar(2), {});
  ASSERT_TRUE(session.daemon.run_to_bars(3)) << session.daemon.status();
  const Log log = session.end();
  EXPECT_EQ(log.bars.size(), 3U);
  const auto lost = std::find_if(log.feed.begin(), log.feed.end(),
                                 [](const FeedChanged& f) { return f.state == FeedState::Lost; });
  ASSERT_NE(lost, log.feed.end());
  EXPECT_THAT(std::string(lost->cause.view()), ::testing::HasSubstr("larger than the bound"));
}

TEST(BadFrames, ABookOfMoreLevelsThanTheVenueHasIsRefusedWhole) {
  ScriptedSession session({"feed.book_depth=50"});
  ASSERT_TRUE(
      run_until(session.loop, [&] { return session.venue.has_reader("orderbook.50.BTCUSDT"); }));
  std::string levels;
  for (int i = 0; i < 1'001; ++i)
    levels += fmt::format(R"({}["{}","1"])", i == 0 ? "" : ",", 100 + i);
  session.venue.send(fmt::format(
      R"({{"topic":"orderbook.50.BTCUSDT","type":"snapshot","ts":{},"data":{{"s":"BTCUSDT","b":[{}],"a":[],"u":5}}}})",
      to_unix_ms(session.venue.now), levels));
  session.venue.close_bar(ScriptedSession::bar(2), {});
  ASSERT_TRUE(session.daemon.run_to_bars(3)) << session.daemon.status();
  const Log log = session.end();
  EXPECT_EQ(counts(log), (Counts{{"malformed", 1}}));
  EXPECT_TRUE(log.books.empty());
}

TEST(BadFrames, AbsurdTickersMoveNothing) {
  ScriptedSession session;
  const auto say = [&](const char* type, const char* fields) {
    session.venue.send(fmt::format(
        R"({{"topic":"tickers.BTCUSDT","type":"{}","ts":{},"cs":1,"data":{{"symbol":"BTCUSDT",{}}}}})",
        type, to_unix_ms(session.venue.now), fields));
  };
  say("delta", R"("markPrice":"104")");
  say("snapshot",
      R"("lastPrice":"105","markPrice":"105.5","indexPrice":"105","fundingRate":"0.0001")");
  say("delta", R"("markPrice":"NaN")");
  say("delta", R"("markPrice":"-1")");
  say("delta", R"("lastPrice":"0")");
  say("delta", R"("fundingRate":"7")");
  say("delta", R"("markPrice":"106.5")");
  session.venue.close_bar(ScriptedSession::bar(2), {});
  ASSERT_TRUE(session.daemon.run_to_bars(3)) << session.daemon.status();

  const Log log = session.end();
  EXPECT_EQ(counts(log), (Counts{{"ticker_before_snapshot", 1}, {"absurd_ticker", 4}}));
  // The last one stands, and is told again when a later frame shows that the market is only quiet.
  std::vector<std::string> marks;
  for (const TickerUpdated& ticker : log.tickers) marks.push_back(ticker.mark.to_string());
  ASSERT_THAT(marks, ::testing::ElementsAre("105.5", "106.5", "106.5"));
  EXPECT_EQ(log.tickers[1].last.to_string(), "105");
  EXPECT_EQ(log.tickers[1].funding_rate_e9, 100'000);
}

TEST(BadFrames, ABadBookIsVoidUntilItsNextSnapshot) {
  ScriptedSession session({"feed.book_depth=50"});
  const std::string topic = "orderbook.50.BTCUSDT";
  ASSERT_TRUE(run_until(session.loop, [&] { return session.venue.has_reader(topic); }));
  const auto say = [&](const char* type, int update, const char* bids, const char* asks) {
    session.venue.send(fmt::format(
        R"({{"topic":"{}","type":"{}","ts":{},"data":{{"s":"BTCUSDT","b":[{}],"a":[{}],"u":{},"seq":{}}}}})",
        topic, type, to_unix_ms(session.venue.now), bids, asks, update, update));
  };
  const auto asked_again = [&](int times) {
    return run_until(session.loop,
                     [&, times] { return session.venue.subscriptions(topic) == times; });
  };
  say("delta", 5, R"(["100","1"])", "");
  ASSERT_TRUE(asked_again(2)) << "a delta before its snapshot";
  say("snapshot", 10, R"(["100","1"])", R"(["101","1"])");
  say("delta", 11, R"(["102","1"])", "");  // Above the best ask.
  ASSERT_TRUE(asked_again(3)) << "crossed";
  say("delta", 12, R"(["99","1"])", "");  // Of a book that is void.
  say("snapshot", 20, R"(["100","2"])", R"(["101","2"])");
  say("delta", 21, R"(["100","NaN"])", "");
  say("delta", 21, R"(["100","-3"])", "");
  say("delta", 23, R"(["100","4"])", "");  // 22 is missing.
  ASSERT_TRUE(asked_again(4)) << "a gap";
  say("snapshot", 30, R"(["100","5"])", R"(["101","5"])");
  session.venue.close_bar(ScriptedSession::bar(2), {});
  ASSERT_TRUE(session.daemon.run_to_bars(3)) << session.daemon.status();

  const Log log = session.end();
  Counts found = counts(log);
  EXPECT_EQ(found["crossed_book"], 1);
  EXPECT_EQ(found["book_gap"], 1);
  EXPECT_EQ(found["book_stale"], 1);
  EXPECT_EQ(found["malformed"], 2);
  std::vector<std::string> sizes;
  for (const BookUpdated& book : log.books) sizes.push_back(book.bids.at(0).size.to_string());
  EXPECT_THAT(sizes, ::testing::ElementsAre("1", "2", "5"));
}

TEST(MissingBar, ThatRestLacksTooIsAVisibleGapAndTheEngineGoesOn) {
  ScriptedSession session;
  session.venue.close_bar(ScriptedSession::bar(3), {.close = "108"});
  session.venue.close_bar(ScriptedSession::bar(4), {.close = "109"});
  ASSERT_TRUE(session.daemon.run_to_bars(4)) << session.daemon.status();

  EXPECT_EQ(session.daemon.figure("gaps"), 1);
  EXPECT_EQ(session.daemon.figure("anomalies.missing_bar"), 1);
  const Log log = session.end();
  ASSERT_EQ(log.anomalies.size(), 1U);
  EXPECT_THAT(std::string(log.anomalies[0].detail.view()),
              ::testing::HasSubstr("the venue has no bar from 2025-06-03T00:02:00.000Z"));
  std::vector<Timestamp> opens;
  for (const DecisionRecord& decision : log.decisions) opens.push_back(decision.bar_open);
  EXPECT_THAT(opens, ::testing::ElementsAre(ScriptedSession::bar(0), ScriptedSession::bar(1),
                                            ScriptedSession::bar(3), ScriptedSession::bar(4)));
}

TEST(MissingBar, ThatRestHasIsFetchedBeforeTheNext) {
  ScriptedSession session;
  session.venue.rows[ScriptedSession::bar(2)] = {.close = "107"};
  session.venue.close_bar(ScriptedSession::bar(3), {.close = "108"});
  ASSERT_TRUE(session.daemon.run_to_bars(4)) << session.daemon.status();

  EXPECT_EQ(session.daemon.figure("gaps"), 0);
  EXPECT_EQ(session.daemon.figure("feed.backfilled"), 1);
  const Log log = session.end();
  EXPECT_EQ(log.anomalies.size(), 0U);
  ASSERT_EQ(log.bars.size(), 4U);
  EXPECT_EQ(log.bars[2].source, BarSource::Backfill);
  EXPECT_EQ(log.bars[2].bar.close.to_string(), "107");
}

}  // namespace
}  // namespace proteus::app
