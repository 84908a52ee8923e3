#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "connectors/bybit/book_builder.hpp"
#include "harness.hpp"

namespace proteus::bybit {
namespace {

using namespace literals;
using namespace test;
using testing::ElementsAre;
using testing::HasSubstr;

std::string book(std::string_view type, std::int64_t u, std::string_view bids,
                 std::string_view asks, int depth = 50) {
  return fmt::format(
      R"({{"topic":"orderbook.{}.BTCUSDT","ts":{},"type":"{}","data":{{"s":"BTCUSDT","b":[{}],"a":[{}],"u":{},"seq":1}},"cts":1}})",
      depth, kStartMs, type, bids, asks, u);
}

class Books : public testing::Test {
 protected:
  explicit Books(int depth = 50) : h_(settings(depth), one()) {
    h_.start();
    h_.connect();
  }
  static FeedSettings settings(int depth) {
    FeedSettings s = Harness::plain();
    s.book_depth = depth;
    return s;
  }
  std::vector<BookUpdated> books() const { return h_.sink.all<BookUpdated>(); }
  /// The last texts sent.
  std::string sent(std::size_t from_end) const {
    return h_.io.sent.at(h_.io.sent.size() - 1 - from_end).second;
  }
  Harness h_;
};

TEST_F(Books, ReplacesInsertsAndDeletesLevels) {
  h_.frame(book("snapshot", 7, R"(["10","1"],["9","2"])", R"(["11","1"],["12","2"])"));
  h_.frame(book("delta", 8, R"(["10","0"],["9.5","3"],["9","4"])", R"(["12","0"],["11.5","5"])"));
  ASSERT_EQ(books().size(), 2U);
  EXPECT_THAT(books()[1].bids,
              ElementsAre(BookLevel{"9.5"_px, "3"_qty}, BookLevel{"9"_px, "4"_qty}));
  EXPECT_THAT(books()[1].asks,
              ElementsAre(BookLevel{"11"_px, "1"_qty}, BookLevel{"11.5"_px, "5"_qty}));
}

TEST_F(Books, AsksForANewSnapshotAfterAGap) {
  h_.frame(book("snapshot", 7, R"(["10","1"])", R"(["11","1"])"));
  h_.frame(book("delta", 9, R"(["10","2"])", ""));
  EXPECT_EQ(h_.count(AnomalyKind::BookGap), 1U);
  EXPECT_THAT(sent(1), HasSubstr(R"("op":"unsubscribe","args":["orderbook.50.BTCUSDT"])"));
  EXPECT_THAT(sent(0), HasSubstr(R"("op":"subscribe","args":["orderbook.50.BTCUSDT"])"));
  h_.frame(book("delta", 10, R"(["10","2"])", ""));  // Still under way: dropped in silence.
  EXPECT_EQ(h_.count(AnomalyKind::BookGap), 1U);
  h_.frame(book("snapshot", 20, R"(["10","5"])", R"(["11","1"])"));
  ASSERT_EQ(books().size(), 2U);
  EXPECT_THAT(books()[1].bids, ElementsAre(BookLevel{"10"_px, "5"_qty}));
}

TEST_F(Books, AsksAgainWhenNoSnapshotComes) {
  h_.frame(book("snapshot", 7, R"(["10","1"])", R"(["11","1"])"));
  h_.frame(book("delta", 9, "", ""));
  h_.acknowledge(0);
  const std::size_t before = h_.io.sent.size();
  h_.pass(500ms);
  EXPECT_EQ(h_.io.sent.size(), before);
  h_.pass(6s);
  EXPECT_GT(h_.io.sent.size(), before);
}

TEST_F(Books, SeesAStepBack) {
  h_.frame(book("snapshot", 7, R"(["10","1"])", R"(["11","1"])"));
  h_.frame(book("delta", 7, R"(["10","2"])", ""));
  EXPECT_EQ(h_.count(AnomalyKind::BookGap), 1U);
}

TEST_F(Books, SetsADeltaBeforeItsSnapshotAside) {
  h_.frame(book("delta", 9, R"(["10","2"])", ""));
  EXPECT_EQ(h_.count(AnomalyKind::BookStale), 1U);
  EXPECT_TRUE(books().empty());
}

TEST_F(Books, NeverShowsACrossedBook) {
  h_.frame(book("snapshot", 7, R"(["10","1"])", R"(["11","1"])"));
  h_.frame(book("delta", 8, R"(["11","2"])", ""));
  EXPECT_EQ(h_.count(AnomalyKind::CrossedBook), 1U);
  EXPECT_EQ(books().size(), 1U);
  EXPECT_THAT(sent(0), HasSubstr("orderbook.50.BTCUSDT"));
}

TEST_F(Books, TakesUpdateOneForASnapshot) {
  h_.frame(book("snapshot", 70, R"(["10","1"])", R"(["11","1"])"));
  h_.frame(book("delta", 1, R"(["8","1"])", R"(["9","1"])"));
  ASSERT_EQ(books().size(), 2U);
  EXPECT_THAT(books()[1].bids, ElementsAre(BookLevel{"8"_px, "1"_qty}));
  EXPECT_TRUE(h_.sink.all<FeedAnomaly>().empty());
}

TEST_F(Books, BeginsAnewWithEachConnection) {
  h_.frame(book("snapshot", 7, R"(["10","1"])", R"(["11","1"])"));
  h_.feed->on_closed(0, error(ErrorCode::Io, "reset"), h_.now);
  h_.pass(1s);
  h_.connect();
  h_.frame(book("delta", 8, R"(["10","2"])", ""));
  EXPECT_EQ(h_.count(AnomalyKind::BookStale), 1U);
}

TEST(BookBuilder, CutsToTheDepthAndIgnoresRepeatsOfLevelOne) {
  BookBuilder builder(1);
  const std::vector<BookLevel> bids = {{"10"_px, "1"_qty}, {"9"_px, "1"_qty}};
  const std::vector<BookLevel> asks = {{"11"_px, "1"_qty}, {"12"_px, "1"_qty}};
  BookFrame frame;
  frame.depth = 1;
  frame.snapshot = true;
  frame.update_id = 5;
  frame.bids = bids;
  frame.asks = asks;
  EXPECT_EQ(builder.on_frame(frame), BookStep::Changed);
  EXPECT_THAT(builder.bids(), ElementsAre(BookLevel{"10"_px, "1"_qty}));
  EXPECT_THAT(builder.asks(), ElementsAre(BookLevel{"11"_px, "1"_qty}));
  EXPECT_EQ(builder.on_frame(frame), BookStep::Same);
  frame.update_id = 9;  // Level 1 comes as snapshots: its ids may jump.
  EXPECT_EQ(builder.on_frame(frame), BookStep::Changed);
}

class Tickers : public testing::Test {
 protected:
  Tickers() : h_(settings()) {
    h_.start();
    h_.connect(0);
    h_.connect(1);
  }
  static FeedSettings settings() {
    FeedSettings s = Harness::plain();
    s.tickers = true;
    return s;
  }
  std::vector<TickerUpdated> told() const { return h_.sink.all<TickerUpdated>(); }
  Harness h_;
};

TEST_F(Tickers, MergesDeltasIntoTheSnapshot) {
  h_.frame(kTickerSnapshot);
  h_.frame(kTickerDelta);
  ASSERT_EQ(told().size(), 2U);
  EXPECT_EQ(told()[1].mark, "36511.3"_px);
  EXPECT_EQ(told()[1].last, "36510.5"_px);
  EXPECT_EQ(told()[1].index, "36512.01"_px);
  EXPECT_TRUE(told()[1].funding_known);
  EXPECT_EQ(told()[1].funding_rate_e9, 100'000);
  EXPECT_EQ(told()[1].next_funding, from_unix_ms(1700006400000));
}

TEST_F(Tickers, SpeaksOnlyWhenSomethingChanged) {
  h_.frame(kTickerSnapshot);
  h_.frame(
      R"({"topic":"tickers.BTCUSDT","type":"delta","data":{"symbol":"BTCUSDT","bid1Size":"9.000","markPrice":"36511.2"},"cs":1,"ts":1700000000731})");
  EXPECT_EQ(told().size(), 1U);
}

TEST_F(Tickers, TellsTheStandingStateAgainWhileTheMarketIsQuietButAlive) {
  h_.frame(kTickerSnapshot);
  h_.pass(4s);
  h_.frame(h_.bar(0, false));
  EXPECT_EQ(told().size(), 1U);
  h_.pass(2s);
  EXPECT_EQ(told().size(), 1U);  // Time alone confirms nothing.
  h_.frame(h_.bar(0, false));
  ASSERT_EQ(told().size(), 2U);
  EXPECT_EQ(told()[1].mark, told()[0].mark);
}

TEST_F(Tickers, ConfirmsNothingFromBeforeAReconnect) {
  h_.frame(kTickerSnapshot);
  h_.feed->on_closed(0, error(ErrorCode::Io, "reset"), h_.now);
  h_.pass(10s);
  h_.connect();
  h_.frame(h_.bar(0, false));
  EXPECT_EQ(told().size(), 1U);
}

TEST_F(Tickers, DropsADeltaBeforeItsSnapshotAlsoAfterAReconnect) {
  h_.frame(kTickerDelta);
  EXPECT_EQ(h_.count(AnomalyKind::TickerBeforeSnapshot), 1U);
  h_.frame(kTickerSnapshot);
  h_.feed->on_closed(0, error(ErrorCode::Io, "reset"), h_.now);
  h_.pass(1s);
  h_.connect();
  h_.frame(kTickerDelta);
  EXPECT_EQ(h_.count(AnomalyKind::TickerBeforeSnapshot), 2U);
  EXPECT_EQ(told().size(), 1U);
}

TEST_F(Tickers, AsksAnewWhenTheSnapshotWasLost) {
  const std::size_t before = h_.io.sent.size();
  h_.frame(kTickerDelta);
  h_.frame(kTickerDelta);
  ASSERT_EQ(h_.io.sent.size(), before + 2);  // Once, not for each delta.
  EXPECT_THAT(h_.io.sent[before].second,
              HasSubstr(R"("op":"unsubscribe","args":["tickers.BTCUSDT"])"));
  EXPECT_THAT(h_.io.sent[before + 1].second,
              HasSubstr(R"("op":"subscribe","args":["tickers.BTCUSDT"])"));
}

TEST(TickersOfAPacedVenue, AskAgainInTheVenuesTimeWhenTheSecondSnapshotIsLostToo) {
  FeedSettings settings = Harness::plain();
  settings.tickers = true;
  settings.clock = ClockMode::Frames;
  Harness h(settings, one());
  h.start();
  h.connect();
  const auto delta = [](std::int64_t ms) {
    return fmt::format(
        R"({{"topic":"tickers.BTCUSDT","type":"delta","data":{{"symbol":"BTCUSDT","markPrice":"1"}},"cs":1,"ts":{}}})",
        kStartMs + ms);
  };
  h.frame(delta(1'000));
  const std::size_t asked = h.io.sent.size();
  h.frame(delta(5'900));
  EXPECT_EQ(h.io.sent.size(), asked);
  h.frame(delta(6'100));  // No real time has passed.
  EXPECT_EQ(h.io.sent.size(), asked + 2);
}

TEST_F(Tickers, LetsNoNonsenseIntoItsState) {
  h_.frame(kTickerSnapshot);
  for (const char* price : {"-1", "0", "NaN", "1e9", "abc"})
    h_.frame(fmt::format(
        R"({{"topic":"tickers.BTCUSDT","type":"delta","data":{{"symbol":"BTCUSDT","indexPrice":"5","markPrice":"{}"}},"cs":1,"ts":1}})",
        price));
  EXPECT_EQ(h_.count(AnomalyKind::AbsurdTicker), 5U);
  h_.frame(kTickerDelta);
  ASSERT_EQ(told().size(), 2U);
  EXPECT_EQ(told()[1].index, "36512.01"_px);
}

TEST_F(Tickers, GivesSpotItsLastPriceAsMark) {
  h_.frame(
      R"({"topic":"tickers.BTCUSDT","ts":1700000000630,"type":"snapshot","cs":1,"data":{"symbol":"BTCUSDT","lastPrice":"21109.77","highPrice24h":"21426.99","lowPrice24h":"20575","prevPrice24h":"20704.93","volume24h":"6780.8","turnover24h":"141946527.2","price24hPcnt":"0.0196","usdIndexPrice":"21120.2"}})",
      1);
  ASSERT_EQ(told().size(), 1U);
  EXPECT_EQ(told()[0].instrument, InstrumentId{2});
  EXPECT_EQ(told()[0].mark, "21109.77"_px);
  EXPECT_FALSE(told()[0].funding_known);
}

}  // namespace
}  // namespace proteus::bybit
