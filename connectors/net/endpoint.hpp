// Where a peer is: taken apart from a URL once, at start, so that a typing error is reported there.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/core/result.hpp"

namespace proteus::net {

struct Endpoint {
  std::string host;  ///< name or address; an IPv6 address without brackets
  std::uint16_t port = 0;
  bool tls = false;
  std::string path = "/";  ///< always starts with '/'; may carry a query
};

/// "host:port", an IPv6 address in brackets. Every error of this room begins with it.
std::string to_string(const Endpoint& endpoint);

/// ws://, wss://, http:// or https://host[:port][/path]. The port defaults to 80 or 443. Refuses
/// user names in the URL (secrets do not belong there), fragments, blanks and ports outside
/// 1..65535.
Result<Endpoint> parse_endpoint(std::string_view url);

}  // namespace proteus::net
