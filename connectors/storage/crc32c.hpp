// CRC-32C (Castagnoli, RFC 3720 appendix B.4): the check of every record of the session log.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace proteus::storage {

/// By the processor's own instruction where it has one, else by table; the same number either way.
std::uint32_t crc32c(std::span<const std::byte> bytes);
/// The table form, for processors without the instruction.
std::uint32_t crc32c_by_table(std::span<const std::byte> bytes);

}  // namespace proteus::storage
