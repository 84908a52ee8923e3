// What a session may go on with: the settings that decide its orders stay for good.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tools/app/trading.hpp"

namespace proteus::app {
namespace {

using ::testing::HasSubstr;

class Resume : public ::testing::Test {
 protected:
  Resume() {
    std::filesystem::create_directories(folder_);
    std::ofstream(folder_ / "config.resolved.toml") << load("", {}).value().resolved;
  }
  ~Resume() override { std::filesystem::remove_all(folder_); }
  [[nodiscard]] std::string complaint(const std::vector<std::string>& overrides) const {
    const auto loaded = load("", overrides);
    EXPECT_TRUE(loaded.has_value()) << loaded.error().context;
    const Result<void> fits = fits_session(loaded.value(), folder_);
    return fits ? "" : fits.error().context;
  }
  // Tests of one suite run beside one another.
  std::filesystem::path folder_ =
      ::testing::TempDir() + "proteus_resume." + std::to_string(::getpid());
};

TEST_F(Resume, RefusesOtherSettingsOfWhatDecidesAndNamesThem) {
  for (const char* given :
       {"engine.capital=5000", "strategy.fast=7", "risk.sizing.kelly_fraction=0.5",
        "risk.limits.drawdown_max=0.1", "paper.linear_taker_fee_bps=3"}) {
    const std::string key = std::string(given).substr(0, std::string(given).find('='));
    EXPECT_THAT(complaint({given}), HasSubstr(key + ": ")) << given;
  }
}

TEST_F(Resume, NamesAllOfThemAtOnce) {
  const std::string words = complaint({"strategy.fast=7", "risk.limits.drawdown_max=0.1"});
  EXPECT_THAT(words, HasSubstr("strategy.fast"));
  EXPECT_THAT(words, HasSubstr("risk.limits.drawdown_max"));
}

TEST_F(Resume, TakesOtherSettingsOfTheFeedTheDiskAndTheOperator) {
  EXPECT_EQ(complaint({"feed.ping_interval=10s", "storage.keep_feed=3d", "session.heartbeat=10s",
                       "risk.limits.override_file=overrides.toml"}),
            "");
}

TEST_F(Resume, OfAFolderThatIsNoSessionIsAnError) {
  EXPECT_FALSE(fits_session(load("", {}).value(), folder_ / "none").has_value());
}

TEST_F(Resume, TakesNoReplay) {
  const Loaded loaded =
      load("", {"session.folder=" + (folder_ / "runs").string(), "strategy.name=flat"}).value();
  { const auto told = Trading::open(loaded, "replay", from_unix_ms(1'700'000'000'000)).value(); }
  const auto session = std::filesystem::directory_iterator(folder_ / "runs")->path();
  const auto again = Trading::resume(loaded, "paper", session);
  ASSERT_TRUE(again.has_error());
  EXPECT_THAT(again.error().context, HasSubstr("is a replay: paper goes on with paper sessions"));
}

TEST_F(Resume, AFolderInThePlaceOfItsSettingsIsAnErrorThatNamesIt) {
  std::filesystem::create_directories(folder_ / "odd/config.resolved.toml");
  const auto fits = fits_session(load("", {}).value(), folder_ / "odd");
  ASSERT_TRUE(fits.has_error());
  EXPECT_EQ(fits.error().code, ErrorCode::Io);
  EXPECT_THAT(fits.error().context, HasSubstr("odd/config.resolved.toml: Is a directory"));
}

}  // namespace
}  // namespace proteus::app
