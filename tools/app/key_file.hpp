// A file that holds an API key and its secret.
#pragma once

#include <string>
#include <string_view>

#include "connectors/live/signer.hpp"
#include "engine/core/result.hpp"

namespace proteus::app {

/// Wiped when it goes.
struct KeyPair {
  std::string key;
  std::string secret;
  KeyPair() = default;
  KeyPair(KeyPair&& other) noexcept : key(std::move(other.key)), secret(std::move(other.secret)) {
    live::wipe(other.secret);  // A short one was copied.
  }
  KeyPair& operator=(KeyPair&& other) noexcept {
    key.swap(other.key);
    secret.swap(other.secret);
    return *this;
  }
  ~KeyPair() { live::wipe(secret); }
};

/// Errors: NotFound, Refused (a link, no regular file, another's, readable by others; with what to
/// do), Malformed (with the line, never its text), Io.
Result<KeyPair> read_key_file(const std::string& path);
/// The text of such a file; `path` is for errors. Errors: Malformed.
Result<KeyPair> parse_key_file(std::string_view text, const std::string& path);

}  // namespace proteus::app
