#include "tools/train/progress.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <limits>

namespace proteus::app::train {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

TEST(Speed, IsNotKnownBeforeTwoSeconds) {
  Speed speed;
  speed.add(0s, 0);
  speed.add(1s, 100);
  EXPECT_FALSE(speed.rate());
  speed.add(2s, 200);
  EXPECT_DOUBLE_EQ(speed.rate().value(), 100.0);
}

TEST(Speed, CountsWhatARunDoesBesideItsSteps) {
  Speed speed;
  speed.add(0s, 0);
  speed.add(1s, 100);
  speed.add(11s, 200);  // Nine of these seconds went into a validation.
  EXPECT_EQ(speed.left(1'000).value(), 44s);
}

TEST(Speed, IsThatOfTheLastMinute) {
  Speed speed;
  for (int second = 0; second <= 300; ++second)
    speed.add(std::chrono::seconds{second}, second * 10);
  for (int second = 1; second <= 120; ++second)
    speed.add(std::chrono::seconds{300 + second}, 3'000 + second * 50);
  EXPECT_DOUBLE_EQ(speed.rate().value(), 50.0);
  EXPECT_EQ(speed.left(3'000 + 120 * 50 + 5'000).value(), 100s);
}

TEST(Speed, LeavesNothingAtTheEnd) {
  Speed speed;
  speed.add(0s, 0);
  speed.add(2s, 500);
  speed.add(4s, 1'010);
  EXPECT_EQ(speed.left(1'000).value(), 0s);
}

TEST(ProgressText, GroupsByThousands) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1'000), "1 000");
  EXPECT_EQ(grouped(12'345'678), "12 345 678");
  EXPECT_EQ(grouped(-123'456), "-123 456");
}

TEST(ProgressText, SaysShareSpeedAndTimeLeft) {
  EXPECT_EQ(where_text({"steps", 0, 1'000, {}, {}}),
            "0 of 1 000 steps (0.0 %), speed not known yet");
  EXPECT_EQ(where_text({"meta-steps", 250, 1'000, 2.5, 300s}),
            "250 of 1 000 meta-steps (25.0 %), 2.5 a second, 5 min 00 s left");
  EXPECT_EQ(where_text({"steps", 38'400, 1'000'000, 12'345.6, 78s}),
            "38 400 of 1 000 000 steps (3.8 %), 12 346 a second, 78 s left");
}

TEST(ProgressText, ShowsTheFiguresThatAreThere) {
  EXPECT_EQ(figures_text(std::vector<runs::Scalar>{
                {"loss/policy", -0.0123456}, {"reward", 0.5}, {"kl", kNone}, {"unheard", 3.0}}),
            "reward 0.5  policy -0.01235");
}

TEST(ProgressEvents, TellACollapseOnceAndItsEnd) {
  Events events;
  const auto at = [&](double flag) {
    return events.of(std::vector<runs::Scalar>{{"collapse/exposure", flag}}, 1'000);
  };
  EXPECT_THAT(at(0.0), IsEmpty());
  EXPECT_THAT(at(1.0), ElementsAre("at 1 000: the policy has collapsed: one action takes nearly "
                                   "every step"));
  EXPECT_THAT(at(1.0), IsEmpty());
  EXPECT_THAT(at(0.0), ElementsAre("at 1 000: collapse/exposure is over"));
}

TEST(ProgressEvents, TellUpdatesThatWereLeftOut) {
  Events events;
  const auto total = [&](double skipped) {
    return events.of(std::vector<runs::Scalar>{{"updates/skipped", skipped}}, 7).size();
  };
  EXPECT_EQ(total(0.0), 0U);
  EXPECT_EQ(total(1.0), 1U);
  EXPECT_EQ(total(1.0), 0U);
  const auto each = [&](double skipped) {
    return events.of(std::vector<runs::Scalar>{{"skipped", skipped}}, 7).size();
  };
  EXPECT_EQ(each(0.0), 0U);
  EXPECT_EQ(each(2.0), 1U);
  EXPECT_EQ(each(2.0), 1U);
}

TEST(ProgressEvents, TellAValidation) {
  Events events;
  EXPECT_THAT(events.of(std::vector<runs::Scalar>{{"validation/return", kNone}}, 7), IsEmpty());
  EXPECT_THAT(events.of(std::vector<runs::Scalar>{{"validation/return", 0.0125},
                                                  {"validation/standard_error", 0.001}},
                        7),
              ElementsAre("at 7: validation  return 0.0125  standard_error 0.001"));
}

}  // namespace
}  // namespace proteus::app::train
