// HTTP/1.1 and websockets on one port, plain or TLS, on the loop's thread. Made for loopback: the
// simulator and tests; so it can also misbehave on request (drop, mute).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "connectors/net/certificate.hpp"
#include "connectors/net/http_message.hpp"
#include "connectors/net/loop.hpp"
#include "engine/core/result.hpp"

namespace proteus::net {

/// A websocket connection, from on_ws_accept to on_ws_closed. Numbers rise from 1 and are not used
/// again. A call that names a connection that has ended has no effect.
enum class Connection : std::uint64_t {};

/// The right to answer one request, now or later, once. Copies share it. When the last copy goes
/// without an answer, the server answers 500.
class Responder {
 public:
  struct State;
  explicit Responder(std::shared_ptr<State> state) noexcept : state_(std::move(state)) {}

  /// The first call counts, later ones have no effect.
  void respond(HttpAnswer answer) const;
  /// Resets the connection instead of answering.
  void drop() const;

 private:
  std::shared_ptr<State> state_;
};

struct ServerOptions {
  std::string bind = "127.0.0.1";  ///< an address, not a name
  std::uint16_t port = 0;          ///< 0: any free one, see port()
  std::optional<PemPair> tls;
  std::size_t connections_max = 10'000;          ///< further ones are reset
  std::size_t body_max_bytes = 1U << 20U;        ///< of a request; larger: 413
  std::size_t max_frame_bytes = 1U << 20U;       ///< of an incoming websocket message
  std::size_t max_queued_bytes = 64U << 20U;     ///< a slower reader is dropped
  Duration idle_max = std::chrono::seconds{60};  ///< TLS, upgrade or the next HTTP request to come
};

struct ServerHandlers {
  /// Without it every request is answered 404.
  std::function<void(const HttpRequest&, Responder)> on_http;
  /// 101 accepts; any other status is the answer to the upgrade, and the connection ends without
  /// on_ws_closed. Without it every upgrade is answered 404.
  std::function<unsigned(Connection, const HttpRequest&)> on_ws_accept;
  std::function<void(Connection)> on_ws_open;  ///< the upgrade is done; send() works from accept on
  std::function<void(Connection, std::string_view)> on_ws_text;  ///< text or binary, whole
  std::function<void(Connection, std::string_view)> on_ws_pong;
  std::function<void(Connection)> on_ws_drained;  ///< the last queued byte went to the kernel
  std::function<void(Connection)> on_ws_closed;   ///< once, whoever ended it; never after stop()
};

class Server {
 public:
  /// Listens when it returns. Busy: the port is taken. Malformed: address, certificate or
  /// key. Io: anything else.
  static Result<std::unique_ptr<Server>> create(Loop& loop, ServerOptions options,
                                                ServerHandlers handlers);
  /// stop(). Allowed inside a callback.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Queues one text message. Shared, so that one text can go to many readers without a copy.
  void send(Connection to, std::shared_ptr<const std::string> text);
  /// The same as one binary message: any bytes, not only UTF-8.
  void send_binary(Connection to, std::shared_ptr<const std::string> bytes);
  /// A control ping; `payload` at most 125 bytes. It overtakes queued messages, not the one that is
  /// being written.
  void ping(Connection to, std::string payload);
  /// Sends what is queued, then a close frame with `code`; the peer has two seconds to answer.
  void close(Connection to, std::uint16_t code = 1000);
  /// A reset without a close frame: the cable pulled out.
  void drop(Connection to);
  /// true: half-open. Nothing is read, sent or answered any more, the socket stays; queued_bytes
  /// grows. false: everything goes on where it stopped.
  void mute(Connection to, bool muted);

  /// Bytes of messages that wait. Up to 64 KiB more may be on their way to the kernel; zero after
  /// on_ws_drained means that the kernel has all.
  [[nodiscard]] std::size_t queued_bytes(Connection of) const;
  [[nodiscard]] std::uint16_t port() const;
  [[nodiscard]] std::size_t websockets() const;   ///< accepted and not yet closed
  [[nodiscard]] std::size_t connections() const;  ///< all, HTTP included
  /// Closes the listener and resets every connection. No callback comes any more.
  void stop();

 private:
  friend struct Responder::State;
  struct Impl;
  explicit Server(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

}  // namespace proteus::net
