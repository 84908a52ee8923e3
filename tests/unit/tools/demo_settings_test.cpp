#include "tools/app/demo_settings.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/unit/tools/support.hpp"

namespace proteus::app {
namespace {

std::string demo_refusal(const std::string& assignment) {
  Options options;
  options.overrides = {assignment};
  const auto fits = fits_demo(options);
  return fits.has_error() ? fits.error().context : "";
}

TEST(DemoSettings, RefuseAnotherVenueAndNamePaper) {
  for (const char* given : {"venue.rest=https://api.bybit.com", " venue.stream = wss://x",
                            "venue.ca_file=x.pem", "sim.server.port=8600"})
    EXPECT_TRUE(has(demo_refusal(given), "proteus paper")) << given << ": " << demo_refusal(given);
}

TEST(DemoSettings, RefuseASpeedOfOneHalfAndNameTheOption) {
  for (const char* given : {"sim.speed=2", "feed.speed=1"})
    EXPECT_TRUE(has(demo_refusal(given), "--speed N")) << given << ": " << demo_refusal(given);
}

TEST(DemoSettings, TakeEverythingElse) {
  for (const char* given : {"strategy.name=flat", "sim.seed=7", "sim.faults.drop_per_minute=0.1",
                            "market.volatility=1", "feed.warm_up_bars=50", "session.folder=x"})
    EXPECT_EQ(demo_refusal(given), "") << given;
}

TEST(DemoSettings, TellAFileOfTheExchangeFromOneOfTheDaemon) {
  std::string name = (std::filesystem::temp_directory_path() / "proteus-demo-XXXXXX").string();
  const std::filesystem::path folder = ::mkdtemp(name.data());
  std::ofstream(folder / "sim.toml") << "[sim]\nseed = 3\n";
  std::ofstream(folder / "paper.toml") << "[engine]\ncapital = 5000.0\n";
  Options options;
  options.config = folder / "sim.toml";
  const auto refused = fits_demo(options);
  ASSERT_TRUE(refused.has_error());
  EXPECT_TRUE(has(refused.error().context, "proteus sim --config")) << refused.error().context;
  options.config = folder / "paper.toml";
  EXPECT_TRUE(fits_demo(options).has_value());
  std::filesystem::remove_all(folder);
}

TEST(DemoSettings, NameWhatOfAFileIsNotFollowed) {
  std::string name = (std::filesystem::temp_directory_path() / "proteus-demo-XXXXXX").string();
  const std::filesystem::path folder = ::mkdtemp(name.data());
  const std::string file = folder / "paper.toml";
  std::ofstream(file) << "[engine]\ncapital = 5000.0\n[feed]\nspeed = 2.0\nwarm_up_bars = 10\n"
                         "[venue]\nrest = \"http://127.0.0.1:1\"\n";
  EXPECT_EQ(
      settings_without_effect(file),
      (std::vector<std::string>{"feed.speed (" + file + ":4)", "venue.rest (" + file + ":7)"}));
  EXPECT_TRUE(settings_without_effect("").empty());
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace proteus::app
