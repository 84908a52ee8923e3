// A chain of SHA-256 over a session's log: two copies of a session with the same chain hold the
// same records, and a changed one shows in its segment's digest and in every link from there on.
//
//   digest of a segment   SHA-256 over its records in order, each: kind, version (1 byte each),
//                         number (8 bytes, little-endian), payload
//   link                  SHA-256 of the text: the link before (or the session's code, before the
//                         first segment that is there), a blank, the digest; lower case digits
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "engine/core/result.hpp"

namespace proteus::app::told {

struct ChainLink {
  std::uint32_t segment = 0;
  std::uint64_t records = 0;
  std::string digest;
  std::string link;
};

struct LogChain {
  std::vector<ChainLink> links;
  std::string value;  ///< the last link; empty: there is no segment
};

/// Errors: NotFound, no log; as WalReader.
Result<LogChain> chain_of(const std::filesystem::path& folder);

}  // namespace proteus::app::told
