#include "tools/evaluate/registry.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <thread>

#include "tests/support/folder.hpp"
#include "tools/evaluate/tried_runs.hpp"

namespace proteus::app::evaluate {
namespace {

using ::testing::HasSubstr;

Trial trial(std::string config, std::optional<double> sharpe, std::int64_t bars = 100) {
  return {"policy", std::move(config), "test", bars, 8'760.0, sharpe};
}

std::string text_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
void write(const std::filesystem::path& file, const std::string& text) {
  std::ofstream(file, std::ios::binary) << text;
}

TEST(Registry, CountsDistinctConfigurationsAndTheSpreadOfTheirRatios) {
  const test::Folder folder;
  const auto file = folder / "deep/registry.jsonl";
  ASSERT_TRUE(register_trials(file, {trial("a", 0.01), trial("b", 0.03)}, {}));
  ASSERT_TRUE(register_trials(file, {trial("a", 0.99, 50), trial("flat", {})}, {}));
  const Tried tried = read_registry(file).value();
  EXPECT_EQ(tried.lines, 4);
  EXPECT_EQ(tried.configurations, 3);
  // a by its longer score, 0.01; b 0.03: variance 2 x 0.01^2 a bar.
  EXPECT_NEAR(tried.variance_yearly, 2.0 * 0.0001 * 8'760.0, 1e-9);
}

TEST(Registry, TakesALaterScoreOfAsManyBars) {
  const test::Folder folder;
  const auto file = folder / "registry.jsonl";
  ASSERT_TRUE(register_trials(file, {trial("a", 0.5), trial("b", 0.0), trial("a", 0.0)}, {}));
  EXPECT_NEAR(read_registry(file).value().variance_yearly, 0.0, 1e-15);
}

TEST(Registry, ThatIsNotThereHasToBeMadeByATrial) {
  const test::Folder folder;
  EXPECT_EQ(read_registry(folder / "none").error().code, ErrorCode::NotFound);
}

TEST(Registry, EntersOfTrainingsThoseThatItDoesNotKnow) {
  const test::Folder folder;
  const auto file = folder / "registry.jsonl";
  const auto run = [&](const std::string& name, int seed, double rate) {
    std::filesystem::create_directories(folder / ("runs/" + name));
    std::ofstream(folder / ("runs/" + name + "/config.toml")) << fmt::format(
        "[train]\nseed = {}\nrate = {}\n[data]\nto = \"2024-01-0{}\"\n", seed, rate, seed);
  };
  run("a1", 1, 0.1);
  run("a2", 2, 0.1);  // The same but for its seed and period.
  run("b", 1, 0.2);
  std::filesystem::create_directories(folder / "runs/evaluate-x");
  write(folder / "runs/evaluate-x/config.toml", "[evaluate]\n");
  EXPECT_EQ(register_new(file, tried_runs(folder / "runs").value(), {}).value(), 2U);
  run("c", 1, 0.3);
  EXPECT_EQ(register_new(file, tried_runs(folder / "runs").value(), {}).value(), 1U);
  EXPECT_EQ(read_registry(file).value().configurations, 3);
  EXPECT_EQ(tried_runs(folder / "none").error().code, ErrorCode::NotFound);
}

TEST(Registry, ThatIsShippedIsWholeAndHasAHead) {
  const char* root = std::getenv("PROTEUS_SOURCE_DIR");
  const auto tried = read_registry(std::filesystem::path(root == nullptr ? "." : root) /
                                   "models/shipped/registry.jsonl");
  ASSERT_TRUE(tried) << tried.error().context;
  EXPECT_TRUE(tried.value().headed);
  EXPECT_GE(tried.value().lines, 189);
}

TEST(TriedRuns, AreNotCountedWhereTheSettingsOfOneCannotBeRead) {
  const test::Folder folder;
  const auto run = [&](const std::string& name, const std::string& text) {
    std::filesystem::create_directories(folder / ("runs/" + name));
    write(folder / ("runs/" + name + "/config.toml"), text);
  };
  run("a", "[train]\nrate = 0.1\n");
  EXPECT_EQ(tried_runs(folder / "runs").value().size(), 1U);
  for (const std::string damaged : {"[train]\nrate = \n", ""}) {
    run("b", damaged);
    const auto trials = tried_runs(folder / "runs");
    ASSERT_TRUE(trials.has_error());
    EXPECT_EQ(trials.error().code, ErrorCode::Corrupt);
    EXPECT_THAT(trials.error().context, HasSubstr("runs/b/config.toml"));
  }
}

class DamagedRegistry : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(register_trials(file_, {trial("a", 0.1), trial("b", 0.2), trial("c", 0.3)}, {}));
    whole_ = text_of(file_);
  }
  void expect_refused(const std::string& text, int line) {
    write(file_, text);
    const auto read = read_registry(file_);
    ASSERT_TRUE(read.has_error()) << text;
    EXPECT_EQ(read.error().code, ErrorCode::Corrupt);
    EXPECT_THAT(read.error().context, HasSubstr(fmt::format("registry.jsonl:{}:", line)));
    EXPECT_TRUE(register_trials(file_, {trial("d", 0.1)}, {}).has_error());
    EXPECT_EQ(text_of(file_), text);  // Nothing was put behind the damage.
  }
  test::Folder folder_;
  std::filesystem::path file_ = folder_ / "registry.jsonl";
  std::filesystem::path head_ = folder_ / "registry.jsonl.head";
  std::string whole_;
};

TEST_F(DamagedRegistry, IsRefusedWhereALineIsMissing) {
  const auto first = whole_.find('\n') + 1;
  const auto second = whole_.find('\n', first) + 1;
  expect_refused(whole_.substr(0, first) + whole_.substr(second), 2);
}
TEST_F(DamagedRegistry, IsRefusedWhereItIsCutInTheMiddleOfALine) {
  expect_refused(whole_.substr(0, whole_.size() - 9), 3);
}
TEST_F(DamagedRegistry, IsRefusedWhereLinesAreTakenFromItsEnd) {
  const auto second = whole_.find('\n', whole_.find('\n') + 1) + 1;
  for (const std::string& cut : {whole_.substr(0, second), std::string()}) {
    write(file_, cut);
    const auto read = read_registry(file_);
    ASSERT_TRUE(read.has_error()) << cut;
    EXPECT_EQ(read.error().code, ErrorCode::Corrupt);
    EXPECT_THAT(read.error().context, HasSubstr("registry.jsonl.head says that line 3"));
    EXPECT_TRUE(register_trials(file_, {trial("d", 0.1)}, {}).has_error());
    EXPECT_EQ(text_of(file_), cut);
  }
}
TEST_F(DamagedRegistry, IsRefusedWhereItsEndIsWrittenAnew) {
  const auto second = whole_.find('\n', whole_.find('\n') + 1) + 1;
  std::filesystem::rename(head_, folder_ / "head");
  write(file_, whole_.substr(0, second));
  ASSERT_TRUE(register_trials(file_, {trial("d", 0.4), trial("e", 0.4)}, {}));
  std::filesystem::rename(folder_ / "head", head_);
  EXPECT_THAT(read_registry(file_).error().context, HasSubstr("has another there"));
}
TEST_F(DamagedRegistry, IsReadWithoutAHeadOrWithOneThatIsBehindIt) {
  const std::string behind = text_of(head_);
  ASSERT_TRUE(register_trials(file_, {trial("d", 0.1)}, {}));
  EXPECT_TRUE(read_registry(file_).value().headed);
  write(head_, behind);  // As after a loss of power between the two.
  EXPECT_EQ(read_registry(file_).value().lines, 4);
  std::filesystem::remove(head_);
  EXPECT_FALSE(read_registry(file_).value().headed);
  write(head_, "{");
  EXPECT_EQ(read_registry(file_).error().code, ErrorCode::Corrupt);
}
TEST_F(DamagedRegistry, IsRefusedWhereItsHeadCannotBeRead) {
  const auto second = whole_.find('\n', whole_.find('\n') + 1) + 1;
  write(file_, whole_.substr(0, second));  // It would be seen, were the head read.
  const auto expect_unread = [&] {
    for (const auto& failed :
         {read_registry(file_).error(), register_trials(file_, {trial("d", 0.1)}, {}).error()}) {
      EXPECT_EQ(failed.code, ErrorCode::Io);
      EXPECT_THAT(failed.context, HasSubstr(head_.string()));
      EXPECT_THAT(failed.context, HasSubstr("make it readable or bring it back from a copy"));
    }
    EXPECT_EQ(text_of(file_), whole_.substr(0, second));
  };
  // What no user can read, unlike a file without permission: a link to itself, and a folder.
  std::filesystem::remove(head_);
  std::filesystem::create_symlink(head_.filename(), head_);
  expect_unread();
  std::filesystem::remove(head_);
  std::filesystem::create_directory(head_);
  expect_unread();
}
TEST_F(DamagedRegistry, IsRefusedWhereANumberWasChanged) {
  std::string changed = whole_;
  changed.replace(changed.find("\"sharpe\":0.2"), 12, "\"sharpe\":0.9");
  expect_refused(changed, 2);
}
TEST_F(DamagedRegistry, IsRefusedWhereItIsOfSomethingElse) {
  expect_refused("time,name\n", 1);
  expect_refused(std::string("\0\0\0\n", 4), 1);
}

TEST(Registry, LosesNothingWhereSeveralWriteAtOnce) {
  const test::Folder folder;
  const auto file = folder / "registry.jsonl";
  std::vector<std::thread> writers;
  for (int w = 0; w < 4; ++w)
    writers.emplace_back([&, w] {
      for (int i = 0; i < 10; ++i)
        EXPECT_TRUE(register_trials(file, {trial(fmt::format("{}-{}", w, i), 0.1)}, {}));
    });
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(read_registry(file).value().configurations, 40);
}

}  // namespace
}  // namespace proteus::app::evaluate
