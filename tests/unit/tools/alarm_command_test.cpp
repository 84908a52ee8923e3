// Programs that are run for an alarm: good ones, failing ones, hanging ones, none.
#include "tools/app/alarm_command.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>

namespace proteus::app {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class AlarmCommandTest : public ::testing::Test {
 protected:
  AlarmCommandTest() {
    std::string name = std::filesystem::temp_directory_path() / "proteus_alarm_XXXXXX";
    folder_ = ::mkdtemp(name.data());
  }
  ~AlarmCommandTest() override { std::filesystem::remove_all(folder_); }

  std::string script(const std::string& body) {
    const std::string path = folder_ / "script";
    std::ofstream(path) << "#!/bin/sh\n" << body;
    ::chmod(path.c_str(), 0700);
    return path;
  }
  [[nodiscard]] std::string read(const std::string& name) const {
    std::ifstream in(folder_ / name);
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
  }
  /// Sends one alarm and turns the loop until its end is told.
  Delivery send(std::vector<std::string> command, Duration deadline = 20s) {
    AlarmCommand way(loop_, std::move(command), deadline, {"host", "paper", "session"});
    Alarm alarm;
    alarm.kind = AlarmKind::DiskLow;
    alarm.severity = Severity::Critical;
    alarm.subject = "a \"b\"";
    alarm.text = "two\nlines; $(touch pwned)";
    alarm.number = 7;
    alarm.suppressed = 3;
    Delivery outcome{};
    way.send(alarm, [&](Delivery delivery, std::string word) {
      outcome = delivery;
      word_ = std::move(word);
      loop_.stop();
    });
    EXPECT_TRUE(loop_.run_for(30s)) << "its end was not told";
    return outcome;
  }

  net::Loop loop_;
  std::filesystem::path folder_;
  std::string word_;
};

TEST_F(AlarmCommandTest, GetsTheAlarmAsJsonOnItsStandardInput) {
  ASSERT_EQ(send({script("cat > \"$1\""), folder_ / "heard"}), Delivery::Delivered) << word_;
  EXPECT_EQ(word_, "exit code 0");
  EXPECT_THAT(read("heard"),
              AllOf(HasSubstr(R"("kind":"disk_low")"), HasSubstr(R"("severity":"critical")"),
                    HasSubstr(R"("subject":"a \"b\"")"), HasSubstr(R"(two\nlines; $(touch pwned))"),
                    HasSubstr(R"("suppressed":3)"), ::testing::EndsWith("}\n")));
}

TEST_F(AlarmCommandTest, GetsTheAlarmInItsEnvironmentAndNothingThatIsOurs) {
  ::setenv("PROTEUS_ALARM_WEBHOOK", "https://example.org/secret", 1);
  ::setenv("NOTIFY_SOCKET", "/nowhere", 1);
  ::setenv("PROTEUS_API_KEY", "of secret use", 1);
  ::setenv("PROTEUS_API_SECRET", "a secret", 1);
  const Delivery outcome = send({script("env > \"$1\""), folder_ / "heard"});
  ::unsetenv("PROTEUS_ALARM_WEBHOOK");
  ::unsetenv("NOTIFY_SOCKET");
  ::unsetenv("PROTEUS_API_KEY");
  ::unsetenv("PROTEUS_API_SECRET");
  ASSERT_EQ(outcome, Delivery::Delivered) << word_;
  EXPECT_THAT(read("heard"),
              AllOf(HasSubstr("PROTEUS_ALARM_KIND=disk_low\n"),
                    HasSubstr("PROTEUS_ALARM_SEVERITY=critical\n"),
                    HasSubstr("PROTEUS_ALARM_NUMBER=7\n"), HasSubstr("PROTEUS_ALARM_HOST=host\n"),
                    HasSubstr("PATH="), Not(HasSubstr("secret")), Not(HasSubstr("NOTIFY_SOCKET"))));
}

TEST_F(AlarmCommandTest, IsNoShell) {
  ASSERT_EQ(send({script("printf %s \"$2\" > \"$1\""), folder_ / "heard", "$(id) ; `id` > x"}),
            Delivery::Delivered);
  EXPECT_EQ(read("heard"), "$(id) ; `id` > x");
}

TEST_F(AlarmCommandTest, OfOneThatFailsItsCodeAndItsFirstLineAreTold) {
  EXPECT_EQ(send({script("echo 'no route' >&2; echo more; exit 3")}), Delivery::Failed);
  EXPECT_EQ(word_, "exit code 3, it says: no route");
}

TEST_F(AlarmCommandTest, OneThatIsKilledSaysBySignal) {
  EXPECT_EQ(send({script("kill -TERM $$")}), Delivery::Failed);
  EXPECT_EQ(word_, "ended by signal 15");
}

TEST_F(AlarmCommandTest, OneThatHangsIsKilledWithAllItStarted) {
  // It tells its own and its child's number, then both sleep far beyond the test.
  const Delivery outcome =
      send({script("sleep 900 & echo $! > \"$1\"; wait"), folder_ / "child"}, 2s);
  EXPECT_EQ(outcome, Delivery::Failed);
  EXPECT_EQ(word_, "killed after 2000 ms");
  const std::string child = read("child");
  ASSERT_FALSE(child.empty()) << "it was not started within its deadline";
  // Gone, or a zombie that the system has not collected yet. A signal takes a moment to arrive.
  const auto state = [&] {
    std::ifstream stat("/proc/" + std::to_string(std::stoi(child)) + "/stat");
    std::string number, name, found;
    return stat >> number >> name >> found ? found : "gone";
  };
  const auto dead = [&] { return state() == "Z" || state() == "gone"; };
  const net::Timer look = loop_.every(5ms, [&] {
    if (dead()) loop_.stop();
  });
  const net::Timer enough = loop_.after(20s, [&] { loop_.stop(); });
  loop_.run();
  EXPECT_TRUE(dead()) << state();
}

TEST_F(AlarmCommandTest, OneThatIsNotThereIsHopeless) {
  EXPECT_EQ(send({"/nowhere/logger"}), Delivery::Hopeless);
  EXPECT_EQ(word_, "/nowhere/logger cannot be started: No such file or directory");
}

TEST_F(AlarmCommandTest, OneThatMayNotBeRunIsHopeless) {
  const std::string path = script("exit 0");
  ::chmod(path.c_str(), 0600);
  EXPECT_EQ(send({path}), Delivery::Hopeless);
  EXPECT_THAT(word_, HasSubstr("Permission denied"));
}

TEST_F(AlarmCommandTest, OneThatReadsNothingAndWritesMuchEndsAllTheSame) {
  EXPECT_EQ(send({script("head -c 1000000 /dev/zero | tr '\\0' x; exit 4")}), Delivery::Failed);
  EXPECT_THAT(word_, HasSubstr("exit code 4, it says: xxxx"));
  EXPECT_LT(word_.size(), 300U);
}

TEST_F(AlarmCommandTest, ItsEndIsNotWaitedForByTheDaemonsEnd) {
  AlarmCommand* way = new AlarmCommand(loop_, {script("sleep 900")}, 300s, {});
  bool told = false;
  way->send({}, [&](Delivery, std::string) { told = true; });
  const Duration before = net::Loop::steady_now();
  delete way;
  EXPECT_LT(net::Loop::steady_now() - before, 20s);
  loop_.poll();
  EXPECT_FALSE(told) << "told to somebody who is gone";
}

}  // namespace
}  // namespace proteus::app
