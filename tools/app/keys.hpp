// Where the API key and its secret come from, and how little of them is left behind.
#pragma once

#include <string>
#include <string_view>

#include "connectors/live/signer.hpp"
#include "engine/core/result.hpp"

namespace proteus::app {

inline constexpr const char* kKeyVariable = "PROTEUS_API_KEY";
inline constexpr const char* kSecretVariable = "PROTEUS_API_SECRET";

/// A key and what signs with its secret. No text that this gives, errors included, holds a part of
/// the secret.
class Keys {
 public:
  /// From the environment, else from the file named (setting live.key_file; empty: none). Both
  /// variables leave the environment, whatever comes of it: children do not inherit them and
  /// /proc/PID/environ no longer shows them. Call it before threads are made that read the
  /// environment.
  ///
  /// The file: two lines, `key = "..."` and `secret = "..."`, a PEM private key between """ and
  /// """; comments begin with '#'. It has to be a regular file of ours that nobody else may read
  /// (mode 0600 or stricter), and no symbolic link.
  ///
  /// Errors: NotFound (no key anywhere), Refused (the file is not kept as it must be), Malformed,
  /// Io, and those of Signer::make.
  static Result<Keys> take(const std::string& key_file);

  Keys() = default;
  [[nodiscard]] const std::string& key() const { return key_; }
  /// For logs: the first four letters.
  [[nodiscard]] std::string masked() const;
  [[nodiscard]] const live::Signer& signer() const { return signer_; }

 private:
  std::string key_;
  live::Signer signer_;
};

/// The first four letters and "..."; of a short one the dots alone.
std::string masked_key(std::string_view key);

/// No core file is written of this process, and nobody but root may look into it (ptrace,
/// /proc/PID/mem).
void forbid_core_dumps();

}  // namespace proteus::app
