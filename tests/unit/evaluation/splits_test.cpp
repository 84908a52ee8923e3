#include "models/evaluation/splits.hpp"

#include <gtest/gtest.h>

#include <set>

namespace proteus::evaluation {
namespace {

TEST(WalkForward, TestsFollowOneAnotherAndTrainingEndsAHorizonBefore) {
  const auto folds =
      walk_forward(100, {.train = 50, .validation = 10, .test = 15, .horizon = 3}).value();
  ASSERT_EQ(folds.size(), 2U);
  EXPECT_EQ(folds[0].train, (Stretch{0, 47}));
  EXPECT_EQ(folds[0].validation, (Stretch{50, 57}));
  EXPECT_EQ(folds[0].test, (Stretch{60, 75}));
  EXPECT_EQ(folds[1].train, (Stretch{0, 62}));
  EXPECT_EQ(folds[1].test, (Stretch{75, 90}));
}

TEST(WalkForward, RollingFoldsTrainOnAsMuchEachTime) {
  const auto folds = walk_forward(100, {.train = 50, .test = 20, .expanding = false}).value();
  ASSERT_EQ(folds.size(), 2U);
  EXPECT_EQ(folds[1].train, (Stretch{20, 70}));
  EXPECT_EQ(folds[1].test, (Stretch{70, 90}));
}

TEST(WalkForward, RefusesBlocksThatDoNotFit) {
  EXPECT_TRUE(walk_forward(100, {.train = 90, .test = 20}).has_error());
  EXPECT_TRUE(walk_forward(100, {.train = 5, .test = 20, .horizon = 5}).has_error());
  EXPECT_TRUE(walk_forward(100, {.train = 50, .test = 0}).has_error());
}

TEST(CombinatorialSplits, OfSixGroupsByTwosAreFifteenWithFivePaths) {
  const auto plan = combinatorial_splits(600, {.groups = 6, .test_groups = 2}).value();
  EXPECT_EQ(plan.splits.size(), 15U);
  EXPECT_EQ(plan.paths, 5U);
  std::set<std::pair<std::size_t, std::size_t>> parts;  // path, group
  for (const CombinatorialSplit& split : plan.splits)
    for (std::size_t i = 0; i < split.tests.size(); ++i)
      EXPECT_TRUE(parts.emplace(split.paths[i], split.tests[i]).second);
  EXPECT_EQ(parts.size(), 5U * 6U);
}

TEST(CombinatorialSplits, NoTrainingRowSharesALabelOrAWindowWithAGroupThatJudges) {
  constexpr std::size_t kHorizon = 7;
  const auto plan =
      combinatorial_splits(1'003, {.groups = 8, .test_groups = 3, .horizon = kHorizon}).value();
  ASSERT_EQ(plan.splits.size(), 56U);
  for (const CombinatorialSplit& split : plan.splits)
    for (const Stretch& train : split.train)
      for (const std::size_t test : split.tests) {
        const Stretch& judged = plan.groups[test];
        const bool before = train.to + kHorizon <= judged.from;
        const bool behind = train.from >= judged.to + 11;  // 1 % of 1003, rounded up
        EXPECT_TRUE(before || behind) << train.from << " " << train.to << " " << judged.from;
      }
}

TEST(CombinatorialSplits, GroupsCoverEveryPeriodOnce) {
  const auto plan = combinatorial_splits(1'003, {.groups = 8, .test_groups = 3}).value();
  EXPECT_EQ(plan.groups.front().from, 0U);
  for (std::size_t g = 1; g < plan.groups.size(); ++g)
    EXPECT_EQ(plan.groups[g].from, plan.groups[g - 1].to);
  EXPECT_EQ(plan.groups.back().to, 1'003U);
}

TEST(CombinatorialSplits, RefuseWhatLeavesNothingToTrainOn) {
  EXPECT_TRUE(combinatorial_splits(100, {.groups = 1, .test_groups = 1}).has_error());
  EXPECT_TRUE(combinatorial_splits(100, {.groups = 4, .test_groups = 4}).has_error());
  EXPECT_TRUE(combinatorial_splits(20, {.groups = 4, .test_groups = 3, .horizon = 10}).has_error());
}

}  // namespace
}  // namespace proteus::evaluation
