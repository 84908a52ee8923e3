// The accept loop of a server. Inside of this room only.
#pragma once

#include <memory>
#include <utility>

#include "connectors/net/asio_loop.hpp"

namespace proteus::net {

/// Takes connections until `server->stopped`. A server has: loop, acceptor, pause (a SteadyTimer
/// that its stop cancels), stopped and admit(socket).
template <class Socket, class Server>
Task<void> accept_all(std::shared_ptr<Server> server) {
  while (!server->stopped) {
    Socket socket{executor_of(server->loop)};
    const auto [ec] = co_await server->acceptor.async_accept(socket, kAwait);
    if (server->stopped) co_return;
    if (ec) {
      // Out of descriptors, most likely: asking again at once would only burn the processor.
      server->pause.expires_after(std::chrono::milliseconds{100});
      co_await server->pause.async_wait(kAwait);
      continue;
    }
    server->admit(std::move(socket));
  }
}

}  // namespace proteus::net
