// In which order the bars of several instruments are handed on, at the start and after a loss, and
// how long one may keep the others waiting.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness.hpp"

namespace proteus::bybit {
namespace {

using namespace test;
using testing::ElementsAre;
using testing::IsEmpty;

/// The warm-up of two instruments, three bars each.
class WarmUpOfTwo : public testing::Test {
 protected:
  WarmUpOfTwo() : h_(settings(), two(), kStartMs + 30'000) { h_.start(); }
  static FeedSettings settings() {
    FeedSettings s = Harness::plain();
    s.warm_up_bars = 3;
    s.tickers = true;
    return s;
  }
  static InstrumentTable two() {
    InstrumentTable t;
    t.add(instrument(Category::Linear, "BTCUSDT")).value();
    t.add(instrument(Category::Linear, "ETHUSDT")).value();
    return t;
  }
  /// Instrument and minute of the bars that came out.
  std::vector<std::pair<std::uint32_t, std::int64_t>> bars() const {
    std::vector<std::pair<std::uint32_t, std::int64_t>> found;
    for (const BarClosed& b : h_.sink.all<BarClosed>())
      found.emplace_back(b.bar.instrument.index,
                         (to_unix_ms(b.bar.open_time) - kStartMs) / kMinuteMs);
    return found;
  }
  Harness h_;
};

TEST_F(WarmUpOfTwo, IsHandedOnInTheOrderOfTime) {
  ASSERT_EQ(h_.io.gets.size(), 2U);
  h_.answer(1, h_.rows({-1, -2, -3}));
  EXPECT_THAT(bars(), ElementsAre(std::pair(1U, -3)));  // of one close in any order
  h_.answer(0, h_.rows({-1, -2, -3}));
  EXPECT_THAT(bars(), ElementsAre(std::pair(1U, -3), std::pair(0U, -3), std::pair(0U, -2),
                                  std::pair(1U, -2), std::pair(0U, -1), std::pair(1U, -1)));
}

TEST_F(WarmUpOfTwo, GoesAsFarAsTheSlowestHasCome) {
  h_.answer(0, h_.rows({-1, -2, -3}));
  h_.answer(1, h_.rows({-3}));
  EXPECT_THAT(bars(), ElementsAre(std::pair(0U, -3), std::pair(1U, -3), std::pair(0U, -2)));
}

TEST_F(WarmUpOfTwo, HearsNoTickerOfNowBeforeItsLastBar) {
  h_.answer(0, h_.rows({-1, -2, -3}));
  h_.connect();
  const std::string ticker = fmt::format(
      R"({{"topic":"tickers.BTCUSDT","type":"snapshot","data":{{"symbol":"BTCUSDT","lastPrice":"100","markPrice":"100","indexPrice":"100","fundingRate":"0.0001","nextFundingTime":"{}"}},"cs":1,"ts":{}}})",
      kStartMs + 8 * 60 * kMinuteMs, kStartMs + 30'000);
  h_.frame(ticker);
  EXPECT_THAT(h_.sink.all<TickerUpdated>(), IsEmpty()) << "the other's warm-up holds two bars";
  h_.answer(1, h_.rows({-1, -2, -3}));
  h_.frame(ticker);
  EXPECT_EQ(h_.sink.all<TickerUpdated>().size(), 1U);
}

TEST_F(WarmUpOfTwo, DoesNotWaitForASeriesThatBringsNothing) {
  h_.answer(0, h_.rows({-1, -2, -3}));
  h_.pass(29s);
  EXPECT_THAT(bars(), ElementsAre(std::pair(0U, -3)));
  h_.pass(2s);
  EXPECT_THAT(bars(), ElementsAre(std::pair(0U, -3), std::pair(0U, -2), std::pair(0U, -1)));
  std::size_t told = 0;
  for (const FeedAnomaly& a : h_.sink.anomalies(AnomalyKind::RestFailed))
    if (a.detail.view().starts_with("linear:ETHUSDT has brought none of the bars it lacks")) ++told;
  EXPECT_EQ(told, 1U);
}

TEST_F(WarmUpOfTwo, IsFollowedByWhatClosedWhileAConnectionWasLostInTheSameOrder) {
  h_.answer(0, h_.rows({-1, -2, -3}));
  h_.answer(1, h_.rows({-1, -2, -3}));
  h_.connect();
  h_.feed->on_closed(0, error(ErrorCode::Io, "reset by peer"), h_.now);
  h_.now += 170s;  // minutes 0, 1 and 2 have closed
  h_.feed->on_timer(h_.now);
  h_.connect();
  const std::size_t asked = h_.io.gets.size();
  ASSERT_GE(asked, 4U);
  h_.sink.entries.clear();
  h_.answer(asked - 1, h_.rows({2, 1, 0}));
  EXPECT_THAT(bars(), ElementsAre(std::pair(1U, 0)));
  h_.answer(asked - 2, h_.rows({2, 1, 0}));
  EXPECT_THAT(bars(), ElementsAre(std::pair(1U, 0), std::pair(0U, 0), std::pair(0U, 1),
                                  std::pair(1U, 1), std::pair(0U, 2), std::pair(1U, 2)));
}

/// Two markets on two connections, both live, of which the second is lost over the close of minute
/// 0.
class LostWhileAnotherLives : public testing::Test {
 protected:
  LostWhileAnotherLives() : h_(Harness::plain(), both(), kStartMs + 1'000) {
    h_.start();
    h_.connect(0);
    h_.connect(1);
    h_.frame(h_.bar(0, false), 0);
    h_.frame(h_.bar(0, false), 1);
    h_.feed->on_closed(1, error(ErrorCode::Io, "reset by peer"), h_.now);
  }
  static InstrumentTable both() {
    InstrumentTable t;
    t.add(instrument(Category::Linear, "BTCUSDT")).value();
    t.add(instrument(Category::Spot, "BTCUSDT")).value();
    return t;
  }
  /// Minutes of the bars of one instrument that came out.
  std::vector<std::int64_t> minutes_of(std::uint32_t index) const {
    std::vector<std::int64_t> found;
    for (const BarClosed& b : h_.sink.all<BarClosed>())
      if (b.bar.instrument.index == index)
        found.push_back((to_unix_ms(b.bar.open_time) - kStartMs) / kMinuteMs);
    return found;
  }
  /// Venue time moves to so many milliseconds after the start of `minute`.
  void to(std::int64_t minute, std::int64_t ms) {
    h_.now += from_unix_ms(kStartMs + minute * kMinuteMs + ms) - h_.clock.at(h_.now);
    h_.feed->on_timer(h_.now);
  }
  Harness h_;
};

TEST_F(LostWhileAnotherLives, ABarOfTheCloseThatTheOtherLacksIsNotHeld) {
  to(1, 4'000);
  h_.connect(1);
  h_.frame(h_.bar(0, true), 0);
  EXPECT_THAT(minutes_of(0), ElementsAre(0));
}

TEST_F(LostWhileAnotherLives, ALaterBarIsHeldForTwoSecondsAtMost) {
  to(1, 4'000);
  h_.frame(h_.bar(0, true), 0);
  to(2, 100);
  h_.connect(1);
  h_.frame(h_.bar(1, true), 0);
  EXPECT_THAT(minutes_of(0), ElementsAre(0));
  to(2, 1'900);
  EXPECT_THAT(minutes_of(0), ElementsAre(0));
  to(2, 2'100);
  EXPECT_THAT(minutes_of(0), ElementsAre(0, 1));
  // Who was not waited for is not waited for at the next close either.
  to(3, 100);
  h_.frame(h_.bar(2, true), 0);
  EXPECT_THAT(minutes_of(0), ElementsAre(0, 1, 2));
}

}  // namespace
}  // namespace proteus::bybit
