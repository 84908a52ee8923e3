// What the feed tells a status display of each topic.
#include <gtest/gtest.h>

#include "harness.hpp"

namespace proteus::bybit {
namespace {

using namespace test;

TEST(TopicStatus, NamesEveryTopicBeforeAnythingCame) {
  FeedSettings settings = Harness::plain();
  settings.tickers = true;
  Harness h(settings, one());
  const auto topics = h.feed->topics(h.now);
  ASSERT_EQ(topics.size(), 2U);
  EXPECT_EQ(topics[0].topic, "kline.1.BTCUSDT");
  EXPECT_EQ(topics[0].stream, "public:linear#0");
  EXPECT_EQ(topics[1].topic, "tickers.BTCUSDT");
  EXPECT_EQ(topics[0].state, FeedState::Connecting);
  EXPECT_FALSE(topics[0].age.has_value());
}

TEST(TopicStatus, AgesInVenueTimeFromTheLastFrameOfThatTopic) {
  FeedSettings settings = Harness::plain();
  settings.tickers = true;
  settings.speed = 30.0;
  Harness h(settings, one());
  h.start();
  h.connect();
  h.frame(h.bar(0, false));
  h.now += 2s;
  const auto topics = h.feed->topics(h.now);
  EXPECT_EQ(topics[0].state, FeedState::Live);
  EXPECT_EQ(topics[0].age, Duration{60s});
  EXPECT_FALSE(topics[1].age.has_value()) << "no ticker has come";
}

TEST(TopicStatus, IsLostWhileItsConnectionIsAway) {
  Harness h(Harness::plain(), one());
  h.start();
  h.connect();
  h.feed->on_closed(0, error(ErrorCode::Io, "gone"), h.now);
  EXPECT_EQ(h.feed->topics(h.now)[0].state, FeedState::Lost);
}

}  // namespace
}  // namespace proteus::bybit
