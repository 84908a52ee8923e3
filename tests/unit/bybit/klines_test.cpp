// How frames and REST rows become closed bars: the traps of kline streams one by one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness.hpp"

namespace proteus::bybit {
namespace {

using namespace test;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// Connected, live, venue time in minute 0.
class Klines : public testing::Test {
 protected:
  Klines() : h_(Harness::plain(), one(), kStartMs + 1'000) {
    h_.start();
    h_.connect();
  }
  /// Venue (and real) time moves to so many milliseconds after the start of `minute`.
  void to(std::int64_t minute, std::int64_t ms) {
    const Timestamp target = from_unix_ms(kStartMs + minute * kMinuteMs + ms);
    h_.now += target - h_.clock.at(h_.now);
  }
  Harness h_;
};

TEST_F(Klines, HandsOnAClosedBarAndNoRunningOne) {
  h_.frame(h_.bar(0, false));
  EXPECT_THAT(h_.minutes(), IsEmpty());
  to(1, 5);
  h_.frame(h_.bar(0, true));
  EXPECT_THAT(h_.minutes(), ElementsAre(0));
  const BarClosed bar = h_.sink.all<BarClosed>()[0];
  EXPECT_EQ(bar.source, BarSource::Stream);
  EXPECT_EQ(bar.bar.close, Price::parse("100").value());
}

TEST_F(Klines, CountsARepeatedConfirmOnce) {
  to(1, 5);
  h_.frame(h_.bar(0, true));
  h_.frame(h_.bar(0, true));
  EXPECT_THAT(h_.minutes(), ElementsAre(0));
  EXPECT_EQ(h_.count(AnomalyKind::DuplicateBar), 1U);
}

TEST_F(Klines, OnlyRecordsAConflictAfterTheBarWasHandedOn) {
  to(1, 5);
  h_.frame(h_.bar(0, true));
  h_.frame(h_.bar(0, true, "777"));
  EXPECT_THAT(h_.minutes(), ElementsAre(0));
  EXPECT_EQ(h_.count(AnomalyKind::ConflictingBar), 1U);
}

TEST_F(Klines, FetchesABarWhoseCloseWasSkipped) {
  h_.frame(h_.bar(0, false));
  to(1, 1'500);
  h_.frame(h_.bar(1, false));
  ASSERT_EQ(h_.io.gets.size(), 1U);
  EXPECT_THAT(h_.io.gets[0].second,
              HasSubstr(fmt::format("/v5/market/kline?category=linear&symbol=BTCUSDT&interval=1"
                                    "&start={}&end={}",
                                    kStartMs, kStartMs)));
  h_.answer(0, h_.rows({1, 0}));  // The running bar stands first, and is dropped.
  EXPECT_THAT(h_.minutes(), ElementsAre(0));
  EXPECT_EQ(h_.sink.all<BarClosed>()[0].source, BarSource::Backfill);
}

TEST_F(Klines, WaitsForAFinalRowBeforeItAsks) {
  h_.frame(h_.bar(0, false));
  to(1, 200);
  h_.frame(h_.bar(1, false));
  EXPECT_THAT(h_.io.gets, IsEmpty());  // Late matches may still change the row.
  h_.pass(900ms);
  EXPECT_EQ(h_.io.gets.size(), 1U);
}

TEST_F(Klines, FetchesABarWhoseCloseIsOverdue) {
  h_.frame(h_.bar(0, false));
  to(1, 2'000);
  h_.pass(400ms);
  EXPECT_THAT(h_.io.gets, IsEmpty());
  h_.pass(200ms);
  ASSERT_EQ(h_.io.gets.size(), 1U);
  h_.answer(0, h_.rows({0}));
  EXPECT_THAT(h_.minutes(), ElementsAre(0));
}

TEST_F(Klines, HoldsLaterBarsBackUntilTheHoleIsFilled) {
  to(1, 5);
  h_.frame(h_.bar(0, true));
  to(3, 1'500);
  h_.frame(h_.bar(2, true));
  EXPECT_THAT(h_.minutes(), ElementsAre(0));
  ASSERT_EQ(h_.io.gets.size(), 1U);
  to(4, 5);
  h_.frame(h_.bar(3, true));
  h_.answer(0, h_.rows({1}));
  EXPECT_THAT(h_.minutes(), ElementsAre(0, 1, 2, 3));
}

TEST_F(Klines, NeedsNoAnswerWhenTheLateCloseComesByItself) {
  to(1, 5);
  h_.frame(h_.bar(0, true));
  to(2, 1'500);
  h_.frame(h_.bar(2, false));
  ASSERT_EQ(h_.io.gets.size(), 1U);
  h_.frame(h_.bar(1, true));
  EXPECT_THAT(h_.minutes(), ElementsAre(0, 1));
  h_.answer(0, h_.rows({1}));
  EXPECT_THAT(h_.minutes(), ElementsAre(0, 1));
  EXPECT_THAT(h_.sink.all<FeedAnomaly>(), IsEmpty());
}

TEST_F(Klines, LetsRestDecideBetweenTwoClosesOfAHeldBar) {
  to(1, 5);
  h_.frame(h_.bar(0, true));
  to(3, 1'500);
  h_.frame(h_.bar(2, true, "555"));
  h_.frame(h_.bar(2, true, "556"));
  EXPECT_EQ(h_.count(AnomalyKind::ConflictingBar), 1U);
  h_.answer(0, h_.rows({1}));
  EXPECT_THAT(h_.minutes(), ElementsAre(0, 1));
  ASSERT_EQ(h_.io.gets.size(), 2U);
  h_.answer(1, h_.rows({2}));
  EXPECT_THAT(h_.minutes(), ElementsAre(0, 1, 2));
  EXPECT_EQ(h_.sink.all<BarClosed>()[2].bar.close, Price::parse("102").value());
}

TEST_F(Klines, LetsARestRowWinOverABarThatIsStillHeld) {
  to(1, 5);
  h_.frame(h_.bar(0, true));
  to(3, 1'500);
  h_.frame(h_.bar(3, false));  // Minutes 1 and 2 are asked for.
  h_.frame(h_.bar(2, true, "555"));
  h_.answer(0, h_.rows({3, 2, 1}));
  EXPECT_THAT(h_.minutes(), ElementsAre(0, 1, 2));
  EXPECT_EQ(h_.sink.all<BarClosed>()[2].bar.close, Price::parse("102").value());
  EXPECT_EQ(h_.sink.all<BarClosed>()[2].source, BarSource::Backfill);
  EXPECT_EQ(h_.count(AnomalyKind::ConflictingBar), 1U);
}

TEST_F(Klines, TakesFromAnAnswerOnlyWhatWasAskedFor) {
  to(1, 5);
  h_.frame(h_.bar(0, true));
  to(2, 1'500);
  h_.frame(h_.bar(2, false));  // Minute 1 is asked for.
  to(3, 1'500);
  h_.frame(h_.bar(2, true, "555"));
  h_.answer(0, h_.rows({2, 1}));
  EXPECT_THAT(h_.minutes(), ElementsAre(0, 1, 2));
  EXPECT_EQ(h_.sink.all<BarClosed>()[2].bar.close, Price::parse("555").value());
}

TEST_F(Klines, GivesUpOnABarTheVenueDoesNotHave) {
  to(1, 5);
  h_.frame(h_.bar(0, true));
  to(3, 1'500);
  h_.frame(h_.bar(2, true));
  for (std::size_t i = 0; i < 4; ++i) {
    ASSERT_EQ(h_.io.gets.size(), i + 1);
    EXPECT_EQ(h_.count(AnomalyKind::MissingBar), 0U);
    h_.answer(i, h_.rows({}));
    h_.pass(1100ms);
  }
  EXPECT_EQ(h_.count(AnomalyKind::MissingBar), 1U);
  EXPECT_THAT(h_.minutes(), ElementsAre(0, 2));
  EXPECT_EQ(h_.io.gets.size(), 4U);
}

TEST_F(Klines, NeverSkipsABarBecauseRestIsDown) {
  to(1, 5);
  h_.frame(h_.bar(0, true));
  to(3, 1'500);
  h_.frame(h_.bar(2, true));
  for (std::size_t i = 0; i < 12; ++i) {
    h_.answer(i, "<html>502 Bad Gateway</html>", 502);
    h_.await_gets(i + 2);
  }
  EXPECT_THAT(h_.minutes(), ElementsAre(0));
  EXPECT_EQ(h_.count(AnomalyKind::RestFailed), 12U);
  EXPECT_EQ(h_.count(AnomalyKind::MissingBar), 0U);
  h_.answer(12, h_.rows({1}));
  EXPECT_THAT(h_.minutes(), ElementsAre(0, 1, 2));
}

TEST_F(Klines, SetsAsideABarOfTheFuture) {
  h_.frame(h_.bar(5, false));
  h_.frame(h_.bar(0, true));  // Closed 59 s before its end.
  EXPECT_EQ(h_.count(AnomalyKind::FutureBar), 2U);
  EXPECT_THAT(h_.minutes(), IsEmpty());
  EXPECT_THAT(h_.io.gets, IsEmpty());
  to(1, 5);
  h_.frame(h_.bar(0, true));
  EXPECT_THAT(h_.minutes(), ElementsAre(0));
}

TEST_F(Klines, ToleratesAClockThatIsALittleBehind) {
  to(0, 58'500);
  h_.frame(h_.bar(0, true));
  EXPECT_THAT(h_.minutes(), ElementsAre(0));
}

TEST_F(Klines, AsksRestWhatAnAbsurdBarReallyWas) {
  h_.frame(h_.bar(0, false));
  to(1, 1'500);
  h_.frame(h_.bar(0, true, "100000"));  // Above its high.
  EXPECT_EQ(h_.count(AnomalyKind::AbsurdBar), 1U);
  EXPECT_THAT(h_.minutes(), IsEmpty());
  ASSERT_EQ(h_.io.gets.size(), 1U);
  h_.answer(0, h_.rows({0}));
  EXPECT_THAT(h_.minutes(), ElementsAre(0));
}

TEST_F(Klines, CountsAnOldBarThatComesAfterNewerOnes) {
  to(1, 5);
  h_.frame(h_.bar(0, true));
  h_.frame(h_.bar(0, false));
  EXPECT_EQ(h_.count(AnomalyKind::OutOfOrderBar), 1U);
  h_.frame(h_.bar(-30, true));
  EXPECT_EQ(h_.count(AnomalyKind::OutOfOrderBar), 2U);
  EXPECT_THAT(h_.minutes(), ElementsAre(0));
}

TEST_F(Klines, DropsARestRowThatIsNotFinal) {
  h_.frame(h_.bar(0, false));
  to(1, 1'500);
  h_.frame(h_.bar(1, false));
  // The venue's own clock says that minute 0 is still running.
  std::string body = h_.rows({0});
  const std::string time = fmt::format("\"time\":{}", to_unix_ms(h_.clock.at(h_.now)));
  body.replace(body.find(time), time.size(), fmt::format("\"time\":{}", kStartMs + kMinuteMs - 1));
  h_.answer(0, body);
  EXPECT_THAT(h_.minutes(), IsEmpty());
  EXPECT_EQ(h_.count(AnomalyKind::MissingBar), 0U);
}

TEST_F(Klines, AsksInWindowsOfAThousandAndReadsThemInOrder) {
  to(1, 5);
  h_.frame(h_.bar(0, true));
  to(2'300, 5'000);
  h_.frame(h_.bar(2'300, false));
  std::int64_t next = 1;
  for (std::size_t i = 0; i < 3; ++i) {
    ASSERT_EQ(h_.io.gets.size(), i + 1);
    const std::int64_t last = std::min<std::int64_t>(next + 999, 2'299);
    EXPECT_THAT(h_.io.gets[i].second,
                HasSubstr(fmt::format("start={}&end={}&limit=1000", kStartMs + next * kMinuteMs,
                                      kStartMs + last * kMinuteMs)));
    std::vector<std::int64_t> newest_first;
    for (std::int64_t m = last; m >= next; --m) newest_first.push_back(m);
    h_.answer(i, h_.rows(newest_first));
    next = last + 1;
  }
  const std::vector<std::int64_t> minutes = h_.minutes();
  ASSERT_EQ(minutes.size(), 2'300U);
  for (std::size_t i = 0; i < minutes.size(); ++i)
    ASSERT_EQ(minutes[i], static_cast<std::int64_t>(i));
}

TEST_F(Klines, CountsAFrameThatCannotBeReadAndRepairsItsBar) {
  h_.frame(h_.bar(0, false));
  to(1, 5);
  std::string broken = h_.bar(0, true);
  h_.frame(broken.substr(0, broken.size() / 2));
  h_.frame(h_.bar(0, true, "NaN"));
  EXPECT_EQ(h_.count(AnomalyKind::Malformed), 2U);
  EXPECT_TRUE(h_.sink.anomalies(AnomalyKind::Malformed)[1].has_instrument);
  h_.pass(2600ms);
  ASSERT_EQ(h_.io.gets.size(), 1U);
  h_.answer(0, h_.rows({0}));
  EXPECT_THAT(h_.minutes(), ElementsAre(0));
}

TEST(WarmUp, JoinsTheStreamWithoutASeam) {
  FeedSettings settings = Harness::plain();
  settings.warm_up_bars = 3;
  Harness h(settings, one(), kStartMs + 30'000);
  h.start();
  ASSERT_EQ(h.io.gets.size(), 1U);
  EXPECT_THAT(h.io.gets[0].second,
              HasSubstr(fmt::format("start={}&end={}", kStartMs - 180'000, kStartMs - 60'000)));
  h.connect();
  // The minute turns while the answer is under way.
  h.now += 35s;
  h.frame(h.bar(0, true));
  EXPECT_THAT(h.minutes(), IsEmpty());
  EXPECT_FALSE(h.feed->live());
  h.answer(0, h.rows({0, -1, -2, -3}));
  EXPECT_THAT(h.minutes(), ElementsAre(-3, -2, -1, 0));
  const std::vector<BarClosed> bars = h.sink.all<BarClosed>();
  EXPECT_EQ(bars[2].source, BarSource::Warmup);
  EXPECT_EQ(bars[3].source, BarSource::Stream);
  EXPECT_TRUE(h.feed->live());
}

TEST(WarmUp, IsShorterForAYoungInstrument) {
  FeedSettings settings = Harness::plain();
  settings.warm_up_bars = 5;
  Harness h(settings, one(), kStartMs + 30'000);
  h.start();
  h.answer(0, h.rows({-1, -2}));
  EXPECT_THAT(h.minutes(), ElementsAre(-2, -1));
  EXPECT_EQ(h.count(AnomalyKind::MissingBar), 0U);
}

TEST(WarmUp, EndsWhenTheVenueHasNothing) {
  FeedSettings settings = Harness::plain();
  settings.warm_up_bars = 5;
  Harness h(settings, one(), kStartMs + 30'000);
  h.start();
  h.connect();
  h.answer(0, h.rows({}));
  EXPECT_TRUE(h.feed->live());
  h.now += 31s;
  h.frame(h.bar(0, true));
  EXPECT_THAT(h.minutes(), ElementsAre(0));
}

TEST(Reconnect, FetchesWhatClosedMeanwhile) {
  Harness h(Harness::plain(), one(), kStartMs + 61'000);
  h.start();
  h.connect();
  h.frame(h.bar(0, true));
  h.feed->on_closed(0, error(ErrorCode::Io, "reset by peer"), h.now);
  h.now += 122s;
  h.feed->on_timer(h.now);
  ASSERT_EQ(h.io.opens.size(), 2U);
  h.connect();
  ASSERT_GE(h.io.gets.size(), 1U);
  h.answer(h.io.gets.size() - 1, h.rows({2, 1}));
  EXPECT_THAT(h.minutes(), ElementsAre(0, 1, 2));
}

TEST(RepairByPausing, StopsReadingUntilTheHoleIsFilled) {
  FeedSettings settings = Harness::plain();
  settings.clock = ClockMode::Frames;
  settings.repair = RepairMode::Pause;
  Harness h(settings, one(), kStartMs + 61'000);
  h.start();
  h.feed->on_open(0, h.now);
  h.acknowledge(0);
  ASSERT_EQ(h.io.gets.size(), 1U);  // Live: what time is it, and what closed meanwhile?
  EXPECT_EQ(h.io.gets[0].second, "/v5/market/time");
  EXPECT_FALSE(h.io.reading.at(0));
  h.answer(0, fmt::format(R"({{"retCode":0,"result":{{"timeNano":"{}000000"}},"time":{}}})",
                          kStartMs + 61'000, kStartMs + 61'000));
  EXPECT_TRUE(h.io.reading.at(0));
  h.frame(h.bar(0, true));
  const auto at = [&](std::int64_t minute, std::int64_t ms) {
    return kline_frame(kStartMs + minute * kMinuteMs, "1", "2", "1", "1", "1", false,
                       kStartMs + minute * kMinuteMs + ms);
  };
  h.frame(at(2, 10));  // Minute 1 never closed.
  EXPECT_FALSE(h.io.reading.at(0));
  ASSERT_EQ(h.io.gets.size(), 2U);
  // However long it takes, silence is no fault of a stream that is not read.
  h.pass(14s);
  EXPECT_THAT(h.io.closes, IsEmpty());
  h.answer(1, h.rows({1}));
  EXPECT_TRUE(h.io.reading.at(0));
  EXPECT_THAT(h.minutes(), ElementsAre(0, 1));
}

class RepairAfterALoss : public testing::Test {
 protected:
  RepairAfterALoss() : h_(settings(), one(), kStartMs + 61'000) {
    h_.start();
    h_.connect();
    h_.answer(0, time_body(kStartMs + 61'000));
    h_.frame(h_.bar(0, true));
    h_.feed->on_closed(0, error(ErrorCode::Io, "reset by peer"), h_.now);
    h_.pass(1s);
    h_.io.sent.clear();
    h_.feed->on_open(0, h_.now);
  }
  static FeedSettings settings() {
    FeedSettings s = Harness::plain();
    s.clock = ClockMode::Frames;
    s.repair = RepairMode::Pause;
    return s;
  }
  static std::string time_body(std::int64_t ms) {
    return fmt::format(R"({{"retCode":0,"result":{{"timeNano":"{}000000"}},"time":{}}})", ms, ms);
  }
  Harness h_;
};

TEST_F(RepairAfterALoss, HandsMissedBarsOnWhenTheFeedIsWholeAgain) {
  EXPECT_EQ(h_.io.gets.size(), 1U);  // Nothing is asked before the venue has acknowledged.
  h_.acknowledge(0);
  EXPECT_FALSE(h_.io.reading.at(0));
  h_.answer(1, time_body(kStartMs + 3 * kMinuteMs));
  ASSERT_EQ(h_.io.gets.size(), 3U);
  EXPECT_FALSE(h_.io.reading.at(0));
  h_.answer(2, h_.rows({2, 1}));
  EXPECT_TRUE(h_.io.reading.at(0));
  EXPECT_THAT(h_.minutes(), ElementsAre(0, 1, 2));
  const auto is_live = [](const FakeSink::Entry& e) {
    const auto* feed = std::get_if<FeedChanged>(&e.body);
    return feed != nullptr && feed->state == FeedState::Live;
  };
  const auto live = std::find_if(h_.sink.entries.rbegin(), h_.sink.entries.rend(), is_live);
  EXPECT_EQ(live - h_.sink.entries.rbegin(), 2);  // Only the two bars come after it.
}

TEST_F(RepairAfterALoss, DoesNotWaitForAnAcknowledgementWhileDataFlows) {
  h_.frame(kline_frame(kStartMs + kMinuteMs, "1", "2", "1", "1", "1", false,
                       kStartMs + kMinuteMs + 2000));
  ASSERT_EQ(h_.io.gets.size(), 2U);
  EXPECT_EQ(h_.io.gets[1].second, "/v5/market/time");
  EXPECT_FALSE(h_.io.reading.at(0));
}

}  // namespace
}  // namespace proteus::bybit
