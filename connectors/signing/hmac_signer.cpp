#include "connectors/signing/hmac_signer.hpp"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <array>
#include <cstring>
#include <new>

namespace proteus::signing {
namespace {

using Block = std::array<unsigned char, SHA256_CBLOCK>;

/// The hash after its first block: the key with every byte turned by `pad`.
void absorb(SHA256_CTX& state, const Block& key, Block& scratch, unsigned char pad) {
  for (std::size_t i = 0; i < key.size(); ++i)
    scratch[i] = static_cast<unsigned char>(key[i] ^ pad);
  SHA256_Init(&state);
  SHA256_Update(&state, scratch.data(), scratch.size());
}

}  // namespace

/// All that a signature touches of the key lies here, the working copy too.
struct HmacSigner::States {
  SHA256_CTX inner;
  SHA256_CTX outer;
  SHA256_CTX work;
  Block key;
  Block scratch;
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest;
};

HmacSigner::HmacSigner(std::string_view secret) : memory_(sizeof(States)) {
  if (!usable()) return;
  auto* const made = new (memory_.data()) States{};
  if (secret.size() > made->key.size()) {
    SHA256_Init(&made->work);
    SHA256_Update(&made->work, secret.data(), secret.size());
    SHA256_Final(made->key.data(), &made->work);
  } else {
    std::memcpy(made->key.data(), secret.data(), secret.size());
  }
  absorb(made->inner, made->key, made->scratch, 0x36);
  absorb(made->outer, made->key, made->scratch, 0x5c);
  OPENSSL_cleanse(made->key.data(), made->key.size());
  OPENSSL_cleanse(made->scratch.data(), made->scratch.size());
  OPENSSL_cleanse(&made->work, sizeof made->work);
}

HmacSigner::States& HmacSigner::states() const { return *static_cast<States*>(memory_.data()); }

void HmacSigner::sign_hex(std::string_view text, char* out) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  States& s = states();
  s.work = s.inner;
  SHA256_Update(&s.work, text.data(), text.size());
  SHA256_Final(s.digest.data(), &s.work);
  s.work = s.outer;
  SHA256_Update(&s.work, s.digest.data(), s.digest.size());
  SHA256_Final(s.digest.data(), &s.work);
  for (const unsigned char byte : s.digest) {
    *out++ = kDigits[byte >> 4U];
    *out++ = kDigits[byte & 15U];
  }
}

}  // namespace proteus::signing
