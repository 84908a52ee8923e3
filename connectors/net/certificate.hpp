// Self-signed certificates for the simulator's TLS and for tests (not for a public service), and a
// look into files of trusted ones.
#pragma once

#include <string>
#include <vector>

#include "engine/core/result.hpp"
#include "engine/core/time.hpp"

namespace proteus::net {

struct PemPair {
  std::string certificate;
  std::string key;  ///< private, not encrypted
};

struct CertificateRequest {
  /// Host names and addresses it is good for, e.g. {"localhost", "127.0.0.1"}; at least one.
  std::vector<std::string> names;
  /// Relative to now; both negative makes one that has expired.
  Duration valid_from = -std::chrono::hours{1};
  Duration valid_until = std::chrono::hours{24 * 365};
};

/// A new P-256 key and a certificate that it signs itself. OutOfRange: no names, or valid_until not
/// after valid_from.
Result<PemPair> make_self_signed(const CertificateRequest& request);

/// Whether trusted certificates can be read from a PEM file, by the rule of a connection.
bool holds_certificates(const std::string& pem_file);

}  // namespace proteus::net
