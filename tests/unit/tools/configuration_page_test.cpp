#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/unit/tools/support.hpp"
#include "tools/app/settings.hpp"

namespace proteus::app {
namespace {

namespace fs = std::filesystem;

fs::path root() {
  const char* folder = std::getenv("PROTEUS_SOURCE_DIR");
  return folder == nullptr ? "." : folder;
}

std::string read(const fs::path& path) {
  std::ifstream in(path);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

TEST(ConfigurationPage, EndsWithTheTablesOfThisProgram) {
  const std::string page = read(root() / "docs/reference/configuration.md");
  EXPECT_TRUE(page.ends_with(settings_markdown()))
      << "put the output of `proteus config show --markdown` at the end of "
         "docs/reference/configuration.md";
}

TEST(ConfigFiles, AreFine) {
  for (const auto& entry : fs::directory_iterator(root() / "config")) {
    if (entry.path().extension() != ".toml") continue;
    const std::string name = entry.path().filename().string();
    if (name.starts_with("train_")) continue;     // tests/unit/train
    if (name.starts_with("evaluate_")) continue;  // tests/unit/evaluate
    const auto read_back = inspect(entry.path(), {});
    EXPECT_TRUE(read_back.has_value()) << read_back.error().context;
  }
}

TEST(Inspect, TellsTheExchangesSettingsFromTheDaemons) {
  EXPECT_EQ(inspect("", {"sim.speed=2"}).value().kind, "settings of the simulated exchange");
  EXPECT_EQ(inspect("", {"engine.capital=5"}).value().kind, "settings of the daemon");
  EXPECT_EQ(inspect("", {}).value().kind, "settings of the daemon");
}

TEST(Inspect, ReportsAllErrorsAtOnce) {
  const auto read_back = inspect("", {"engine.capital=x", "feed.sped=3"});
  ASSERT_TRUE(read_back.has_error());
  EXPECT_NE(read_back.error().context.find("engine.capital"), std::string::npos);
  EXPECT_NE(read_back.error().context.find("feed.sped: unknown key, did you mean feed.speed?"),
            std::string::npos);
}

TEST(Settings, QuoteModeWithoutBooksOrTickersIsRefused) {
  EXPECT_EQ(refusal({"paper.fill_mode=quote", "feed.book_depth=50"}), "");
  const std::string needed = "command line: paper.fill_mode: \"quote\" fills from books";
  EXPECT_TRUE(refusal({"paper.fill_mode=quote"}).starts_with(needed));
  EXPECT_TRUE(refusal({"paper.fill_mode=quote", "feed.book_depth=50", "feed.tickers=false"})
                  .starts_with(needed));
}

TEST(Settings, MarksOfTickersThatNobodyFollowsAreRefused) {
  EXPECT_EQ(refusal({"engine.marks=ticker"}), "");
  EXPECT_EQ(refusal({"engine.marks=ticker", "feed.tickers=false"}),
            "command line: engine.marks: \"ticker\" needs feed.tickers = true");
}

}  // namespace
}  // namespace proteus::app
