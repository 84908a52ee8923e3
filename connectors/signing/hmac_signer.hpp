// HMAC-SHA256 with both of its key blocks hashed beforehand: a signature costs the blocks of its
// text and two more. The secret itself is not kept.
#pragma once

#include <string_view>

#include "connectors/signing/locked_memory.hpp"

namespace proteus::signing {

inline constexpr std::size_t kHexSize = 64;

class HmacSigner {
 public:
  explicit HmacSigner(std::string_view secret);

  [[nodiscard]] bool usable() const { return memory_.data() != nullptr; }
  [[nodiscard]] bool locked() const { return memory_.locked(); }
  /// Lower-case hex, kHexSize characters.
  void sign_hex(std::string_view text, char* out);

 private:
  struct States;
  [[nodiscard]] States& states() const;
  LockedMemory memory_;
};

}  // namespace proteus::signing
