// SHA-256 (FIPS 180-4), for the hash that names a checkpoint and that anyone can compute again.
#pragma once

#include <string>
#include <string_view>

namespace proteus::inference {

/// 64 hexadecimal digits, lower case.
std::string sha256(std::string_view bytes);

}  // namespace proteus::inference
