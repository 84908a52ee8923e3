// Signs requests with a secret that this program itself does not keep: the library that does is
// loaded when the first signer is made, and never by who makes none.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "engine/core/result.hpp"

namespace proteus::live {

class Signer {
 public:
  /// The secret goes to the library and is wiped here, whatever comes of it. Errors: NotFound (no
  /// library where it is looked for), Corrupt (a file that is not it), Malformed (the secret). None
  /// repeats a part of the secret.
  static Result<Signer> make(std::string& secret);
  Signer() = default;
  ~Signer();
  Signer(Signer&& other) noexcept;
  Signer& operator=(Signer&& other) noexcept;

  /// Lower-case hex of an HMAC-SHA256, or base64 of an RSA-SHA256 where the secret is a private
  /// key. Empty: there is no secret, or signing failed. One thread at a time.
  [[nodiscard]] std::string sign(std::string_view text) const;
  [[nodiscard]] bool has_secret() const { return handle_ != nullptr; }
  /// False: the system would not lock the secret's memory; raise RLIMIT_MEMLOCK.
  [[nodiscard]] bool locked() const;

 private:
  explicit Signer(void* handle) : handle_(handle) {}
  void* handle_ = nullptr;
};

/// Overwrites all that the text's memory holds and leaves it empty.
void wipe(std::string& text);

/// One more folder to look for the library in, for programs that do not lie where it is installed:
/// tests. Beside the program and in ../lib/proteus it is looked for first.
void look_for_signing_in(const std::filesystem::path& folder);

}  // namespace proteus::live
