// What the simulated exchange asks of its sockets. It holds none itself: a server adapts these
// calls to a real listener, a test to a list.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/core/time.hpp"

namespace proteus::sim {

/// A websocket connection, numbered by the server; a number is never used twice.
using ConnId = std::uint64_t;

enum class FrameKind : std::uint8_t { Text, Binary };

class SimIo {
 public:
  virtual ~SimIo() = default;
  /// One message. Frames of one connection leave in the order of the calls; the text is shared
  /// among connections.
  virtual void send(ConnId conn, std::shared_ptr<const std::string> frame, FrameKind kind) = 0;
  /// A websocket control ping, after everything sent before it. The pong's payload comes back
  /// through SimExchange::on_pong.
  virtual void ping(ConnId conn, std::string_view payload) = 0;
  /// Cuts the connection without a closing handshake (the client sees 1006). The exchange has
  /// forgotten it already; on_closed may follow or not.
  virtual void drop(ConnId conn) = 0;
  /// true: the connection stays open and neither sends nor reads anything more (half-open).
  virtual void mute(ConnId conn, bool muted) = 0;
};

/// Headers of a request, in the order of the wire; names in any case.
using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

/// Answer to one HTTP request. `delay`: real time to hold it back. `lost`: a fault; the connection
/// is cut instead of an answer.
struct HttpReply {
  int status = 200;
  std::string content_type = "application/json; charset=utf-8";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
  Duration delay{0};
  bool lost = false;
};

}  // namespace proteus::sim
