#include "tools/app/alarm_outbox.hpp"

#include <gtest/gtest.h>

namespace proteus::app {
namespace {

using namespace std::chrono_literals;

Alarm alarm(std::string text, Severity severity = Severity::Warning) {
  Alarm made;
  made.severity = severity;
  made.text = std::move(text);
  return made;
}

/// What is sent, in order, when every attempt goes well.
std::vector<std::string> sent(AlarmOutbox& box) {
  std::vector<std::string> texts;
  while (const Alarm* next = box.begin(0s)) {
    texts.push_back(next->text);
    box.end(Delivery::Delivered, "", 0s);
  }
  return texts;
}

TEST(AlarmOutbox, SendsTheMostSevereFirstAndEqualsInTheirOrder) {
  AlarmOutbox box({});
  box.offer(alarm("w1"));
  box.offer(alarm("c1", Severity::Critical));
  box.offer(alarm("i1", Severity::Info));
  box.offer(alarm("c2", Severity::Critical));
  box.offer(alarm("w2"));
  EXPECT_EQ(sent(box), (std::vector<std::string>{"c1", "c2", "w1", "w2", "i1"}));
  EXPECT_TRUE(box.idle());
}

TEST(AlarmOutbox, DropsTheOldestOfTheLeastSevereWhenItIsFull) {
  AlarmSettings settings;
  settings.queue_max = 3;
  AlarmOutbox box(settings);
  box.offer(alarm("w1"));
  box.offer(alarm("c1", Severity::Critical));
  box.offer(alarm("w2"));
  box.offer(alarm("c2", Severity::Critical));
  EXPECT_EQ(box.waiting(), 3U);
  box.offer(alarm("i1", Severity::Info));
  EXPECT_EQ(box.counters().dropped, 2U);
  EXPECT_EQ(sent(box), (std::vector<std::string>{"c1", "c2", "w2"}));
}

TEST(AlarmOutbox, HasOneAttemptUnderWay) {
  AlarmOutbox box({});
  box.offer(alarm("a"));
  box.offer(alarm("b"));
  ASSERT_NE(box.begin(0s), nullptr);
  EXPECT_EQ(box.begin(1h), nullptr);
  EXPECT_EQ(box.waiting(), 2U);
}

TEST(AlarmOutbox, TriesAgainAfterPausesThatDouble) {
  AlarmOutbox box({});  // five attempts
  box.offer(alarm("a"));
  Duration now = 0s;
  for (const Duration pause : {1s, 2s, 4s, 8s}) {
    ASSERT_NE(box.begin(now), nullptr);
    box.end(Delivery::Failed, "status 500", now);
    EXPECT_EQ(box.begin(now + pause - 1ns), nullptr);
    now += pause;
  }
  ASSERT_NE(box.begin(now), nullptr);
  box.end(Delivery::Failed, "status 500", now);
  EXPECT_TRUE(box.idle());
  EXPECT_EQ(box.counters().attempts, 5U);
  EXPECT_EQ(box.counters().given_up, 1U);
  EXPECT_EQ(box.failures_in_a_row(), 5U);
  EXPECT_EQ(box.last_word(), "status 500");
}

TEST(AlarmOutbox, NeverWaitsLongerThanAMinute) {
  AlarmSettings settings;
  settings.attempts_max = 20;
  AlarmOutbox box(settings);
  box.offer(alarm("a"));
  Duration now = 0s;
  for (int i = 0; i < 19; ++i) {
    ASSERT_NE(box.begin(now), nullptr) << i;
    box.end(Delivery::Failed, "", now);
    now += 1min;
  }
  EXPECT_NE(box.begin(now), nullptr);
}

TEST(AlarmOutbox, WhatIsHopelessIsNotTriedAgain) {
  AlarmOutbox box({});
  box.offer(alarm("a"));
  box.offer(alarm("b"));
  ASSERT_NE(box.begin(0s), nullptr);
  box.end(Delivery::Hopeless, "no such file", 0s);
  const Alarm* next = box.begin(0s);
  ASSERT_NE(next, nullptr);
  EXPECT_EQ(next->text, "b");
  box.end(Delivery::Delivered, "status 200", 0s);
  EXPECT_EQ(box.counters().given_up, 1U);
  EXPECT_EQ(box.counters().delivered, 1U);
  EXPECT_EQ(box.failures_in_a_row(), 0U);
}

}  // namespace
}  // namespace proteus::app
