#include "connectors/net/certificate.hpp"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <memory>

namespace proteus::net {
namespace {

template <auto Free>
struct Deleter {
  template <class T>
  void operator()(T* p) const {
    Free(p);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Deleter<X509_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, Deleter<X509_EXTENSION_free>>;
using Memory = std::unique_ptr<BIO, Deleter<BIO_free>>;

Error openssl_error(std::string_view what) {
  char text[256] = "unknown reason";
  if (const unsigned long code = ERR_get_error()) ERR_error_string_n(code, text, sizeof text);
  ERR_clear_error();
  return error(ErrorCode::Io, fmt::format("a certificate cannot be made: {} ({})", what, text));
}

/// "DNS:localhost,IP:127.0.0.1", as OpenSSL's configuration language writes alternative names.
Result<std::string> alternative_names(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) {
    const auto unfit = [](char c) { return c <= ' ' || c == ',' || c == '/'; };
    if (name.empty() || std::ranges::any_of(name, unfit)) {
      return error(ErrorCode::OutOfRange,
                   fmt::format("\"{}\" cannot stand in a certificate as a host name", name));
    }
    boost::system::error_code not_an_address;
    boost::asio::ip::make_address(name, not_an_address);
    fmt::format_to(std::back_inserter(text), "{}{}:{}", text.empty() ? "" : ",",
                   not_an_address ? "DNS" : "IP", name);
  }
  return text;
}

bool add_extension(X509* certificate, int id, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  const Extension extension{X509V3_EXT_conf_nid(nullptr, &context, id, value.c_str())};
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

bool set_validity(X509* certificate, const CertificateRequest& request) {
  const auto seconds = [](Duration d) {
    return static_cast<long>(std::chrono::floor<std::chrono::seconds>(d).count());
  };
  return X509_gmtime_adj(X509_getm_notBefore(certificate), seconds(request.valid_from)) &&
         X509_gmtime_adj(X509_getm_notAfter(certificate), seconds(request.valid_until));
}

bool set_identity(X509* certificate, const std::string& name) {
  // Two certificates of one name must differ in serial number: trust stores go by both.
  std::uint64_t serial = 0;
  if (RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) != 1) return false;
  X509_NAME* subject = X509_get_subject_name(certificate);
  const std::string common = name.substr(0, 64);  // the longest that X.520 allows
  return ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial >> 1U) == 1 &&
         X509_set_version(certificate, X509_VERSION_3) == 1 &&
         X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                                    reinterpret_cast<const unsigned char*>(common.c_str()), -1, -1,
                                    0) == 1 &&
         X509_set_issuer_name(certificate, subject) == 1;
}

std::string text_of(const Memory& memory) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

}  // namespace

Result<PemPair> make_self_signed(const CertificateRequest& request) {
  if (request.names.empty() || request.valid_until <= request.valid_from) {
    return error(ErrorCode::OutOfRange,
                 "a certificate needs at least one name and has to end after it begins");
  }
  BOOST_OUTCOME_TRY(const std::string names, alternative_names(request.names));
  const Key key{EVP_EC_gen("P-256")};
  const Certificate certificate{X509_new()};
  if (!key || !certificate) return openssl_error("no key");
  if (!set_identity(certificate.get(), request.names.front()) ||
      !set_validity(certificate.get(), request) ||
      X509_set_pubkey(certificate.get(), key.get()) != 1 ||
      !add_extension(certificate.get(), NID_basic_constraints, "critical,CA:TRUE") ||
      !add_extension(certificate.get(), NID_subject_alt_name, names)) {
    return openssl_error("its fields were not accepted");
  }
  if (X509_sign(certificate.get(), key.get(), EVP_sha256()) == 0) return openssl_error("signing");
  const Memory certificate_text{BIO_new(BIO_s_mem())};
  const Memory key_text{BIO_new(BIO_s_mem())};
  if (!certificate_text || !key_text ||
      PEM_write_bio_X509(certificate_text.get(), certificate.get()) != 1 ||
      PEM_write_bio_PrivateKey(key_text.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) !=
          1) {
    return openssl_error("writing it as text");
  }
  PemPair pair;
  pair.certificate = text_of(certificate_text);
  pair.key = text_of(key_text);
  return pair;
}

bool holds_certificates(const std::string& pem_file) {
  const std::unique_ptr<X509_STORE, decltype(&X509_STORE_free)> store(X509_STORE_new(),
                                                                      &X509_STORE_free);
  const bool read = store && X509_STORE_load_file(store.get(), pem_file.c_str()) == 1;
  ERR_clear_error();  // The next call of the library must not find this one's complaint.
  return read;
}

}  // namespace proteus::net
