#include "tools/evaluate/trainings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/folder.hpp"

namespace proteus::app::evaluate {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

/// A program that does what it is told to in place of `proteus train`; its folder stands behind
/// --out or --resume.
class Trainings : public ::testing::Test {
 protected:
  std::string program(const std::string& does) {
    const auto file = folder_ / "trainer";
    std::ofstream(file) << "#!/bin/sh\necho \"$@\"\nfor w; do [ \"$before\" = --out ] && dir=$w; "
                           "[ \"$before\" = --resume ] && dir=$w; before=$w; done\nmkdir -p $dir\n"
                        << does << "\n";
    std::filesystem::permissions(file, std::filesystem::perms::owner_all);
    return file.string();
  }
  Training training(const std::string& name) {
    return {name, "train.toml", {"data.to=2024-01-01"}, folder_ / ("runs/" + name)};
  }
  Result<void> run(
      const std::vector<Training>& trainings, const std::string& program,
      const std::function<bool()>& stop = [] { return false; }) {
    return run_trainings(
        trainings, 2, program, [this](const std::string& line) { said_ += line + "\n"; }, stop);
  }
  std::string log(const std::string& name) {
    std::ifstream in(folder_ / ("runs/" + name + ".log"));
    return {std::istreambuf_iterator<char>(in), {}};
  }
  test::Folder folder_;
  std::string said_;
};

TEST_F(Trainings, AreStartedWithTheirSettingsAndKept) {
  const auto made = program("echo x > $dir/model.safetensors");
  ASSERT_TRUE(run({training("a"), training("b"), training("c")}, made));
  EXPECT_THAT(log("c"), AllOf(HasSubstr("train --config train.toml --out"),
                              HasSubstr("--set data.to=2024-01-01")));
  EXPECT_THAT(said_, HasSubstr("3 of 3 trainings are to be done"));
  said_.clear();
  ASSERT_TRUE(run({training("a"), training("b"), training("c")}, "/nowhere"));  // All are done.
  EXPECT_EQ(said_, "");
}

TEST_F(Trainings, ThatWereBrokenOffAreResumed) {
  std::filesystem::create_directories(folder_ / "runs/a");
  std::ofstream(folder_ / "runs/a/config.toml") << "[train]\n";
  ASSERT_TRUE(run({training("a")}, program("echo x > $dir/model.safetensors")));
  EXPECT_THAT(log("a"), HasSubstr("train --resume"));
  EXPECT_THAT(log("a"), ::testing::Not(HasSubstr("--config")));
}

TEST_F(Trainings, ThatFailAreToldWithTheirLastWords) {
  const auto ended = run({training("a")}, program("echo no such data; exit 1"));
  ASSERT_TRUE(ended.has_error());
  EXPECT_EQ(ended.error().code, ErrorCode::Refused);
  EXPECT_THAT(ended.error().context,
              AllOf(HasSubstr("the training of a"), HasSubstr("no such data"), HasSubstr("a.log")));
}

TEST_F(Trainings, ThatEndWellWithoutAModelHaveFailed) {
  EXPECT_EQ(run({training("a")}, program("exit 0")).error().code, ErrorCode::Refused);
}

TEST_F(Trainings, AreToldOnceToStopAndWaitedFor) {
  const auto made = program(
      "trap 'echo asked >> $dir/asked; exit 0' INT\ntouch $dir/here\nwhile :; do sleep 0.05; done");
  const auto here = folder_ / "runs/a/here";
  const auto ended = run({training("a")}, made, [&] { return std::filesystem::exists(here); });
  EXPECT_EQ(ended.error().code, ErrorCode::Stopped);
  std::ifstream asked(folder_ / "runs/a/asked");
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(asked), {}), "asked\n");
}

TEST_F(Trainings, WhoseLogCannotBeWrittenNameItAndTheKey) {
  std::filesystem::create_directories(folder_ / "runs/a.log");  // in the way
  const auto ended = run({training("a")}, program("exit 0"));
  EXPECT_EQ(ended.error().code, ErrorCode::Io);
  EXPECT_THAT(ended.error().context,
              AllOf(HasSubstr("cannot write the log"), HasSubstr("runs/a.log: Is a directory"),
                    HasSubstr("train.folder"), HasSubstr("evaluate.folder")));
}

TEST_F(Trainings, WhoseFolderCannotBeMadeNameItAndTheKey) {
  std::ofstream(folder_ / "runs") << "in the way";
  const auto ended = run({training("a")}, program("exit 0"));
  EXPECT_THAT(ended.error().context,
              AllOf(HasSubstr("cannot make the folder"), HasSubstr("evaluate.folder")));
}

TEST_F(Trainings, SayWhereTheProgramCannotBeStarted) {
  const auto ended = run({training("a")}, (folder_ / "none").string());
  EXPECT_EQ(ended.error().code, ErrorCode::Io);
  EXPECT_THAT(ended.error().context, HasSubstr("No such file"));
}

}  // namespace
}  // namespace proteus::app::evaluate
