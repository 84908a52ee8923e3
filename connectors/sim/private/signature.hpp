// The venue's signature, for checking what clients sign. Code that signs orders for a real venue
// is another library; nothing here knows a key.
#pragma once

#include <string>
#include <string_view>

namespace proteus::sim {

/// HMAC-SHA256 of `text` under `secret`, lower-case hex, 64 characters.
std::string hmac_sha256_hex(std::string_view secret, std::string_view text);

/// Equality in time that depends on the lengths alone.
bool same_signature(std::string_view a, std::string_view b);

}  // namespace proteus::sim
