// Both ends of a websocket on loopback by Boost.Beast alone: what the daemon's way is held against,
// and the other end of the daemon's own connection. On the loop's one io_context and thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "connectors/net/loop.hpp"

namespace proteus::bench {

/// Listens on a free port of 127.0.0.1 and takes one connection.
class BareServer {
 public:
  using OnText = std::function<void(std::string_view)>;
  BareServer(net::Loop& loop, OnText on_text);
  ~BareServer();
  BareServer(const BareServer&) = delete;
  BareServer& operator=(const BareServer&) = delete;

  [[nodiscard]] std::uint16_t port() const;
  [[nodiscard]] bool open() const;
  /// One text message; messages leave in the order of the calls.
  void write(std::string text);

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

/// Answers every message with `answer`, at once, and says so.
class BareClient {
 public:
  BareClient(net::Loop& loop, std::uint16_t port, std::string answer,
             std::function<void()> on_answered);
  ~BareClient();
  BareClient(const BareClient&) = delete;
  BareClient& operator=(const BareClient&) = delete;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace proteus::bench
