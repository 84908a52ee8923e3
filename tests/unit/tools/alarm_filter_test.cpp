#include "tools/app/alarm_filter.hpp"

#include <gtest/gtest.h>

namespace proteus::app {
namespace {

using namespace std::chrono_literals;

Alarm alarm(AlarmKind kind, Severity severity, std::string subject = "") {
  Alarm made;
  made.kind = kind;
  made.severity = severity;
  made.subject = std::move(subject);
  return made;
}

bool pass(AlarmFilter& filter, Alarm a, Duration now) { return filter.pass(a, now); }

TEST(AlarmFilter, WhatIsLessSevereIsNeitherSentNorCountedAsKeptBack) {
  AlarmFilter filter({});
  EXPECT_FALSE(pass(filter, alarm(AlarmKind::DaemonStarted, Severity::Info), 0s));
  EXPECT_TRUE(pass(filter, alarm(AlarmKind::FeedLost, Severity::Warning), 0s));
  EXPECT_EQ(filter.suppressed(), 0U);
}

TEST(AlarmFilter, TheSameThingPassesOnceInTheTimeOfRepetition) {
  AlarmFilter filter({});
  const Alarm lost = alarm(AlarmKind::FeedLost, Severity::Warning);
  EXPECT_TRUE(pass(filter, lost, 5s));
  EXPECT_FALSE(pass(filter, lost, 1h + 4s));
  EXPECT_TRUE(pass(filter, lost, 1h + 5s));
}

TEST(AlarmFilter, AnotherSubjectSeverityOrTheEndIsAnotherThing) {
  AlarmFilter filter({});
  EXPECT_TRUE(pass(filter, alarm(AlarmKind::Drawdown, Severity::Warning, "a"), 0s));
  EXPECT_TRUE(pass(filter, alarm(AlarmKind::Drawdown, Severity::Warning, "b"), 0s));
  EXPECT_TRUE(pass(filter, alarm(AlarmKind::Drawdown, Severity::Critical, "a"), 0s));
  Alarm over = alarm(AlarmKind::Drawdown, Severity::Warning, "a");
  over.over = true;
  EXPECT_TRUE(pass(filter, over, 0s));
}

TEST(AlarmFilter, ACriticalStateThatCameBackIsToldAtOnceHoweverOften) {
  AlarmFilter filter({});
  const Alarm halted = alarm(AlarmKind::TradingState, Severity::Critical);
  Alarm over = halted;
  over.over = true;
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(pass(filter, halted, i * 2s)) << i;
    EXPECT_FALSE(pass(filter, halted, i * 2s)) << i;
    EXPECT_TRUE(pass(filter, over, i * 2s + 1s)) << i;
  }
}

TEST(AlarmFilter, WhatWasKeptBackIsToldInTheNextAndOnlyThere) {
  AlarmFilter filter({});
  const Alarm lost = alarm(AlarmKind::FeedLost, Severity::Warning);
  EXPECT_TRUE(pass(filter, lost, 0s));
  for (int i = 1; i <= 3; ++i) EXPECT_FALSE(pass(filter, lost, i * 1s));
  Alarm next = alarm(AlarmKind::DiskLow, Severity::Critical);
  ASSERT_TRUE(filter.pass(next, 4s));
  EXPECT_EQ(next.suppressed, 3U);
  EXPECT_EQ(next.number, 2U);
  Alarm later = alarm(AlarmKind::ClockSkew, Severity::Warning);
  ASSERT_TRUE(filter.pass(later, 5s));
  EXPECT_EQ(later.suppressed, 0U);
  EXPECT_EQ(filter.suppressed(), 3U);
}

TEST(AlarmFilter, TheLastQuarterOfAnHourIsKeptForCriticalOnes) {
  AlarmSettings settings;
  settings.hourly_max = 8;
  AlarmFilter filter(settings);
  int warnings = 0;
  int criticals = 0;
  for (int i = 0; i < 20; ++i)
    warnings +=
        pass(filter, alarm(AlarmKind::GapNotFilled, Severity::Warning, std::to_string(i)), i * 1s);
  for (int i = 0; i < 20; ++i)
    criticals += pass(filter, alarm(AlarmKind::Liquidation, Severity::Critical, std::to_string(i)),
                      20s + i * 1s);
  EXPECT_EQ(warnings, 6);
  EXPECT_EQ(criticals, 2);
}

TEST(AlarmFilter, AnHourSlides) {
  AlarmSettings settings;
  settings.hourly_max = 1;
  AlarmFilter filter(settings);
  EXPECT_TRUE(pass(filter, alarm(AlarmKind::Liquidation, Severity::Critical, "a"), 10min));
  EXPECT_FALSE(pass(filter, alarm(AlarmKind::Liquidation, Severity::Critical, "b"), 69min));
  EXPECT_TRUE(pass(filter, alarm(AlarmKind::Liquidation, Severity::Critical, "c"), 70min));
}

}  // namespace
}  // namespace proteus::app
