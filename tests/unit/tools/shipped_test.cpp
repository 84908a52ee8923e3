#include "tools/app/shipped.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/folder.hpp"
#include "tools/app/policy_files.hpp"
#include "tools/app/shipped_settings.hpp"

namespace proteus::app {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

void put(const fs::path& file) {
  fs::create_directories(file.parent_path());
  std::ofstream(file) << "x";
}

TEST(ShippedRoot, LiesInShareBesideBinOrAboveABuildTree) {
  const test::Folder folder;
  const fs::path at = folder.path();
  put(at / "usr/share/proteus/models/shipped/a/1.safetensors");
  EXPECT_EQ(shipped_root(at / "usr/bin/proteus").value(), at / "usr/share/proteus");
  put(at / "tree/models/shipped/a/1.safetensors");
  EXPECT_EQ(shipped_root(at / "tree/build/release/bin/proteus").value(), at / "tree");
}

TEST(ShippedRoot, OfAProgramThatStandsAloneIsMissingAndSaysWhatToDo) {
  const test::Folder folder;
  const auto root = shipped_root(folder.path() / "bin/proteus");
  ASSERT_TRUE(root.has_error());
  EXPECT_EQ(root.error().code, ErrorCode::NotFound);
  EXPECT_THAT(root.error().context, AllOf(HasSubstr("share/proteus/models/shipped"),
                                          HasSubstr((folder.path() / "bin/proteus").string()),
                                          HasSubstr("strategy.name=sma_cross")));
}

TEST(ShippedCheckpoints, AreThoseOfTheModelInTheOrderOfTheirNames) {
  const test::Folder folder;
  const fs::path models = folder.path() / "models/shipped";
  for (const char* name : {"b/2.safetensors", "b/1.safetensors", "b/card.md", "a/1.safetensors",
                           "registry.jsonl", "empty/card.md"})
    put(models / name);
  EXPECT_THAT(
      shipped_checkpoints(folder.path(), "b").value(),
      ElementsAre((models / "b/1.safetensors").string(), (models / "b/2.safetensors").string()));
  for (const char* name : {"c", "empty", "", "..", "../shipped/b", "."}) {
    const auto none = shipped_checkpoints(folder.path(), name);
    ASSERT_TRUE(none.has_error()) << name;
    EXPECT_THAT(none.error().context, HasSubstr("there are: a, b")) << name;
  }
}

TEST(ShippedCheckpoints, InAFolderThatCannotBeReadAreAnErrorThatSaysSo) {
  const test::Folder folder;
  const fs::path models = folder.path() / "models/shipped";
  put(models / "a/1.safetensors");
  // A link to itself: no user can read it, unlike a folder without permission.
  fs::create_symlink("b", models / "b");
  const auto unreadable = shipped_checkpoints(folder.path(), "b");
  ASSERT_TRUE(unreadable.has_error());
  EXPECT_EQ(unreadable.error().code, ErrorCode::Io);
  EXPECT_THAT(unreadable.error().context,
              AllOf(HasSubstr((models / "b").string()), HasSubstr("cannot be read")));
  EXPECT_THAT(shipped_checkpoints(folder.path(), "c").error().context, HasSubstr("there are: a"));
}

TEST(PolicyName, IsThatOfTheFilesWhereTheWorkingFolderIsGone) {
  const fs::path before = fs::current_path();
  const test::Folder folder;
  fs::create_directory(folder.path() / "gone");
  fs::current_path(folder.path() / "gone");
  fs::remove(folder.path() / "gone");
  Loaded loaded;
  loaded.settings.policy.checkpoints = {"one.safetensors", "two.safetensors"};
  EXPECT_EQ(policy_name(loaded), "one.safetensors and 1 more");
  loaded.settings.policy.checkpoints = {"mine/1.safetensors", "mine/2.safetensors"};
  EXPECT_EQ(policy_name(loaded), "mine");
  fs::current_path(before);
}

TEST(Unnamed, StrategyIsTheShippedPolicyBelowWhatIsGiven) {
  const auto loaded = load_for_verb("", {"policy.adapt=off", "engine.capital=5000"});
  ASSERT_TRUE(loaded.has_value()) << loaded.error().context;
  const Settings& s = loaded.value().settings;
  EXPECT_EQ(s.strategy.name, strategies::StrategyKind::Policy);
  EXPECT_EQ(s.engine.interval, Interval::H1);
  EXPECT_EQ(s.engine.capital, 5000.0);
  EXPECT_EQ(s.policy.adapt, strategies::Adapt::Off) << "what is given counts";
  EXPECT_THAT(loaded.value().policies, SizeIs(5));
  EXPECT_EQ(policy_name(loaded.value()), "policy-1h");
  EXPECT_THAT(loaded.value().shown, HasSubstr("config/policy.toml\n"));
}

TEST(Unnamed, StrategysDefaultsAreShownWithTheLineOfTheShippedFile) {
  const std::string source = shipped_settings().value().string();
  const auto loaded = load_for_verb("", {"risk.sizing.no_trade_band=0.2"});
  ASSERT_TRUE(loaded.has_value()) << loaded.error().context;
  // A setting's line of what is shown, up to its meaning.
  const auto line = [&](const std::string& key) {
    const std::string& shown = loaded.value().shown;
    const std::size_t at = shown.find("\n" + key + " = ");
    return at == shown.npos ? "" : shown.substr(at + 1, shown.find('\n', at + 1) - at - 1);
  };
  EXPECT_THAT(line("adapt"), HasSubstr("adapt = \"both\"  # " + source + ":"));
  EXPECT_THAT(line("kelly_floor"), HasSubstr("kelly_floor = 1.0  # " + source + ":"));
  EXPECT_THAT(line("no_trade_band"), HasSubstr("no_trade_band = 0.2  # --set: "));
  EXPECT_THAT(line("adapt_every"), HasSubstr("  # default: ")) << "the file does not name it";
  EXPECT_THAT(line("volatility_target"), HasSubstr("  # default: "));
}

TEST(Unnamed, StrategyTradesAsTheShippedFileDoesWhenItIsNamed) {
  const auto root = shipped_settings();
  ASSERT_TRUE(root.has_value()) << root.error().context;
  const auto named = load(root.value(), {});
  ASSERT_TRUE(named.has_value()) << named.error().context;
  EXPECT_EQ(named.value().resolved, load_for_verb("", {}).value().resolved);
}

TEST(Unnamed, StrategyOfAnotherIntervalIsRefusedAndSaysHowToNameOne) {
  const auto loaded = load_for_verb("", {"engine.interval=5m"});
  ASSERT_TRUE(loaded.has_error());
  EXPECT_THAT(loaded.error().context,
              AllOf(HasSubstr("engine.interval"), HasSubstr("no strategy is named"),
                    HasSubstr("strategy.name = \"sma_cross\"")));
}

TEST(Named, StrategyLeavesTheShippedSettingsAside) {
  const auto by_set = load_for_verb("", {"strategy.name=sma_cross"});
  ASSERT_TRUE(by_set.has_value()) << by_set.error().context;
  EXPECT_EQ(by_set.value().settings.engine.interval, Interval::M1);
  EXPECT_EQ(by_set.value().resolved, load("", {"strategy.name=sma_cross"}).value().resolved);
  const test::Folder folder;
  const fs::path file = folder.path() / "mine.toml";
  std::ofstream(file) << "[strategy]\nname = \"flat\"\n";
  EXPECT_EQ(load_for_verb(file, {}).value().resolved, load(file, {}).value().resolved);
}

TEST(ShippedModel, OfAnUnknownNameIsToldUnderItsKey) {
  const auto loaded = load_for_verb("", {"policy.checkpoints=shipped:no-such"});
  ASSERT_TRUE(loaded.has_error());
  EXPECT_THAT(loaded.error().context,
              AllOf(HasSubstr("policy.checkpoints"), HasSubstr("policy-1h")));
}

}  // namespace
}  // namespace proteus::app
