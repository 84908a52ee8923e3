#include "connectors/signing/rsa_signer.hpp"

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <array>

namespace proteus::signing {
namespace {

constexpr int kBitsMin = 2048;
constexpr std::size_t kSignatureMax = 1024;  // 8192 bits
constexpr std::size_t kSecureHeap = std::size_t{1} << 17;

/// Nobody is asked for a pass phrase.
int no_password(char*, int, int, void*) { return 0; }

}  // namespace

std::unique_ptr<RsaSigner> RsaSigner::make(std::string_view pem, const char** complaint) {
  // 1: locked; 2: made, but the system would not lock it.
  static const int heap =
      CRYPTO_secure_malloc_initialized() != 0 ? 1 : CRYPTO_secure_malloc_init(kSecureHeap, 32);
  BIO* const text = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  if (text == nullptr) {
    *complaint = "there is no memory for the key";
    return nullptr;
  }
  EVP_PKEY* const key = PEM_read_bio_PrivateKey(text, nullptr, no_password, nullptr);
  BIO_free(text);
  ERR_clear_error();
  if (key == nullptr) {
    *complaint =
        "the secret begins like a PEM private key and cannot be read as one without a "
        "pass phrase";
    return nullptr;
  }
  if (EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA || EVP_PKEY_get_bits(key) < kBitsMin) {
    EVP_PKEY_free(key);
    *complaint = "the PEM private key is not an RSA key of at least 2048 bits";
    return nullptr;
  }
  return std::unique_ptr<RsaSigner>(new RsaSigner(key, heap == 1));
}

RsaSigner::~RsaSigner() { EVP_PKEY_free(key_); }

std::size_t RsaSigner::sign_base64(std::string_view text, char* out, std::size_t room) {
  std::array<unsigned char, kSignatureMax> signature{};
  std::size_t size = signature.size();
  EVP_MD_CTX* const context = EVP_MD_CTX_new();
  const bool made =
      context != nullptr &&
      EVP_DigestSignInit(context, nullptr, EVP_sha256(), nullptr, key_) == 1 &&
      EVP_DigestSign(context, signature.data(), &size,
                     reinterpret_cast<const unsigned char*>(text.data()), text.size()) == 1;
  EVP_MD_CTX_free(context);
  ERR_clear_error();
  const std::size_t encoded = (size + 2) / 3 * 4;
  if (!made || encoded + 1 > room) return 0;
  // It writes a zero behind the last letter.
  return static_cast<std::size_t>(EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out),
                                                  signature.data(), static_cast<int>(size)));
}

}  // namespace proteus::signing
