#include "tools/app/kill_switches.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

namespace proteus::app {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Switches : public ::testing::Test {
 protected:
  Switches() {
    std::string name = (std::filesystem::temp_directory_path() / "proteus-kill-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  ~Switches() override { std::filesystem::remove_all(folder_); }
  [[nodiscard]] std::string file() const { return (folder_ / "KILL").string(); }
  std::unique_ptr<KillSwitches> make(std::optional<Duration> required = {},
                                     LostOperator lost = LostOperator::Reduce) {
    SessionSettings settings;
    settings.heartbeat_required = required;
    settings.heartbeat_lost = lost;
    return std::make_unique<KillSwitches>(
        loop_, settings,
        [this](OperatorAction action, const std::string& cause) {
          told_.push_back(std::string(to_string(action)) + "|" + cause);
        },
        [this] { return now_; });
  }

  std::filesystem::path folder_;
  net::Loop loop_;
  Duration now_{1h};
  std::vector<std::string> told_;
};

TEST_F(Switches, AFileThatAppearsHaltsOnceAndTellsItsFirstLine) {
  const auto switches = make();
  switches->arm(file());
  EXPECT_THAT(told_, IsEmpty());
  std::ofstream(file()) << "broker called\nsecond line\n";
  switches->look();
  switches->look();
  EXPECT_THAT(told_, ElementsAre("halt|kill file " + file() + ": broker called"));
  EXPECT_TRUE(switches->file_there());
}

TEST_F(Switches, AFileThatComesAgainHaltsAgain) {
  const auto switches = make();
  switches->arm(file());
  for (int times = 0; times < 2; ++times) {
    std::ofstream(file()) << "";
    switches->look();
    std::filesystem::remove(file());
    switches->look();
    EXPECT_FALSE(switches->file_there());
  }
  EXPECT_THAT(told_, ::testing::SizeIs(2));
}

TEST_F(Switches, AFileThatIsThereAtTheStartHaltsAtOnce) {
  std::ofstream(file()) << "";
  make()->arm(file());
  EXPECT_THAT(told_, ElementsAre("halt|kill file " + file()));
}

TEST_F(Switches, SilenceReducesOnceUntilTheOperatorIsHeardAgain) {
  const auto switches = make(10s);
  switches->arm(file());
  now_ += 10s;
  switches->look();
  EXPECT_THAT(told_, IsEmpty()) << "exactly as long is allowed";
  now_ += 1ms;
  switches->look();
  now_ += 1h;
  switches->look();
  EXPECT_THAT(told_, ElementsAre(HasSubstr("reduce|operator not heard for more than 10 s")));
  switches->heard();
  now_ += 11s;
  switches->look();
  EXPECT_THAT(told_, ::testing::SizeIs(2));
}

TEST_F(Switches, SilenceHaltsWhereTheSettingsSaySo) {
  const auto switches = make(10s, LostOperator::Halt);
  switches->arm(file());
  now_ += 11s;
  switches->look();
  EXPECT_THAT(told_, ElementsAre(HasSubstr("halt|operator not heard")));
}

TEST_F(Switches, NoHeartbeatIsRequiredUnlessTheSettingsSaySo) {
  const auto switches = make();
  switches->arm(file());
  now_ += 1000h;
  switches->look();
  EXPECT_THAT(told_, IsEmpty());
}

TEST_F(Switches, SignalHalts) {
  const auto switches = make();
  ASSERT_EQ(::kill(::getpid(), SIGUSR1), 0);
  for (int turns = 0; turns < 1000 && told_.empty(); ++turns) loop_.run_for(1ms);
  EXPECT_THAT(told_, ElementsAre("halt|signal SIGUSR1"));
}

TEST_F(Switches, ASignalAfterTheEndTouchesNothing) {
  make().reset();
  ASSERT_EQ(::kill(::getpid(), SIGUSR1), 0);
  loop_.run_for(20ms);
  EXPECT_THAT(told_, IsEmpty());
}

TEST_F(Switches, APipeInPlaceOfTheFileIsNotReadAndNotWaitedFor) {
  ASSERT_EQ(::mkfifo(file().c_str(), 0600), 0);
  make()->arm(file());
  EXPECT_THAT(told_, ElementsAre("halt|kill file " + file()));
}

}  // namespace
}  // namespace proteus::app
