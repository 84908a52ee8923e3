// bench_signing: what a signature of 300 bytes costs, beside OpenSSL's HMAC() in one call, turn by
// turn. Prints medians over nine rounds; fails only if the two disagree.
//
//   bench_signing [--tiny]
#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <string>
#include <string_view>

#include "connectors/live/signer.hpp"
#include "tests/bench/measure.hpp"

namespace {

using namespace proteus;

std::string one_shot(std::string_view secret, std::string_view text) {
  std::array<unsigned char, 32> digest{};
  unsigned size = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), &size);
  std::string hex;
  for (const unsigned char byte : digest) hex += fmt::format("{:02x}", byte);
  return hex;
}

/// The bare call, without making text of it.
unsigned char bare(std::string_view secret, std::string_view text) {
  std::array<unsigned char, 32> digest{};
  unsigned size = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), &size);
  return digest[0];
}

}  // namespace

int main(int argc, char** argv) {
  const bool tiny = argc > 1 && std::string_view(argv[1]) == "--tiny";
  const int count = tiny ? 100 : 100'000;
  const std::string secret = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJ";  // As long as the venue's are.
  std::string given = secret;
  auto made = live::Signer::make(given);
  if (!made) {
    fmt::print(stderr, "{}\n", made.error().context);
    return 1;
  }
  const live::Signer signer = std::move(made).value();
  std::string text(300, 'x');
  for (int i = 0; i < 50; ++i) {
    text[static_cast<std::size_t>(i)] = static_cast<char>('a' + i % 26);
    if (signer.sign(text) != one_shot(secret, text)) {
      fmt::print(stderr, "FAILED: the two signatures differ\n");
      return 1;
    }
  }
  unsigned kept = 0;
  const auto [ours, theirs] = bench::take_turns(
      9,
      [&] {
        return bench::time_of([&] {
                 for (int i = 0; i < count; ++i) {
                   text[0] = static_cast<char>('a' + i % 26);
                   kept += static_cast<unsigned char>(signer.sign(text)[0]);
                 }
               }) /
               count;
      },
      [&] {
        return bench::time_of([&] {
                 for (int i = 0; i < count; ++i) {
                   text[0] = static_cast<char>('a' + i % 26);
                   kept += bare(secret, text);
                 }
               }) /
               count;
      });
  for (const std::string& line : bench::machine_lines()) fmt::print("{}\n", line);
  fmt::print("signature of 300 bytes as hex   {:6.0f} ns  (best {:.0f}, wall {:.0f}; goal 3000)\n",
             ours.median, ours.best, ours.wall);
  fmt::print("OpenSSL HMAC(), digest alone    {:6.0f} ns  (best {:.0f}, wall {:.0f})\n",
             theirs.median, theirs.best, theirs.wall);
  fmt::print("kept {}\n", kept % 256);
  return 0;
}
