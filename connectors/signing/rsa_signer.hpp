// RSA-SHA256 (PKCS #1 v1.5) in base64, for keys whose owner keeps the private half.
#pragma once

#include <memory>
#include <string_view>

struct evp_pkey_st;

namespace proteus::signing {

/// The key lies in OpenSSL's secure heap, which is locked and in no dump.
class RsaSigner {
 public:
  /// `pem`: an unencrypted private key of at least 2048 bits. nullptr: it is not, and `complaint`
  /// says what is wrong.
  static std::unique_ptr<RsaSigner> make(std::string_view pem, const char** complaint);
  ~RsaSigner();
  RsaSigner(const RsaSigner&) = delete;
  RsaSigner& operator=(const RsaSigner&) = delete;

  [[nodiscard]] bool locked() const { return locked_; }
  /// Characters written; 0: failed, or more than `room`.
  std::size_t sign_base64(std::string_view text, char* out, std::size_t room);

 private:
  RsaSigner(evp_pkey_st* key, bool locked) : key_(key), locked_(locked) {}
  evp_pkey_st* key_;
  bool locked_;
};

}  // namespace proteus::signing
