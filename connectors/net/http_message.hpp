// What goes over HTTP, for the client and for the server.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/core/time.hpp"

namespace proteus::net {

struct HttpHeader {
  std::string name;
  std::string value;
};

/// Value of the first header of that name (case does not matter); empty when there is none.
std::string_view find_header(const std::vector<HttpHeader>& headers, std::string_view name);

struct HttpRequest {
  HttpRequest() = default;
  HttpRequest(std::string m, std::string t, std::vector<HttpHeader> h = {}, std::string b = {})
      : method(std::move(m)), target(std::move(t)), headers(std::move(h)), body(std::move(b)) {}

  std::string method = "GET";
  std::string target = "/";         ///< path and query, as on the wire (percent-encoded)
  std::vector<HttpHeader> headers;  ///< to be sent: without Host, User-Agent, Content-Length
  std::string body;
};

/// An answer as the client received it, whatever its status: 4xx and 5xx are not errors here.
struct HttpResponse {
  HttpResponse() = default;

  unsigned status = 0;
  std::vector<HttpHeader> headers;  ///< all, in the order of the wire
  std::string body;
  Duration elapsed{};  ///< from the call, waiting in the queue included, to the last byte

  [[nodiscard]] std::string_view header(std::string_view name) const {
    return find_header(headers, name);
  }
};

/// An answer as the server sends it. Content-Length and Connection are set by the server.
struct HttpAnswer {
  HttpAnswer() = default;
  HttpAnswer(unsigned s, std::string b, std::string type = "application/json",
             std::vector<HttpHeader> h = {})
      : status(s), content_type(std::move(type)), headers(std::move(h)), body(std::move(b)) {}

  unsigned status = 200;
  std::string content_type = "application/json";
  std::vector<HttpHeader> headers;
  std::string body;
};

}  // namespace proteus::net
