// What the account's gateway needs from the outside: two websocket streams and signed HTTP. It
// opens no socket and reads no clock itself, so that it runs under simulated ones too.
//
// Rules for whoever implements it (all calls on the loop's thread): no call may call back before it
// returns; open() is answered by one on_open or on_closed, after on_open come on_text calls until
// one on_closed, after close() nothing more comes of that connection; request() is answered by one
// on_answer.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "connectors/bybit/feed_io.hpp"
#include "connectors/live/request_bucket.hpp"

namespace proteus::live {

using bybit::RequestId;

/// Private tells of the account (/v5/private), Trade takes orders (/v5/trade).
enum class Channel : std::uint8_t { Private, Trade };

struct HttpCall {
  bool post = false;
  std::string target;  ///< path and query, as on the wire
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

struct HttpAnswer {
  int status = 0;
  std::string body;
  RateLimit limit;
};

class AccountIo {
 public:
  virtual ~AccountIo() = default;
  virtual void open(Channel channel) = 0;
  virtual void send(Channel channel, std::string text) = 0;
  virtual void close(Channel channel) = 0;
  virtual void request(RequestId id, HttpCall call) = 0;
};

/// Who is told what an account's wires say. Inputs carry the real time at which they came.
class AccountEvents {
 public:
  virtual ~AccountEvents() = default;
  virtual void on_open(Channel channel, bybit::SteadyTime now) = 0;
  virtual void on_text(Channel channel, std::string_view bytes, bybit::SteadyTime now) = 0;
  virtual void on_closed(Channel channel, const Error& cause, bybit::SteadyTime now) = 0;
  virtual void on_answer(RequestId id, Result<HttpAnswer> answer, bybit::SteadyTime now) = 0;
};

/// The key and what it signs: HMAC-SHA256 as lower-case hex.
class Signing {
 public:
  virtual ~Signing() = default;
  [[nodiscard]] virtual std::string_view key() const = 0;
  [[nodiscard]] virtual std::string sign(std::string_view text) const = 0;
};

}  // namespace proteus::live
