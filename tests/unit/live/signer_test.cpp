// Signatures against published vectors and against the simulator's own, and what is left of a
// secret.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <array>
#include <cstdlib>
#include <random>

#include "connectors/live/order_text.hpp"
#include "connectors/live/signer.hpp"
#include "connectors/sim/private/signature.hpp"

namespace proteus::live {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Signer signer_of(std::string secret) {
  auto made = Signer::make(secret);
  EXPECT_TRUE(made) << (made ? "" : made.error().context);
  EXPECT_TRUE(secret.empty());
  return made ? std::move(made).value() : Signer{};
}

TEST(Signer, VectorsOfTheReference) {
  const Signer signer = signer_of("EXAMPLESECRET");
  const auto rest = [&](std::string_view payload) {
    return signer.sign(rest_payload(1700000000000, "EXAMPLEKEY", 5000, payload));
  };
  EXPECT_EQ(rest("category=linear&symbol=BTCUSDT"),
            "8a3079456c06cf94c9d0e0e1954200ebba9dd3c55c172532ccaa15727d4f4e94");
  EXPECT_EQ(rest(""), "571fcb8e0cab4cdd1cb29dae9864d541506f77da0b2c36e6b45f8f4803520e7a");
  EXPECT_EQ(rest(R"({"category":"linear","symbol":"BTCUSDT","side":"Buy","orderType":"Limit",)"
                 R"("qty":"0.01","price":"30000","timeInForce":"GTC","orderLinkId":"ex-1"})"),
            "c27f2e6371d551e203c363f11c93e353bb0123b9617ac8c37fcbf97f71faec6e");
  EXPECT_EQ(signer.sign(auth_payload(1700000010000)),
            "2bd13fc1ca5711d363cfcc97ec29483e8dba953f313ffd5115327756055fab4c");
}

/// RFC 4231, section 4: SHA-256 of every case; case 5 is published as its first 128 bits.
TEST(Signer, VectorsOfRfc4231) {
  struct Case {
    std::string key, data;
    std::string_view hex;
  };
  std::string counted;
  for (char c = 1; c <= 25; ++c) counted += c;
  const std::vector<Case> cases = {
      {std::string(20, '\x0b'), "Hi There",
       "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
      {"Jefe", "what do ya want for nothing?",
       "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
      {std::string(20, '\xaa'), std::string(50, '\xdd'),
       "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
      {counted, std::string(50, '\xcd'),
       "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
      {std::string(20, '\x0c'), "Test With Truncation", "a3b6167473100ee06e0c796c2955552b"},
      {std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First",
       "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
      {std::string(131, '\xaa'),
       "This is a test using a larger than block-size key and a larger than block-size data. The "
       "key needs to be hashed before being used by the HMAC algorithm.",
       "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"}};
  for (const Case& c : cases)
    EXPECT_EQ(signer_of(c.key).sign(c.data).substr(0, c.hex.size()), c.hex) << c.data;
}

TEST(Signer, AgreesWithTheSimulatorOnWhatever) {
  const char* given = std::getenv("PROTEUS_SEED");
  const std::uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : 20260714;
  SCOPED_TRACE("PROTEUS_SEED=" + std::to_string(seed));
  std::mt19937_64 engine(seed);
  const auto bytes = [&](std::size_t size) {
    std::string text(size, ' ');
    for (char& c : text) c = static_cast<char>(engine());
    return text;
  };
  for (int i = 0; i < 300; ++i) {
    const std::string secret = bytes(1 + engine() % 200);
    const Signer signer = signer_of(secret);
    for (int j = 0; j < 5; ++j) {
      const std::string text = bytes(engine() % 700);
      ASSERT_EQ(signer.sign(text), sim::hmac_sha256_hex(secret, text)) << i << " " << j;
    }
  }
}

TEST(Signer, IsWipedWhereItWasAndMovedWhole) {
  std::string secret = "a-secret-that-is-long-enough-not-to-lie-in-the-string-itself";
  const char* const was = secret.data();
  const std::size_t room = secret.capacity();
  Signer signer = std::move(Signer::make(secret)).value();
  EXPECT_EQ(secret.data(), was) << "the memory is still that text's";
  for (std::size_t i = 0; i < room; ++i) ASSERT_EQ(was[i], '\0') << i;
  const std::string before = signer.sign("text");
  Signer other = std::move(signer);
  EXPECT_FALSE(signer.has_secret());
  EXPECT_EQ(signer.sign("text"), "");
  EXPECT_EQ(other.sign("text"), before);
  Signer third;
  third = std::move(other);
  EXPECT_EQ(third.sign("text"), before);
}

TEST(Signer, KeepsItsStatesLocked) {
  // A page fits into every limit that is not zero.
  const Signer signer = signer_of("EXAMPLESECRET");
  EXPECT_TRUE(signer.locked());
}

TEST(Signer, SaysWhatIsWrongAndNothingOfTheSecret) {
  std::string empty;
  const auto none = Signer::make(empty);
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error().context, HasSubstr("empty"));
  std::string pem = "-----BEGIN PRIVATE KEY-----\nSECRETSECRETSECRET\n-----END PRIVATE KEY-----\n";
  const auto bad = Signer::make(pem);
  ASSERT_FALSE(bad);
  EXPECT_THAT(bad.error().context, HasSubstr("PEM private key"));
  EXPECT_THAT(bad.error().context, Not(HasSubstr("SECRETSECRET")));
}

struct RsaKey {
  explicit RsaKey(unsigned bits) : key(EVP_RSA_gen(bits)) {}
  ~RsaKey() { EVP_PKEY_free(key); }
  [[nodiscard]] std::string pem() const {
    BIO* const out = BIO_new(BIO_s_mem());
    PEM_write_bio_PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr);
    char* data = nullptr;
    const long size = BIO_get_mem_data(out, &data);
    std::string text(data, static_cast<std::size_t>(size));
    BIO_free(out);
    return text;
  }
  [[nodiscard]] bool verifies(std::string_view text, const std::string& base64) const {
    std::vector<unsigned char> raw(base64.size());
    const int size =
        EVP_DecodeBlock(raw.data(), reinterpret_cast<const unsigned char*>(base64.data()),
                        static_cast<int>(base64.size()));
    if (size < 0) return false;
    const auto padding = static_cast<std::size_t>(std::ranges::count(base64, '='));
    EVP_MD_CTX* const context = EVP_MD_CTX_new();
    EVP_DigestVerifyInit(context, nullptr, EVP_sha256(), nullptr, key);
    const int fine =
        EVP_DigestVerify(context, raw.data(), static_cast<std::size_t>(size) - padding,
                         reinterpret_cast<const unsigned char*>(text.data()), text.size());
    EVP_MD_CTX_free(context);
    return fine == 1;
  }
  EVP_PKEY* key;
};

TEST(Signer, RsaKeysSignBase64) {
  const RsaKey key(2048);
  const Signer signer = signer_of(key.pem());
  const std::string signature = signer.sign("1700000000000EXAMPLEKEY5000");
  EXPECT_EQ(signature.size(), 344U);
  EXPECT_TRUE(key.verifies("1700000000000EXAMPLEKEY5000", signature));
  EXPECT_FALSE(key.verifies("1700000000001EXAMPLEKEY5000", signature));
  EXPECT_TRUE(signer.locked());
  const RsaKey weak(1024);
  std::string pem = weak.pem();
  const auto refused = Signer::make(pem);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().context, HasSubstr("2048"));
}

}  // namespace
}  // namespace proteus::live
