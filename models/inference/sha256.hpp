// SHA-256 (FIPS 180-4), for the hash that names a checkpoint and that anyone can compute again.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace proteus::inference {

/// Piece by piece: the hash of all that was added, in order.
class Sha256 {
 public:
  void add(std::string_view bytes);
  /// 64 hexadecimal digits, lower case, of what was added so far.
  [[nodiscard]] std::string digits() const;

 private:
  std::array<std::uint32_t, 8> state_{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::array<char, 64> block_{};  ///< not yet a whole one
  std::size_t held_ = 0;
  std::uint64_t bytes_ = 0;
};

/// 64 hexadecimal digits, lower case.
std::string sha256(std::string_view bytes);

}  // namespace proteus::inference
