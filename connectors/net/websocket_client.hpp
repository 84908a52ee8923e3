// One websocket session to one endpoint, opened as often as wanted. No heartbeat and no reconnect
// live here: both are protocol and belong to the connector that uses it. TLS 1.2 or later; the
// certificate, its dates and its host name are verified, and the host is sent as SNI. TCP_NODELAY
// is on, permessage-deflate is not offered. Control pings of the server are answered here.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "connectors/net/endpoint.hpp"
#include "connectors/net/loop.hpp"
#include "engine/core/result.hpp"
#include "engine/core/time.hpp"

namespace proteus::net {

struct ClientOptions {
  Duration connect_deadline = std::chrono::seconds{10};  ///< name, TCP, TLS and upgrade together
  Duration close_deadline = std::chrono::seconds{2};     ///< for the peer to answer our close
  std::string ca_file;  ///< PEM file of trusted certificates; empty: those of the system
  std::size_t max_frame_bytes = 16U << 20U;  ///< one incoming message, all its fragments together
  std::size_t max_queued_bytes = 4U << 20U;  ///< outgoing, not yet handed to the kernel
};

struct WebsocketHandlers {
  std::function<void()> on_open;
  /// One whole message. The view holds until the callback returns. A binary message comes here too.
  std::function<void(std::string_view)> on_text;
  /// Once for every open(): when it failed, when the session ended, and after close(). The sentence
  /// begins with host:port and names the cause. Codes: NotFound (no such host), Refused (refused
  /// port, certificate, HTTP status), Timeout (connect_deadline), OutOfRange (message too large),
  /// Malformed (not the websocket protocol), Io (the session ended: closed, reset, end of stream).
  std::function<void(Error)> on_closed;
};

class WebsocketClient {
 public:
  WebsocketClient(Loop& loop, Endpoint endpoint, ClientOptions options, WebsocketHandlers handlers);
  /// Drops the connection; no callback comes any more. Allowed inside a callback.
  ~WebsocketClient();
  WebsocketClient(const WebsocketClient&) = delete;
  WebsocketClient& operator=(const WebsocketClient&) = delete;

  /// Starts to connect. Callbacks never come from inside a call of this class, always from the
  /// loop. No effect unless closed (before the first open(), or from on_closed onwards).
  void open();
  /// Queues one text message; messages leave in the order of the calls. Io: not open; OutOfRange:
  /// the queue would pass max_queued_bytes. In both cases nothing was queued.
  [[nodiscard]] Result<void> send(std::string text);
  /// Sends what is queued, then a close frame, waits at most close_deadline in all, then
  /// on_closed. While connecting: gives up at once. No effect when closed.
  void close();
  /// false: on_text rests and the socket is not read, so that the peer feels it; control frames,
  /// a close included, are not seen either. true: goes on where it stopped; nothing is lost. Holds
  /// until it is changed, also over a new open().
  void set_reading(bool reading);

  [[nodiscard]] bool is_open() const;    ///< between on_open and on_closed, and not closing
  [[nodiscard]] bool is_closed() const;  ///< open() would have an effect
  [[nodiscard]] std::size_t queued_bytes() const;
  [[nodiscard]] const Endpoint& endpoint() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace proteus::net
