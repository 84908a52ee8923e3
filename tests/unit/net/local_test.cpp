#include <sys/stat.h>
#include <sys/un.h>

#include <future>
#include <thread>

#include "connectors/net/local_client.hpp"
#include "connectors/net/local_server.hpp"
#include "tests/unit/net/support.hpp"

namespace proteus::net {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct Local : testing::Test {
  void serve(LocalServer::OnLine on_line) {
    server = LocalServer::create(loop, path, std::move(on_line)).value();
  }
  /// Runs the blocking `verb` on another thread while the loop turns; its result.
  template <class Verb>
  auto ask(Verb verb) {
    auto answer = std::async(std::launch::async, verb);
    EXPECT_TRUE(run_until(loop, [&] { return answer.wait_for(0s) == std::future_status::ready; }));
    return answer.get();
  }
  [[nodiscard]] LocalClient connect() const { return LocalClient::connect(path).value(); }
  /// A socket file with nobody behind it.
  void leave_stale_socket() const {
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    ASSERT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    ::close(fd);
  }

  Loop loop;
  TemporaryFolder folder;
  std::string path = folder.file("control.sock");
  std::unique_ptr<LocalServer> server;
};

TEST_F(Local, AnswersEachLineWithManyAndCloses) {
  serve([](std::string_view line, const Reply& reply) {
    if (line == "end") return reply.close();
    for (int i = 0; i < 3; ++i) reply.line(std::string{line} + std::to_string(i));
  });
  const auto lines = ask([this] {
    std::vector<std::string> got;
    LocalClient client = connect();
    for (const char* line : {"a", "", "end"}) {
      if (!client.send_line(line)) got.emplace_back("not sent");
    }
    for (auto line = client.read_line(5s).value(); line; line = client.read_line(5s).value()) {
      got.push_back(*line);
    }
    return got;
  });
  EXPECT_THAT(lines, ElementsAre("a0", "a1", "a2", "0", "1", "2"));
}

TEST_F(Local, AReplyMayBeKeptAndFed) {
  std::optional<Reply> watcher;
  serve([&](std::string_view, Reply reply) { watcher = std::move(reply); });
  LocalClient client = connect();
  ASSERT_TRUE(client.send_line("status --watch"));
  ASSERT_TRUE(run_until(loop, [&] { return watcher.has_value(); }));
  const std::string large(1'000'000, 'x');
  EXPECT_TRUE(watcher->line("first"));
  EXPECT_EQ(client.read_line(5s).value(), "first") << "sent before the loop turns again";
  EXPECT_EQ(client.read_line(5ms).error().code, ErrorCode::Timeout);
  EXPECT_TRUE(watcher->line(large));
  watcher->close();
  EXPECT_FALSE(watcher->line("after close"));
  const auto lines = ask([&] {
    std::vector<std::optional<std::string>> got;
    got.push_back(client.read_line(5s).value());
    got.push_back(client.read_line(5s).value());
    return got;
  });
  EXPECT_EQ(lines[0], large);
  EXPECT_EQ(lines[1], std::nullopt);
}

TEST_F(Local, AWatcherWhoLeavesOrSleepsIsNoticed) {
  std::vector<Reply> watchers;
  serve([&](std::string_view, Reply reply) { watchers.push_back(std::move(reply)); });
  LocalClient sleeper = connect();
  ASSERT_TRUE(sleeper.send_line("watch"));
  ASSERT_TRUE(run_until(loop, [&] { return watchers.size() == 1; }));
  {
    LocalClient leaver = connect();
    ASSERT_TRUE(leaver.send_line("watch"));
    ASSERT_TRUE(run_until(loop, [&] { return watchers.size() == 2; }));
    EXPECT_FALSE(watchers[1].gone());
  }
  ASSERT_TRUE(run_until(loop, [&] { return watchers[1].gone(); }));
  EXPECT_FALSE(watchers[1].line("x"));
  const std::string megabyte(1'000'000, 'x');
  int taken = 0;
  while (taken < 100 && watchers[0].line(megabyte)) ++taken;
  EXPECT_GE(taken, 4);
  EXPECT_LT(taken, 10);
  EXPECT_TRUE(watchers[0].gone());
  EXPECT_EQ(server->connections(), 0U);
}

TEST_F(Local, BoundsALine) {
  std::vector<std::size_t> sizes;
  serve([&](std::string_view line, const Reply& reply) {
    sizes.push_back(line.size());
    reply.line("ok");
  });
  const auto lines = ask([this] {
    std::vector<std::string> got;
    LocalClient client = connect();
    for (const std::size_t size : {kLocalLineBytesMax, kLocalLineBytesMax + 1}) {
      static_cast<void>(client.send_line(std::string(size, 'x')));
      const auto line = client.read_line(5s);
      got.push_back(line && line.value() ? *line.value() : "closed");
    }
    return got;
  });
  EXPECT_THAT(sizes, ElementsAre(kLocalLineBytesMax));
  EXPECT_EQ(lines[0], "ok");
  EXPECT_THAT(lines[1], HasSubstr("65536 bytes at most"));
}

TEST_F(Local, OnlyTheOwnerMayOpenItWhateverTheUmask) {
  const mode_t before = ::umask(0);
  serve([](std::string_view, const Reply&) {});
  ::umask(before);
  struct stat file {};
  ASSERT_EQ(::stat(path.c_str(), &file), 0);
  EXPECT_TRUE(S_ISSOCK(file.st_mode));
  EXPECT_EQ(file.st_mode & 0777U, 0600U);
}

TEST_F(Local, ReplacesASocketThatADeadProcessLeft) {
  leave_stale_socket();
  EXPECT_EQ(LocalClient::connect(path).error().code, ErrorCode::NotFound);
  serve([](std::string_view line, const Reply& reply) { reply.line(line); });
  LocalClient client = connect();
  ASSERT_TRUE(client.send_line("alive"));
  EXPECT_EQ(ask([&] { return client.read_line(5s).value(); }), "alive");
}

TEST_F(Local, LeavesALivingServerAlone) {
  serve([](std::string_view, const Reply&) {});
  const auto second = LocalServer::create(loop, path, [](std::string_view, const Reply&) {});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::Busy);
  EXPECT_TRUE(LocalClient::connect(path));
}

TEST_F(Local, NeverRemovesAFileThatIsNoSocket) {
  folder.write("control.sock", "precious");
  const auto refused = LocalServer::create(loop, path, [](std::string_view, const Reply&) {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::Refused);
  std::string text;
  std::ifstream{path} >> text;
  EXPECT_EQ(text, "precious");
}

TEST_F(Local, RemovesItsSocketAndOnlyItsOwn) {
  serve([](std::string_view, const Reply&) {});
  server.reset();
  EXPECT_NE(::access(path.c_str(), F_OK), 0);
  serve([](std::string_view, const Reply&) {});
  ASSERT_EQ(::unlink(path.c_str()), 0);
  leave_stale_socket();
  server.reset();
  EXPECT_EQ(::access(path.c_str(), F_OK), 0) << "somebody else's by now";
}

TEST_F(Local, RefusesAPathThatDoesNotFit) {
  const std::string longest(108, 'x');
  EXPECT_EQ(LocalServer::create(loop, longest, {}).error().code, ErrorCode::OutOfRange);
  EXPECT_EQ(LocalClient::connect(longest).error().code, ErrorCode::OutOfRange);
  EXPECT_EQ(LocalClient::connect(path).error().code, ErrorCode::NotFound);
}

TEST_F(Local, MayBeDestroyedInsideOnLineAndTheLastWordsArrive) {
  serve([&](std::string_view, const Reply& reply) {
    reply.line("stopping");
    server.reset();
    EXPECT_FALSE(reply.line("too late"));
  });
  LocalClient client = connect();
  ASSERT_TRUE(client.send_line("stop"));
  ASSERT_TRUE(client.send_line("stop"));
  ASSERT_TRUE(run_until(loop, [&] { return server == nullptr; }));
  EXPECT_EQ(client.read_line(1s).value(), "stopping");
  settle(loop);
  EXPECT_EQ(client.send_line("stop").error().code, ErrorCode::Io);
}

}  // namespace
}  // namespace proteus::net
