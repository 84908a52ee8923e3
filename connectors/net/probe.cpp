#include "connectors/net/probe.hpp"

#include <fmt/format.h>
#include <openssl/asn1.h>
#include <openssl/crypto.h>
#include <openssl/ssl.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <ctime>

#include "connectors/net/dial.hpp"

namespace proteus::net {
namespace {

std::optional<Timestamp> end_of_certificate(SSL* ssl) {
  X509* const certificate = SSL_get0_peer_certificate(ssl);
  std::tm end{};
  if (certificate == nullptr || ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end) != 1)
    return std::nullopt;
  return Timestamp{std::chrono::seconds{::timegm(&end)}};
}

struct Attempt {
  Attempt(Loop& l, Endpoint e, std::string ca, std::function<void(Result<Probed>)> f)
      : loop(l),
        endpoint(std::move(e)),
        ca_file(std::move(ca)),
        on_done(std::move(f)),
        stream(executor_of(l)) {}

  Loop& loop;
  const Endpoint endpoint;
  const std::string ca_file;
  const std::function<void(Result<Probed>)> on_done;
  Stream stream;
  DialTimes times;
  Timer limit;
  bool late = false;
};

Task<void> attempt(std::shared_ptr<Attempt> self, Duration deadline) {
  const Result<void> reached = co_await dial(self->loop, self->stream, self->endpoint,
                                             self->ca_file, deadline, &self->times);
  self->limit.cancel();
  if (self->late) {
    self->on_done(error(ErrorCode::Timeout,
                        fmt::format("{}: no connection within {:g} s", to_string(self->endpoint),
                                    std::chrono::duration<double>(deadline).count())));
    co_return;
  }
  if (reached.has_error()) {
    self->on_done(reached.error());
    co_return;
  }
  Probed found{self->times.address, self->times.name, self->times.tcp, self->times.tls, "", {}};
  if (self->stream.tls() != nullptr) {
    SSL* const ssl = self->stream.tls()->native_handle();
    found.tls_version = SSL_get_version(ssl);
    found.certificate_until = end_of_certificate(ssl);
  }
  self->stream.close();
  self->on_done(std::move(found));
}

}  // namespace

void probe(Loop& loop, const Endpoint& endpoint, const std::string& ca_file, Duration deadline,
           std::function<void(Result<Probed>)> on_done) {
  const auto self = std::make_shared<Attempt>(loop, endpoint, ca_file, std::move(on_done));
  self->limit = loop.after(deadline, [weak = std::weak_ptr<Attempt>(self)] {
    const auto attempt = weak.lock();
    if (!attempt) return;
    attempt->late = true;
    attempt->stream.close();
  });
  asio::co_spawn(executor_of(loop), attempt(self, deadline), asio::detached);
}

std::string tls_library() { return OpenSSL_version(OPENSSL_VERSION); }

}  // namespace proteus::net
