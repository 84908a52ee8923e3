// When a daemon is missed, and when it is not: by answers and silences at given times.
#include "connectors/live/guard_watch.hpp"

#include <gtest/gtest.h>

namespace proteus::live {
namespace {

using namespace std::chrono_literals;

constexpr Pulse kWell{.live = true,
                      .ready = true,
                      .stopping = false,
                      .reconciled = true,
                      .private_live = true,
                      .loop_delay = 1ms};

class Watch : public ::testing::Test {
 protected:
  [[nodiscard]] Heartbeat after(Duration time) {
    now_ += time;
    return watch_.judge(now_);
  }
  Heartbeat answered(const Pulse& pulse, Duration later = 2s) {
    now_ += later;
    watch_.answered(pulse, now_);
    return watch_.judge(now_);
  }
  Heartbeat silent(Duration later = 2s) {
    now_ += later;
    watch_.silent(now_);
    return watch_.judge(now_);
  }
  Heartbeat gone(Duration later = 2s) {
    now_ += later;
    watch_.gone(now_);
    return watch_.judge(now_);
  }
  SteadyTime now_{1h};
  GuardWatch watch_{GuardSettings{}};  // patience 15 s, doubt 3 min
};

TEST_F(Watch, NobodyIsMissedBeforeOneWasThere) {
  EXPECT_EQ(gone(), Heartbeat::None);
  EXPECT_EQ(gone(1h), Heartbeat::None);
}

TEST_F(Watch, SilenceIsMissedWhenPatienceIsOver) {
  EXPECT_EQ(answered(kWell), Heartbeat::Well);
  EXPECT_EQ(silent(), Heartbeat::Silent);
  EXPECT_EQ(silent(14s), Heartbeat::Silent);
  EXPECT_EQ(after(1s), Heartbeat::Missed);
  EXPECT_NE(watch_.cause().find("not answered for 15.0 s"), std::string::npos) << watch_.cause();
  EXPECT_EQ(answered(kWell), Heartbeat::Well);
  EXPECT_EQ(watch_.cause(), "");
}

TEST_F(Watch, AnAnswerInBetweenBeginsTheSilenceAnew) {
  EXPECT_EQ(answered(kWell), Heartbeat::Well);
  EXPECT_EQ(silent(), Heartbeat::Silent);
  EXPECT_EQ(answered(kWell, 14s), Heartbeat::Well);
  EXPECT_EQ(silent(1s), Heartbeat::Silent);
  EXPECT_EQ(after(14s), Heartbeat::Silent);
}

TEST_F(Watch, ASocketThatIsLeftBehindIsADaemonThatDied) {
  EXPECT_EQ(silent(), Heartbeat::Silent);
  EXPECT_EQ(after(15s), Heartbeat::Missed);
}

TEST_F(Watch, OneThatClearedUpBehindItselfHasEnded) {
  EXPECT_EQ(answered(kWell), Heartbeat::Well);
  EXPECT_EQ(gone(), Heartbeat::Ended);
  EXPECT_EQ(gone(1h), Heartbeat::Ended);
  EXPECT_EQ(answered(kWell), Heartbeat::Well);
}

TEST_F(Watch, OneThatFailsToStartDoesNotMakeUpForTheOneThatDied) {
  EXPECT_EQ(answered(kWell), Heartbeat::Well);
  EXPECT_EQ(silent(), Heartbeat::Silent);
  Pulse starting = kWell;
  starting.ready = false;
  EXPECT_EQ(answered(starting), Heartbeat::Doubtful);
  EXPECT_EQ(gone(), Heartbeat::Silent);
  EXPECT_EQ(after(15s), Heartbeat::Missed);
  // Missed stays missed, whoever tries to start, until one is ready.
  EXPECT_EQ(answered(starting), Heartbeat::Missed);
  EXPECT_EQ(gone(), Heartbeat::Missed);
  EXPECT_EQ(answered(kWell), Heartbeat::Well);
}

TEST_F(Watch, AFirstOneThatFailsToStartLeavesNothingToGuard) {
  Pulse starting = kWell;
  starting.ready = false;
  EXPECT_EQ(answered(starting), Heartbeat::Doubtful);
  EXPECT_EQ(gone(), Heartbeat::None);
  EXPECT_EQ(after(1h), Heartbeat::None);
}

TEST_F(Watch, EachDoubtIsMissedWhenItLasts) {
  const auto missed_for = [&](auto&& spoil) {
    EXPECT_EQ(answered(kWell), Heartbeat::Well);
    Pulse pulse = kWell;
    spoil(pulse);
    EXPECT_EQ(answered(pulse), Heartbeat::Doubtful);
    EXPECT_EQ(answered(pulse, 179s), Heartbeat::Doubtful);
    EXPECT_EQ(answered(pulse, 1s), Heartbeat::Missed);
    return watch_.cause();
  };
  EXPECT_NE(missed_for([](Pulse& p) { p.reconciled = false; }).find("books"), std::string::npos);
  EXPECT_NE(missed_for([](Pulse& p) { p.private_live = false; }).find("private stream"),
            std::string::npos);
  EXPECT_NE(missed_for([](Pulse& p) { p.loop_delay = 3s; }).find("loop hangs"), std::string::npos);
  EXPECT_NE(missed_for([](Pulse& p) { p.ready = false; }).find("starting"), std::string::npos);
}

TEST_F(Watch, OneDoubtAfterAnotherIsStillDoubt) {
  EXPECT_EQ(answered(kWell), Heartbeat::Well);
  Pulse unsure = kWell;
  unsure.reconciled = false;
  Pulse deaf = kWell;
  deaf.private_live = false;
  EXPECT_EQ(answered(unsure), Heartbeat::Doubtful);
  EXPECT_EQ(answered(deaf, 100s), Heartbeat::Doubtful);
  EXPECT_EQ(answered(unsure, 80s), Heartbeat::Missed);
}

TEST_F(Watch, PaperNeedsNoGuard) {
  Pulse paper = kWell;
  paper.live = false;
  EXPECT_EQ(answered(paper), Heartbeat::None);
  EXPECT_EQ(gone(), Heartbeat::None);
  EXPECT_EQ(answered(kWell), Heartbeat::Well);
  EXPECT_EQ(silent(), Heartbeat::Silent);
  EXPECT_EQ(after(15s), Heartbeat::Missed);
  EXPECT_EQ(answered(paper), Heartbeat::Missed);
}

}  // namespace
}  // namespace proteus::live
