#include "connectors/net/dial.hpp"

#include <fmt/format.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <boost/asio/connect.hpp>
#include <vector>

namespace proteus::net {
namespace {

Error at(const Endpoint& endpoint, ErrorCode code, std::string_view text) {
  return error(code, fmt::format("{}: {}", to_string(endpoint), text));
}

/// A trust store that verifies; made once for each CA file.
Result<std::shared_ptr<asio::ssl::context>> trust_store(Loop& loop, const std::string& ca_file) {
  auto& stores = loop.impl().trust;
  if (const auto found = stores.find(ca_file); found != stores.end()) return found->second;
  auto store = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_client);
  SSL_CTX_set_min_proto_version(store->native_handle(), TLS1_2_VERSION);
  error_code ec;
  store->set_verify_mode(asio::ssl::verify_peer, ec);
  if (!ec) {
    ca_file.empty() ? store->set_default_verify_paths(ec) : store->load_verify_file(ca_file, ec);
  }
  if (ec) {
    return error(ErrorCode::NotFound,
                 fmt::format("the trusted certificates cannot be read from {} ({}); they have to "
                             "be a PEM file",
                             ca_file.empty() ? "the system's store" : ca_file, ec.message()));
  }
  stores.emplace(ca_file, store);
  return store;
}

std::string certificate_sentence(const Endpoint& endpoint, long verdict) {
  switch (verdict) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return "the server's certificate has expired";
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return "the server's certificate is not valid yet; is this machine's clock right?";
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return fmt::format("the server's certificate is for another host, not for {}", endpoint.host);
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return "the server's certificate is self-signed and not trusted; name its PEM file as "
             "ca_file if it is yours";
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return "the server's certificate was issued by an authority that is not trusted";
    default:
      return fmt::format("the server's certificate was not accepted: {}",
                         X509_verify_cert_error_string(verdict));
  }
}

/// Whom the certificate has to name, and whom we ask for (SNI; addresses are not allowed there).
bool expect_host(SSL* ssl, const std::string& host) {
  error_code not_an_address;
  asio::ip::make_address(host, not_an_address);
  if (!not_an_address) {
    return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str()) == 1;
  }
  SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  return SSL_set1_host(ssl, host.c_str()) == 1 && SSL_set_tlsext_host_name(ssl, host.c_str()) == 1;
}

Task<Result<void>> shake_hands(Loop& loop, Stream& stream, const Endpoint& endpoint,
                               const std::string& ca_file) {
  const auto store = trust_store(loop, ca_file);
  if (!store) co_return at(endpoint, store.error().code, store.error().context);
  stream.enable_tls(*store.value());
  SSL* ssl = stream.tls()->native_handle();
  if (!expect_host(ssl, endpoint.host)) {
    co_return at(endpoint, ErrorCode::Malformed, "the host name cannot be asked for over TLS");
  }
  const auto [ec] = co_await stream.tls()->async_handshake(asio::ssl::stream_base::client, kAwait);
  if (!ec) co_return success();
  if (const long verdict = SSL_get_verify_result(ssl); verdict != X509_V_OK) {
    co_return at(endpoint, ErrorCode::Refused, certificate_sentence(endpoint, verdict));
  }
  co_return at(endpoint, ErrorCode::Refused,
               is_end_of_stream(ec)
                   ? "the server ended the connection during the TLS handshake"
                   : fmt::format("the TLS handshake failed ({}); does the server speak TLS there?",
                                 ec.message()));
}

Task<Result<std::vector<Tcp::endpoint>>> addresses_of(const Stream& stream,
                                                      const Executor& executor,
                                                      const Endpoint& endpoint) {
  error_code not_an_address;
  const auto address = asio::ip::make_address(endpoint.host, not_an_address);
  std::vector<Tcp::endpoint> addresses;
  if (!not_an_address) {
    addresses.emplace_back(address, endpoint.port);
    co_return addresses;
  }
  asio::ip::basic_resolver<Tcp, Executor> resolver(executor);
  const std::string service = std::to_string(endpoint.port);
  const auto [ec, found] = co_await resolver.async_resolve(
      endpoint.host, service, asio::ip::resolver_base::numeric_service, kAwait);
  if (stream.closed()) co_return at(endpoint, ErrorCode::Io, "given up");
  if (ec) {
    co_return at(endpoint, ErrorCode::NotFound,
                 fmt::format("the host name cannot be resolved ({})", ec.message()));
  }
  for (const auto& entry : found) addresses.push_back(entry.endpoint());
  co_return addresses;
}

/// One attempt. The socket is closed when `longest` has passed, which ends the attempt.
Task<error_code> connect(Socket& socket, const Tcp::endpoint& address, Duration longest) {
  SteadyTimer limit(socket.get_executor());
  bool late = false;
  limit.expires_after(longest);
  auto expire = [&socket, &late](error_code cancelled) {
    error_code ignored;
    if (cancelled) return;  // also when the coroutine is gone: its locals are not touched then
    late = true;
    socket.close(ignored);
  };
  limit.async_wait(expire);
  const auto [ec] = co_await socket.async_connect(address, kAwait);
  // A timer that has already expired cannot be cancelled any more: let its handler run first.
  if (limit.cancel() == 0 && !late) co_await asio::post(socket.get_executor(), kAwait);
  co_return late ? error_code{asio::error::timed_out} : ec;
}

Error connect_error(const Endpoint& endpoint, const error_code& ec) {
  if (ec == asio::error::connection_refused) {
    return at(endpoint, ErrorCode::Refused,
              "the connection was refused: nothing listens on that port");
  }
  if (ec == asio::error::timed_out) {
    return at(endpoint, ErrorCode::Timeout, "no answer to the attempt to connect");
  }
  return at(endpoint, ErrorCode::Refused,
            fmt::format("the connection could not be made ({})", ec.message()));
}

}  // namespace

Task<Result<void>> dial(Loop& loop, Stream& stream, const Endpoint& endpoint, std::string ca_file,
                        Duration longest, DialTimes* times) {
  DialTimes unused;
  DialTimes& took = times == nullptr ? unused : *times;
  const Executor executor = executor_of(loop);
  Duration begun = Loop::steady_now();
  const Duration end = begun + longest;
  const auto addresses = co_await addresses_of(stream, executor, endpoint);
  if (!addresses) co_return addresses.error();
  took.name = Loop::steady_now() - begun;
  begun = Loop::steady_now();
  error_code ec = asio::error::host_not_found;
  std::size_t left = addresses.value().size();
  for (const Tcp::endpoint& address : addresses.value()) {
    const Duration share = (end - Loop::steady_now()) / static_cast<std::int64_t>(left--);
    ec = co_await connect(stream.socket(), address, share);
    if (stream.closed()) co_return at(endpoint, ErrorCode::Io, "given up");
    took.address = address.address().to_string();
    if (!ec) break;
    error_code ignored;
    stream.socket().close(ignored);
  }
  if (ec) co_return connect_error(endpoint, ec);
  stream.socket().set_option(Tcp::no_delay(true), ec);
  took.tcp = Loop::steady_now() - begun;
  if (!endpoint.tls) co_return success();
  begun = Loop::steady_now();
  const Result<void> secured = co_await shake_hands(loop, stream, endpoint, ca_file);
  took.tls = Loop::steady_now() - begun;
  co_return secured;
}

std::string host_header(const Endpoint& endpoint) {
  if (endpoint.port != (endpoint.tls ? 443 : 80)) return to_string(endpoint);
  const bool v6 = endpoint.host.find(':') != std::string::npos;
  return v6 ? "[" + endpoint.host + "]" : endpoint.host;
}

bool is_end_of_stream(const error_code& ec) {
  return ec == asio::error::eof || ec == asio::ssl::error::stream_truncated ||
         ec == asio::error::connection_reset || ec == asio::error::broken_pipe ||
         ec == asio::error::connection_aborted;
}

Error stream_error(const Endpoint& endpoint, const error_code& ec) {
  if (ec == asio::error::connection_reset || ec == asio::error::broken_pipe) {
    return at(endpoint, ErrorCode::Io, "the connection was reset by the other side");
  }
  if (ec == asio::error::eof || ec == asio::ssl::error::stream_truncated) {
    return at(endpoint, ErrorCode::Io, "the connection ended without a word of goodbye");
  }
  return at(endpoint, ErrorCode::Io, fmt::format("the connection broke ({})", ec.message()));
}

}  // namespace proteus::net
