// The examples of docs/how-to/examples.md: the files that come with the program, trained for a
// moment in place of a minute.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "tests/integration/child.hpp"
#include "tests/integration/support.hpp"
#include "tools/app/options.hpp"

namespace proteus::app {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string example(const std::string& name) {
  const char* root = std::getenv("PROTEUS_SOURCE_DIR");
  return (std::filesystem::path(root == nullptr ? "." : root) / "config/examples" / name).string();
}

Ran run_example(const std::string& name, const std::string& out,
                const std::vector<std::string>& sets) {
  std::vector<std::string> words{"train", "--config", example(name), "--out", out};
  for (const std::string& one : sets) words.insert(words.end(), {"--set", one});
  return run_proteus(words);
}

std::vector<std::string> lines_of(const std::string& file) {
  std::istringstream text(read_all(file));
  std::vector<std::string> lines;
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  return lines;
}

/// The field of a CSV file's line by the name of its column.
double field(const std::vector<std::string>& lines, std::size_t line, const std::string& column) {
  std::istringstream names(lines.at(0));
  std::istringstream values(lines.at(line));
  std::string name;
  std::string value;
  while (std::getline(names, name, ',') && std::getline(values, value, ','))
    if (name == column) return std::stod(value);
  ADD_FAILURE() << "no column " << column;
  return 0.0;
}

class AgentExample : public ::testing::TestWithParam<const char*> {};

// Row S3-14, and the keys of S3-18.
TEST_P(AgentExample, S3_14_TrainsAndTellsWhatEachEpisodeEarns) {
  if (!has_learner()) GTEST_SKIP() << "built without LibTorch";
  const Folder folder;
  const std::string run = folder / "run";
  const Ran ran =
      run_example(GetParam(), run, {"train.steps=6000", "core.hidden=8", "policy.encoder=8"});
  ASSERT_EQ(ran.code, kOk) << ran.out << ran.err;
  EXPECT_THAT(ran.out, AllOf(HasSubstr("test on bars that training has not seen"),
                             HasSubstr("episode"), HasSubstr("Sharpe"), HasSubstr("cleared %")));
  const auto test = lines_of(run + "/test.csv");
  ASSERT_EQ(test.size(), 9U);  // Three episodes and all, with the memory kept and cleared.
  EXPECT_EQ(test[0],
            "memory,episode,episodes,total_return,standard_error,sharpe_ratio,sortino_ratio,"
            "max_drawdown,win_rate,steps,final_capital,market");
  for (std::size_t line = 1; line <= 3; ++line) {
    EXPECT_NEAR(field(test, line, "steps"), 100.0, 1e-6);
    EXPECT_NEAR(field(test, line, "final_capital"),
                10'000.0 * (1.0 + field(test, line, "total_return")), 1e-6);
  }
  // The first episode begins with nothing remembered either way.
  EXPECT_EQ(field(test, 1, "total_return"), field(test, 5, "total_return"));
  const auto curves = lines_of(run + "/test_curves.csv");
  ASSERT_EQ(curves.size(), 102U);
  EXPECT_EQ(curves[1], "0,10000.000000,10000.000000,10000.000000");
  EXPECT_NEAR(field(curves, 101, "episode_2"), field(test, 2, "final_capital"), 1e-5);
}

INSTANTIATE_TEST_SUITE_P(Examples, AgentExample,
                         ::testing::Values("rl2_assets.toml", "rl2_unseen.toml",
                                           "rl2_crypto.toml"));

class ForecastExample : public ::testing::TestWithParam<const char*> {};

// Row S4-10, and the metrics of S4-13 and the frame of S4-12.
TEST_P(ForecastExample, S4_10_TrainsAndTellsWhatAdaptingIsWorth) {
  const Folder folder;
  const std::string run = folder / "run";
  const Ran ran = run_example(GetParam(), run,
                              {"train.steps=40", "train.validate_every=1000",
                               "test.data.synthetic_bars=1000", "network.width=8"});
  ASSERT_EQ(ran.code, kOk) << ran.out << ran.err;
  EXPECT_THAT(ran.out, AllOf(HasSubstr("inner steps"), HasSubstr("forecast 0"),
                             HasSubstr("sharpe_ratio"), HasSubstr("5 inner steps")));
  const auto test = lines_of(run + "/test.csv");
  ASSERT_EQ(test.size(), 3U);
  EXPECT_EQ(test[0],
            "adapting,total_return,annual_return,annual_volatility,sharpe_ratio,sortino_ratio,"
            "max_drawdown,win_rate,profit_factor,num_trades");
  EXPECT_NE(test[1].substr(1), test[2].substr(1)) << "five steps changed nothing";
  const auto bars = lines_of(run + "/test_bars.csv");
  ASSERT_GT(bars.size(), 500U);
  EXPECT_EQ(bars[0], "series,date,price,prediction,actual_return,position,position_return,capital");
  EXPECT_NEAR(field(bars, 2, "capital"),
              field(bars, 1, "capital") * (1.0 + field(bars, 2, "position_return")), 1e-3);
}

INSTANTIATE_TEST_SUITE_P(Examples, ForecastExample,
                         ::testing::Values("maml_assets.toml", "maml_unseen.toml",
                                           "maml_crypto.toml"));

}  // namespace
}  // namespace proteus::app
