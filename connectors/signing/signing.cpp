#include <memory>
#include <new>

#include "connectors/signing/hmac_signer.hpp"
#include "connectors/signing/rsa_signer.hpp"
#include "connectors/signing/signing_api.hpp"

namespace proteus::signing {
namespace {

constexpr std::string_view kPemStart = "-----BEGIN";
constexpr std::size_t kSecretMax = std::size_t{1} << 16;

/// One of the two.
struct AnySigner {
  std::unique_ptr<HmacSigner> hmac;
  std::unique_ptr<RsaSigner> rsa;
};

void* make_signer(const char* secret, std::size_t size, const char** complaint) {
  const std::string_view text(secret, size);
  const char* why = nullptr;
  std::unique_ptr<AnySigner> made(new (std::nothrow) AnySigner);
  if (made == nullptr) {
    why = "there is no memory for the secret";
  } else if (text.empty()) {
    why = "the secret is empty";
  } else if (text.size() > kSecretMax) {
    why = "the secret is longer than any secret is";
  } else if (text.substr(0, kPemStart.size()) == kPemStart) {
    made->rsa = RsaSigner::make(text, &why);
  } else {
    made->hmac = std::make_unique<HmacSigner>(text);
    if (!made->hmac->usable()) why = "there is no memory for the secret";
  }
  if (complaint != nullptr) *complaint = why;
  return why == nullptr ? made.release() : nullptr;
}

std::size_t sign_text(void* signer, const char* text, std::size_t size, char* out,
                      std::size_t room) {
  auto* const any = static_cast<AnySigner*>(signer);
  if (any->rsa != nullptr) return any->rsa->sign_base64({text, size}, out, room);
  if (room < kHexSize) return 0;
  any->hmac->sign_hex({text, size}, out);
  return kHexSize;
}

int signer_is_locked(const void* signer) {
  const auto* const any = static_cast<const AnySigner*>(signer);
  return (any->rsa != nullptr ? any->rsa->locked() : any->hmac->locked()) ? 1 : 0;
}

void free_signer(void* signer) { delete static_cast<AnySigner*>(signer); }

constexpr ProteusSigningV1 kFunctions = {make_signer, sign_text, signer_is_locked, free_signer};

}  // namespace
}  // namespace proteus::signing

extern "C" __attribute__((visibility("default"))) const ProteusSigningV1* proteus_signing_v1() {
  return &proteus::signing::kFunctions;
}
