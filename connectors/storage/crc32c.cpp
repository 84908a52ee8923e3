#include "connectors/storage/crc32c.hpp"

#include <array>
#include <cstring>

namespace proteus::storage {
namespace {

using Table = std::array<std::array<std::uint32_t, 256>, 8>;

// Eight tables, so that eight bytes go in one step (Intel's "slicing by 8").
constexpr Table make_table() {
  Table table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? 0x82F63B78U : 0U);
    table[0][i] = crc;
  }
  for (std::size_t slice = 1; slice < 8; ++slice)
    for (std::uint32_t i = 0; i < 256; ++i)
      table[slice][i] = (table[slice - 1][i] >> 8U) ^ table[0][table[slice - 1][i] & 0xFFU];
  return table;
}
constexpr Table kTable = make_table();

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) std::uint32_t by_instruction(std::span<const std::byte> bytes) {
  const std::byte* at = bytes.data();
  std::size_t left = bytes.size();
  std::uint64_t crc = 0xFFFFFFFFU;
  for (; left >= 8; at += 8, left -= 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, 8);
    crc = __builtin_ia32_crc32di(crc, word);
  }
  auto narrow = static_cast<std::uint32_t>(crc);
  for (; left > 0; ++at, --left)
    narrow = __builtin_ia32_crc32qi(narrow, static_cast<std::uint8_t>(*at));
  return ~narrow;
}
bool has_instruction() { return __builtin_cpu_supports("sse4.2") != 0; }
#else
std::uint32_t by_instruction(std::span<const std::byte> bytes) { return crc32c_by_table(bytes); }
bool has_instruction() { return false; }
#endif

}  // namespace

std::uint32_t crc32c_by_table(std::span<const std::byte> bytes) {
  const std::byte* at = bytes.data();
  std::size_t left = bytes.size();
  std::uint32_t crc = 0xFFFFFFFFU;
  for (; left >= 8; at += 8, left -= 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, 8);
    word ^= crc;
    crc = 0;
    for (std::size_t slice = 0; slice < 8; ++slice)
      crc ^= kTable[7 - slice][(word >> (8 * slice)) & 0xFFU];
  }
  for (; left > 0; ++at, --left)
    crc = (crc >> 8U) ^ kTable[0][(crc ^ static_cast<std::uint8_t>(*at)) & 0xFFU];
  return ~crc;
}

std::uint32_t crc32c(std::span<const std::byte> bytes) {
  static const bool kByInstruction = has_instruction();
  return kByInstruction ? by_instruction(bytes) : crc32c_by_table(bytes);
}

}  // namespace proteus::storage
