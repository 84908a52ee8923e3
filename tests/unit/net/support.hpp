// What the tests of this room share: turning the loop until something has happened, plain sockets
// that behave badly, files that go away.
#pragma once

#include <arpa/inet.h>
#include <dirent.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "connectors/net/certificate.hpp"
#include "connectors/net/endpoint.hpp"
#include "connectors/net/loop.hpp"
#include "connectors/net/server.hpp"
#include "connectors/net/websocket_client.hpp"

namespace proteus::net {

using namespace std::chrono_literals;

/// Turns the loop until `done`; false when that did not come true in (generous) time.
inline bool run_until(Loop& loop, const std::function<bool()>& done, Duration longest = 20s) {
  if (done()) return true;
  const Timer look = loop.every(100us, [&] {
    if (done()) loop.stop();
  });
  loop.run_for(longest);
  return done();
}

/// Everything that is due within the next moments has run.
inline void settle(Loop& loop) { loop.run_for(20ms); }

inline Endpoint local_endpoint(std::uint16_t port, bool tls = false, std::string path = "/") {
  return {tls ? "localhost" : "127.0.0.1", port, tls, std::move(path)};
}

/// A folder of its own that is removed with what is in it.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    char name[] = "/tmp/proteus-net-XXXXXX";
    path_ = ::mkdtemp(name);
  }
  ~TemporaryFolder() {
    for (const std::string& file : files_) ::unlink(file.c_str());
    ::rmdir(path_.c_str());
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  std::string file(const std::string& name) { return files_.emplace_back(path_ + "/" + name); }
  std::string write(const std::string& name, const std::string& text) {
    const std::string path = file(name);
    std::ofstream{path} << text;
    return path;
  }

 private:
  std::string path_;
  std::vector<std::string> files_;
};

inline PemPair certificate_for(std::vector<std::string> names, Duration from = -1h,
                               Duration until = 1h) {
  CertificateRequest request;
  request.names = std::move(names);
  request.valid_from = from;
  request.valid_until = until;
  return make_self_signed(request).value();
}

/// A listening socket that never accepts by itself. port() is free for nobody else meanwhile.
class DeafListener {
 public:
  DeafListener() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(fd_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(fd_, 8), 0);
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
  }
  ~DeafListener() { close(); }
  DeafListener(const DeafListener&) = delete;
  DeafListener& operator=(const DeafListener&) = delete;
  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  /// A connection that waits, or -1.
  [[nodiscard]] int accept() const { return ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC); }

 private:
  int fd_;
  std::uint16_t port_ = 0;
};

inline std::size_t open_descriptors() {
  std::size_t count = 0;
  DIR* folder = ::opendir("/proc/self/fd");
  while (::readdir(folder) != nullptr) ++count;
  ::closedir(folder);
  return count;
}

/// A websocket server that sends every message back, and what it saw.
struct Echo {
  explicit Echo(Loop& loop, std::optional<PemPair> tls = {}, unsigned accept_status = 101) {
    ServerOptions options;
    options.tls = std::move(tls);
    ServerHandlers handlers;
    handlers.on_ws_accept = [this, accept_status](Connection id, const HttpRequest& request) {
      last = id;
      target = request.target;
      return accept_status;
    };
    handlers.on_ws_text = [this](Connection id, std::string_view text) {
      received.emplace_back(text);
      server->send(id, std::make_shared<const std::string>(text));
    };
    handlers.on_ws_pong = [this](Connection, std::string_view text) { pongs.emplace_back(text); };
    handlers.on_ws_drained = [this](Connection) { ++drained; };
    handlers.on_ws_closed = [this](Connection) { ++closed; };
    server = Server::create(loop, std::move(options), std::move(handlers)).value();
  }

  std::unique_ptr<Server> server;
  Connection last{};
  std::string target;
  std::vector<std::string> received;
  std::vector<std::string> pongs;
  int drained = 0;
  int closed = 0;
};

/// A client and what it heard.
struct Listener {
  Listener(Loop& loop, Endpoint endpoint, ClientOptions options = {}) {
    WebsocketHandlers handlers;
    handlers.on_open = [this] {
      ++opened;
      if (on_open) on_open();
    };
    handlers.on_text = [this](std::string_view text) {
      texts.emplace_back(text);
      if (on_text) on_text();
    };
    handlers.on_closed = [this](Error why) {
      ends.push_back(std::move(why));
      if (on_closed) on_closed();
    };
    client = std::make_unique<WebsocketClient>(loop, std::move(endpoint), std::move(options),
                                               std::move(handlers));
  }
  [[nodiscard]] std::function<bool()> is_open() const {
    return [this] { return opened > 0; };
  }
  [[nodiscard]] std::function<bool()> has_ended() const {
    return [this] { return !ends.empty(); };
  }

  std::unique_ptr<WebsocketClient> client;
  std::function<void()> on_open, on_text, on_closed;  ///< what a test adds
  int opened = 0;
  std::vector<std::string> texts;
  std::vector<Error> ends;
};

}  // namespace proteus::net
