// HTTP/1.1 requests to one host over a small pool of kept-alive connections. Rate limits and
// retries are the caller's business, with one exception: a GET whose kept-alive connection turns
// out to have been closed by the server, before any byte of an answer, is sent again on a new
// connection. TLS is verified as in websocket_client.hpp.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "connectors/net/endpoint.hpp"
#include "connectors/net/http_message.hpp"
#include "connectors/net/loop.hpp"
#include "engine/core/result.hpp"

namespace proteus::net {

struct HttpOptions {
  std::size_t connections_max = 4;               ///< at the same time
  std::size_t waiting_max = 1024;                ///< requests that wait for a connection
  std::size_t body_max_bytes = 16U << 20U;       ///< of one answer
  Duration idle_max = std::chrono::seconds{30};  ///< an unused connection is closed after that
  std::string ca_file;                           ///< as in ClientOptions
  std::string user_agent = "proteus/0.1";
};

/// Codes: Busy (too many waiting), NotFound (no such host), Refused (refused port, certificate):
/// the request never left us. Timeout, Io, Malformed, OutOfRange (body too large): it may have
/// arrived; whether it had an effect is unknown.
using OnResponse = std::function<void(Result<HttpResponse>)>;

class HttpClient {
 public:
  /// The path of `base` stands before every target ("/" adds nothing).
  HttpClient(Loop& loop, Endpoint base, HttpOptions options);
  /// Drops all connections; outstanding requests get no callback. Allowed inside a callback.
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  /// `on_done` is called once, from the loop, at the latest when `deadline` (from now, > 0) passed.
  void get(std::string target, Duration deadline, OnResponse on_done);
  void request(HttpRequest request, Duration deadline, OnResponse on_done);

  [[nodiscard]] std::size_t connections() const;  ///< open or opening now
  [[nodiscard]] std::size_t waiting() const;      ///< requests without a connection yet

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace proteus::net
