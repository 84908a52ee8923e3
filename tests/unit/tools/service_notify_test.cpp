#include "tools/app/service_notify.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>

namespace proteus::app {
namespace {

using namespace std::chrono_literals;

/// The manager's end of the socket.
class Manager {
 public:
  explicit Manager(const std::string& address) {
    fd_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    sockaddr_un at{};
    at.sun_family = AF_UNIX;
    std::memcpy(at.sun_path, address.data(), address.size());
    if (at.sun_path[0] == '@') at.sun_path[0] = '\0';
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address.size());
    EXPECT_EQ(::bind(fd_, reinterpret_cast<sockaddr*>(&at), length), 0);
  }
  ~Manager() { ::close(fd_); }
  Manager(const Manager&) = delete;
  Manager& operator=(const Manager&) = delete;
  /// The next datagram; "nothing" where there is none.
  [[nodiscard]] std::string next() const {
    char text[4096];
    const ssize_t n = ::recv(fd_, text, sizeof text, 0);
    return n < 0 ? "nothing" : std::string(text, static_cast<std::size_t>(n));
  }

 private:
  int fd_ = -1;
};

TEST(ServiceNotify, SpeaksToAnAbstractSocket) {
  const std::string address = "@proteus-test-" + std::to_string(::getpid());
  const Manager manager(address);
  ServiceNotify notify(address, 0s);
  EXPECT_TRUE(notify.say("READY=1\nSTATUS=fine"));
  EXPECT_EQ(manager.next(), "READY=1\nSTATUS=fine");
  EXPECT_EQ(manager.next(), "nothing");
}

TEST(ServiceNotify, SpeaksToASocketFile) {
  const auto path = std::filesystem::temp_directory_path() /
                    ("proteus-notify-" + std::to_string(::getpid()) + ".sock");
  std::filesystem::remove(path);
  const Manager manager(path.string());
  ServiceNotify notify(path.string(), 0s);
  EXPECT_TRUE(notify.say("WATCHDOG=1"));
  EXPECT_EQ(manager.next(), "WATCHDOG=1");
  std::filesystem::remove(path);
}

TEST(ServiceNotify, WithoutAManagerNothingHappens) {
  ServiceNotify none("", 0s);
  EXPECT_FALSE(none.listened());
  EXPECT_FALSE(none.say("READY=1"));
  ServiceNotify gone("/nowhere/notify.sock", 0s);
  EXPECT_TRUE(gone.listened());
  EXPECT_FALSE(gone.say("READY=1"));
  EXPECT_FALSE(ServiceNotify(std::string(200, '/'), 0s).listened()) << "longer than an address";
  EXPECT_FALSE(ServiceNotify("relative", 0s).listened());
}

TEST(ServiceNotify, AManagerThatDoesNotReadDoesNotHoldItUp) {
  const std::string address = "@proteus-full-" + std::to_string(::getpid());
  const Manager manager(address);
  ServiceNotify notify(address, 0s);
  int taken = 0;
  while (taken < 100'000 && notify.say("WATCHDOG=1")) ++taken;
  EXPECT_LT(taken, 100'000) << "its queue never filled";
  EXPECT_GT(taken, 0);
}

TEST(ServiceNotify, TakesItsVariablesOutOfTheEnvironment) {
  ::setenv("NOTIFY_SOCKET", "@x", 1);
  ::setenv("WATCHDOG_USEC", "30000000", 1);
  ::setenv("WATCHDOG_PID", std::to_string(::getpid()).c_str(), 1);
  const ServiceNotify notify = ServiceNotify::from_environment();
  EXPECT_TRUE(notify.listened());
  EXPECT_EQ(notify.watchdog(), 30s);
  EXPECT_EQ(std::getenv("NOTIFY_SOCKET"), nullptr);
  EXPECT_EQ(std::getenv("WATCHDOG_USEC"), nullptr);
  EXPECT_EQ(std::getenv("WATCHDOG_PID"), nullptr);
}

TEST(ServiceNotify, AWatchdogOfAnotherProcessOrWithoutANumberIsNone) {
  ::setenv("WATCHDOG_USEC", "30000000", 1);
  ::setenv("WATCHDOG_PID", "1", 1);
  EXPECT_EQ(ServiceNotify::from_environment().watchdog(), 0s);
  for (const char* text : {"", "-5", "soon", "30s", "99999999999999999999"}) {
    ::setenv("WATCHDOG_USEC", text, 1);
    EXPECT_EQ(ServiceNotify::from_environment().watchdog(), 0s) << text;
  }
}

TEST(OneLine, HoldsNoLineEnds) { EXPECT_EQ(one_line("a\nREADY=1\tb"), "a READY=1 b"); }

}  // namespace
}  // namespace proteus::app
