// What the feed needs from the outside: websocket streams, REST reads and a monotonic time. The
// feed itself opens no socket and reads no clock, so it runs under simulated ones too.
//
// Rules for whoever implements it (all calls on the loop's thread):
//  - No call below may call back into the feed before it returns.
//  - open() is answered by exactly one on_open or on_closed. After on_open come on_frame calls
//  until
//    one on_closed. After close() nothing more comes for that connection: no frame, no on_closed.
//    A stream may be opened again at once after close() or on_closed.
//  - get() is answered by exactly one on_response. A request that takes longer than the settings'
//    `request_deadline` may be answered with ErrorCode::Timeout; the feed gives up on it by itself
//    too and ignores what comes later.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "engine/core/time.hpp"

namespace proteus::bybit {

/// Real, monotonic time. Only differences mean anything; it is always handed in.
using SteadyTime = std::chrono::time_point<std::chrono::steady_clock, Duration>;

using StreamId = std::uint32_t;   ///< dense, 0 .. streams - 1
using RequestId = std::uint64_t;  ///< never repeats within one feed (or one bootstrap)

struct HttpResponse {
  int status = 0;
  std::string body;
  HttpResponse() = default;
  HttpResponse(int s, std::string b) : status(s), body(std::move(b)) {}
};

class RestIo {
 public:
  virtual ~RestIo() = default;
  /// GET of an origin-form target, ready to be sent: "/v5/market/kline?category=linear&...".
  virtual void get(RequestId request, std::string target) = 0;
};

class FeedIo : public RestIo {
 public:
  /// Connects a public stream; path: "/v5/public/linear" or "/v5/public/spot".
  virtual void open(StreamId stream, std::string_view path) = 0;
  /// Queues one text message.
  virtual void send(StreamId stream, std::string text) = 0;
  virtual void close(StreamId stream) = 0;
  /// False: deliver no further frame of this stream (and stop reading its socket) until true.
  /// A newly opened stream reads.
  virtual void set_reading(StreamId stream, bool reading) = 0;
};

}  // namespace proteus::bybit
