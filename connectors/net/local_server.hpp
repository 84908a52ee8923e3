// The operator's door: a unix-domain stream socket that only its owner may open (mode 0600), with
// one line of text a command and any number of lines as its answer.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "connectors/net/loop.hpp"
#include "engine/core/result.hpp"

namespace proteus::net {

/// Longest line in either direction of a command, without its end.
constexpr std::size_t kLocalLineBytesMax = 64U * 1024U;

/// Where the answer to a line goes. Copies share it; a copy may be kept (--watch) until the peer
/// has gone. Loop thread only.
class Reply {
 public:
  struct State;
  explicit Reply(std::shared_ptr<State> state) noexcept : state_(std::move(state)) {}

  /// Queues `text` and a line end. `text` may hold several lines. False: the peer has gone, or left
  /// more than 4 MiB unread and was dropped.
  bool line(std::string_view text) const;
  /// Ends the connection once everything queued has been sent.
  void close() const;
  [[nodiscard]] bool gone() const;

 private:
  std::shared_ptr<State> state_;
};

class LocalServer {
 public:
  using OnLine = std::function<void(std::string_view line, Reply reply)>;

  /// Listens when it returns. A socket file left behind by a process that is gone is replaced.
  /// Busy: somebody answers there. Refused: the path is something else than a socket.
  /// OutOfRange: the path is longer than a socket address holds (107 bytes). Io: anything else.
  static Result<std::unique_ptr<LocalServer>> create(Loop& loop, std::string path, OnLine on_line);
  /// Closes everything and removes the socket file. Allowed inside on_line.
  ~LocalServer();
  LocalServer(const LocalServer&) = delete;
  LocalServer& operator=(const LocalServer&) = delete;

  [[nodiscard]] std::size_t connections() const;

 private:
  friend struct Reply::State;
  struct Impl;
  explicit LocalServer(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

}  // namespace proteus::net
