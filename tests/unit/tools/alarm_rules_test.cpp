#include "tools/app/alarm_rules.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace proteus::app {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Instrument instrument(const char* symbol) {
  Instrument made;
  made.symbol = symbol;
  made.tick_size = Price::from_raw(kFixedScale);
  made.lot_step = Quantity::from_raw(kFixedScale);
  return made;
}

class AlarmRulesTest : public ::testing::Test {
 protected:
  AlarmRulesTest() {
    EXPECT_TRUE(instruments_.add(instrument("BTCUSDT")).has_value());
    now_.feed_live = true;
    now_.drawdown_max = 0.2;
  }
  void happens(EventBody body) {
    Event event;
    event.body = std::move(body);
    rules_.on(event);
  }
  /// "severity kind subject", with "over " before it where it is the end; what was told since the
  /// last call.
  std::vector<std::string> told() {
    std::vector<std::string> words;
    for (const Alarm& a : raised_) {
      std::string word = a.over ? "over " : "";
      word += std::string(to_string(a.severity)) + " " + std::string(to_string(a.kind));
      words.push_back(a.subject.empty() ? word : word + " " + a.subject);
    }
    if (!raised_.empty()) text_ = raised_.back().text;
    raised_.clear();
    return words;
  }
  std::vector<std::string> look(Duration at) {
    rules_.on(now_, at);
    return told();
  }

  InstrumentTable instruments_;
  std::vector<Alarm> raised_;
  AlarmRules rules_{{}, instruments_, [this](Alarm a) { raised_.push_back(std::move(a)); }};
  AlarmReadings now_;
  std::string text_;  ///< of the last one told
};

TEST_F(AlarmRulesTest, NothingIsToldWhileAllIsWell) {
  for (int i = 0; i < 7200; ++i) EXPECT_THAT(look(i * 1s), IsEmpty());
}

TEST_F(AlarmRulesTest, ALatchedStateIsToldByItsEventOnceAndItsEndToo) {
  happens(TradingStateChanged{TradingState::Active, TradingState::Reducing, "drawdown"});
  EXPECT_THAT(told(), ElementsAre("critical trading_state reducing"));
  EXPECT_THAT(text_, HasSubstr("drawdown"));
  now_.state = TradingState::Reducing;
  EXPECT_THAT(look(1s), IsEmpty());
  happens(TradingStateChanged{TradingState::Reducing, TradingState::Halted, "drawdown"});
  EXPECT_THAT(told(), ElementsAre("critical trading_state halted"));
  happens(TradingStateChanged{TradingState::Halted, TradingState::Active, "a person"});
  EXPECT_THAT(told(), ElementsAre("over critical trading_state active"));
}

TEST_F(AlarmRulesTest, AStateThatWasLatchedBeforeTheFirstLookIsTold) {
  now_.state = TradingState::Halted;
  now_.state_cause = "the last run";
  EXPECT_THAT(look(0s), ElementsAre("critical trading_state halted"));
  EXPECT_THAT(text_, HasSubstr("the last run"));
}

TEST_F(AlarmRulesTest, ALiquidationIsToldButAnOrdinaryFillIsNot) {
  Fill fill;
  happens(fill);
  fill.liquidation = true;
  happens(fill);
  EXPECT_THAT(told(), ElementsAre("critical liquidation linear:BTCUSDT"));
}

TEST_F(AlarmRulesTest, OfTheAnomaliesHolesAndTheClockAreTold) {
  for (std::size_t k = 0; k <= static_cast<std::size_t>(AnomalyKind::ClockSkew); ++k)
    happens(FeedAnomaly{static_cast<AnomalyKind>(k), true, {}, "what"});
  EXPECT_THAT(told(), ElementsAre("warning gap_not_filled linear:BTCUSDT",
                                  "warning clock_skew linear:BTCUSDT"));
}

TEST_F(AlarmRulesTest, AHoldIsToldWhenItLastsAndWhenThatEnds) {
  now_.holds = {{"stale_data linear:BTCUSDT", "no ticker"}};
  EXPECT_THAT(look(0s), IsEmpty());
  EXPECT_THAT(look(10min - 1s), IsEmpty());
  EXPECT_THAT(look(10min), ElementsAre("warning hold_lasts stale_data linear:BTCUSDT"));
  EXPECT_THAT(look(11min), IsEmpty());
  now_.holds.clear();
  EXPECT_THAT(look(12min), ElementsAre("over warning hold_lasts stale_data linear:BTCUSDT"));
  EXPECT_THAT(text_, HasSubstr("12 min"));
}

TEST_F(AlarmRulesTest, AShortHoldIsNeverTold) {
  for (int i = 0; i < 100; ++i) {
    now_.holds = {{"reconnecting", "lost"}};
    EXPECT_THAT(look(i * 10min), IsEmpty());
    now_.holds.clear();
    EXPECT_THAT(look(i * 10min + 9min), IsEmpty());
  }
}

TEST_F(AlarmRulesTest, ALostFeedIsToldAgainWhileItLasts) {
  now_.feed_live = false;
  EXPECT_THAT(look(0s), IsEmpty());
  EXPECT_THAT(look(2min), ElementsAre("warning feed_lost"));
  EXPECT_THAT(look(61min), IsEmpty());
  EXPECT_THAT(look(62min), ElementsAre("warning feed_lost"));
  EXPECT_THAT(text_, HasSubstr("Still"));
  now_.feed_live = true;
  EXPECT_THAT(look(63min), ElementsAre("over warning feed_lost"));
}

TEST_F(AlarmRulesTest, ALogThatCannotBeWrittenIsCriticalAtOnce) {
  now_.log_error = "No space left on device";
  EXPECT_THAT(look(0s), ElementsAre("critical log_not_written"));
  EXPECT_THAT(text_, HasSubstr("No space left on device"));
  now_.log_error.clear();
  EXPECT_THAT(look(1s), ElementsAre("over critical log_not_written"));
}

TEST_F(AlarmRulesTest, LittleRoomOnTheDiskAndInTheQuotaAreCritical) {
  now_.near_quota = true;
  EXPECT_THAT(look(0s), ElementsAre("warning disk_low quota near"));
  now_.over_quota = true;
  EXPECT_THAT(look(1s), ElementsAre("critical disk_low quota", "over warning disk_low quota near"));
  now_.disk_low = true;
  now_.disk_free_bytes = 512 << 20;
  EXPECT_THAT(look(2s), ElementsAre("critical disk_low disk"));
  EXPECT_THAT(text_, HasSubstr("512.0 MiB"));
  now_.disk_low = now_.near_quota = now_.over_quota = false;
  EXPECT_THAT(look(3s), ElementsAre("over critical disk_low disk", "over critical disk_low quota"));
}

TEST_F(AlarmRulesTest, EachNewStorageErrorIsTold) {
  now_.storage_errors = 2;
  now_.storage_error = "disk I/O error";
  EXPECT_THAT(look(0s), ElementsAre("warning storage_error"));
  EXPECT_THAT(look(1s), IsEmpty());
  now_.storage_errors = 3;
  EXPECT_THAT(look(2s), ElementsAre("warning storage_error"));
  EXPECT_THAT(text_, HasSubstr("disk I/O error"));
}

TEST_F(AlarmRulesTest, RefusalsAreCountedOverTheLastHourOnly) {
  now_.refusals = 1000;  // of an earlier life
  EXPECT_THAT(look(0s), IsEmpty());
  now_.refusals = 1030;
  EXPECT_THAT(look(30min), IsEmpty());
  now_.refusals = 1031;
  EXPECT_THAT(look(31min), ElementsAre("warning many_refusals"));
  for (int m = 32; m < 90; ++m) EXPECT_THAT(look(m * 1min), IsEmpty()) << m;
  EXPECT_THAT(look(90min), ElementsAre("over warning many_refusals"));
}

TEST_F(AlarmRulesTest, SlowRefusalsOverDaysAreNotTold) {
  for (int h = 0; h < 48; ++h) {
    now_.refusals += 20;
    EXPECT_THAT(look(h * 60min), IsEmpty());
  }
}

TEST_F(AlarmRulesTest, DrawdownIsToldAtHalfAndAtFourFifthsOfItsLimit) {
  now_.drawdown = 0.0999;
  EXPECT_THAT(look(0s), IsEmpty());
  now_.drawdown = 0.1;
  EXPECT_THAT(look(1s), ElementsAre("warning drawdown 50 % of the limit"));
  now_.drawdown = 0.161;
  EXPECT_THAT(look(2s), ElementsAre("critical drawdown 80 % of the limit"));
  now_.drawdown = 0.155;  // 77.5 %: not yet over
  EXPECT_THAT(look(3s), IsEmpty());
  now_.drawdown = 0.14;
  EXPECT_THAT(look(4s), ElementsAre("over critical drawdown 80 % of the limit"));
  now_.drawdown = 0.0;
  EXPECT_THAT(look(5s), ElementsAre("over warning drawdown 50 % of the limit"));
}

TEST_F(AlarmRulesTest, ALateLoopIsToldAndOverAtHalfTheBound) {
  now_.loop_delay_p99 = 250ms;
  EXPECT_THAT(look(0s), IsEmpty());
  now_.loop_delay_p99 = 251ms;
  EXPECT_THAT(look(1s), ElementsAre("warning loop_stalled"));
  now_.loop_delay_p99 = 126ms;
  EXPECT_THAT(look(2s), IsEmpty());
  now_.loop_delay_p99 = 125ms;
  EXPECT_THAT(look(3s), ElementsAre("over warning loop_stalled"));
}

TEST_F(AlarmRulesTest, AVenueAtAnotherSpeedIsToldWhileItLasts) {
  now_.speed_doubt = "Bars do not fit our clock (opens 52 s ahead)";
  EXPECT_THAT(look(0s), ElementsAre("warning venue_speed"));
  EXPECT_THAT(text_, HasSubstr("52 s ahead"));
  now_.speed_doubt = "Bars do not fit our clock (opens 99 s ahead)";
  EXPECT_THAT(look(1s), IsEmpty());
  now_.speed_doubt.clear();
  EXPECT_THAT(look(60s), ElementsAre("over warning venue_speed"));
}

}  // namespace
}  // namespace proteus::app
