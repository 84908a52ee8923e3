// From an endpoint to a connected stream: name, TCP, TLS; and sentences for what can fail on the
// way. Inside of this room only.
#pragma once

#include "connectors/net/endpoint.hpp"
#include "connectors/net/stream.hpp"
#include "engine/core/result.hpp"

namespace proteus::net {

/// How long each step of a dial took, and whom it reached.
struct DialTimes {
  Duration name{0};
  Duration tcp{0};
  Duration tls{0};
  std::string address;  ///< "93.184.216.34"
};

/// Resolves, connects (every address in turn, each with a fair share of `longest`) and, where the
/// endpoint says so, shakes hands. `stream` is new. Whoever wants to give up calls stream.close():
/// this then ends soon with some error, or after the name lookup, which cannot be interrupted; the
/// stream has to live that long. `times`, if given, is filled as far as it gets, and lives as long.
Task<Result<void>> dial(Loop& loop, Stream& stream, const Endpoint& endpoint, std::string ca_file,
                        Duration longest, DialTimes* times = nullptr);

/// Value of the Host header: the port only where it is not the scheme's own.
std::string host_header(const Endpoint& endpoint);

/// The stream ended or was reset by the other side, politely or not.
bool is_end_of_stream(const error_code& ec);

/// "host:port: <sentence>" for an error while reading or writing. Code Io.
Error stream_error(const Endpoint& endpoint, const error_code& ec);

}  // namespace proteus::net
