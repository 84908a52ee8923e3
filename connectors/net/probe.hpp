// One connection to a peer, step by step with the time of each, for a person who asks what is
// wrong: name, TCP, TLS and how long the certificate is good. It is closed at once.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "connectors/net/endpoint.hpp"
#include "connectors/net/loop.hpp"
#include "engine/core/result.hpp"
#include "engine/core/time.hpp"

namespace proteus::net {

struct Probed {
  std::string address;  ///< that was reached
  Duration name{0};     ///< look-up of the name; near zero for an address
  Duration tcp{0};
  Duration tls{0};                             ///< zero without TLS
  std::string tls_version;                     ///< "TLSv1.3"; empty without TLS
  std::optional<Timestamp> certificate_until;  ///< nothing without TLS
};

/// `on_done` is called once, from the loop, at the latest soon after `deadline` (a look-up of the
/// name that is under way cannot be interrupted). Errors: those of a websocket's connect, and
/// Timeout.
void probe(Loop& loop, const Endpoint& endpoint, const std::string& ca_file, Duration deadline,
           std::function<void(Result<Probed>)> on_done);

/// "OpenSSL 3.0.17 1 Jul 2025".
std::string tls_library();

}  // namespace proteus::net
