#include "tools/evaluate/plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "tests/unit/evaluate/support.hpp"

namespace proteus::app::evaluate {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Plan, HasTheJudgedOneFirstAndTheBaselinesLast) {
  const test::Folder folder;
  const auto plan = read_plan(write_plan(folder), {});
  ASSERT_TRUE(plan) << plan.error().context;
  std::vector<std::string> names;
  for (const Candidate& c : plan.value().candidates) names.push_back(c.name);
  EXPECT_THAT(names, ElementsAre("rule", "flat", "buy_and_hold", "sma_cross", "trend"));
  EXPECT_EQ(plan.value().candidates[0].role, Role::Judged);
  EXPECT_EQ(plan.value().candidates[4].role, Role::Baseline);
}

TEST(Plan, ReadsThoseThatComeWithTheProgram) {
  const char* root = std::getenv("PROTEUS_SOURCE_DIR");
  const std::filesystem::path config =
      std::filesystem::path(root == nullptr ? "." : root) / "config";
  for (const char* name :
       {"evaluate_policy.toml", "evaluate_policy_15m.toml", "evaluate_forecast.toml"}) {
    const auto plan = read_plan(config / name, {});
    ASSERT_TRUE(plan) << name << ": " << plan.error().context;
    EXPECT_EQ(plan.value().folds.size(), 4U) << name;
    for (const Candidate& c : plan.value().candidates)
      EXPECT_TRUE(c.settings.train.empty() ||
                  std::filesystem::exists(config.parent_path() / c.settings.train))
          << name << ": " << c.settings.train;
  }
}

TEST(Plan, LeavesTheEmbargoBetweenTrainingValidationAndTest) {
  const test::Folder folder;
  const Plan plan = read_plan(write_plan(folder), {}).value();
  ASSERT_EQ(plan.folds.size(), 2U);
  const FoldTimes& fold = plan.folds[0];
  EXPECT_EQ(format_time(fold.test_from), "2024-01-15T00:00:00.000Z");
  EXPECT_EQ(format_time(fold.validation_to), "2024-01-14T00:00:00.000Z");
  EXPECT_EQ(format_time(fold.validation_from), "2024-01-11T00:00:00.000Z");
  EXPECT_EQ(format_time(fold.train_to), "2024-01-10T00:00:00.000Z");
}

TEST(Plan, TellsAllThatIsWrongAtOnce) {
  const test::Folder folder;
  const auto plan =
      read_plan(write_plan(folder),
                {"evaluate.judged=nobody", "evaluate.baselines=luck", "evaluate.grid=a.b=1",
                 "folds.tests=2024-01-15/2024-01-20,2024-01-18/2024-01-31,yesterday",
                 "evaluate.overfitting_blocks=7"});
  ASSERT_TRUE(plan.has_error());
  EXPECT_THAT(plan.error().context,
              AllOf(HasSubstr("\"nobody\" is no candidate"), HasSubstr("\"luck\" is no plain rule"),
                    HasSubstr("\"a.b=1\" offers no choice"),
                    HasSubstr("begins before the one before it has ended"),
                    HasSubstr("\"yesterday\" is no block"), HasSubstr("is odd")));
}

TEST(Plan, RefusesTradingSettingsThatCannotBeByTheCandidatesName) {
  const test::Folder folder;
  const auto plan = read_plan(write_plan(folder), {"candidate.rule.set=strategy.fast=0"});
  ASSERT_TRUE(plan.has_error());
  EXPECT_THAT(plan.error().context,
              AllOf(HasSubstr("trading settings of rule"), HasSubstr("strategy.fast")));
}

TEST(Plan, LetsLaterSettingsWinAndTakesTheIntervalOfTheFiles) {
  const test::Folder folder;
  const Plan plan = read_plan(write_plan(folder), {}).value();
  const Loaded loaded = trading_settings(plan, plan.candidates[0],
                                         {"strategy.slow=30", "risk.limits.profile=research"})
                            .value();
  EXPECT_EQ(loaded.settings.strategy.slow, 30);
  EXPECT_EQ(loaded.settings.engine.interval, Interval::H1);
  EXPECT_THAT(loaded.settings.engine.instruments, ElementsAre("linear:BTCUSDT", "linear:ETHUSDT"));
}

TEST(Plan, HasEveryPointOfTheGridOnce) {
  const auto points = grid_points({{"a.x", {"1", "2"}}, {"a.y", {"3", "4", "5"}}});
  ASSERT_EQ(points.size(), 6U);
  EXPECT_THAT(points[0], ElementsAre("a.x=1", "a.y=3"));
  EXPECT_THAT(points[5], ElementsAre("a.x=2", "a.y=5"));
  EXPECT_EQ(grid_points({}).size(), 1U);
}

TEST(Plan, IsReadAgainFromItsResolvedSettings) {
  const test::Folder folder;
  const Plan plan = read_plan(write_plan(folder), {"evaluate.draws=777"}).value();
  const std::string file = (folder / "again.toml").string();
  std::ofstream(file) << plan.resolved;
  EXPECT_EQ(read_plan(file, {}).value().hash, plan.hash);
}

}  // namespace
}  // namespace proteus::app::evaluate
