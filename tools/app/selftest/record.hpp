// What stays of a self-test: a file in the session folder that says which binary passed with which
// configuration, signed (HMAC-SHA256) with a key that the first self-test leaves beside it, mode
// 0600: a result that was edited, or brought from elsewhere, is none. `live` starts only where it
// is fresh.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "engine/core/result.hpp"
#include "engine/core/time.hpp"
#include "tools/app/selftest/line.hpp"

namespace proteus::app::selftest {

/// What a result is good for: another binary or another configuration needs its own.
struct Subject {
  std::string binary;  ///< hash of the running program's file
  std::string config;  ///< hash of the resolved settings
  friend bool operator==(const Subject&, const Subject&) = default;
};

/// SHA-256 of the running program's file, in hexadecimal letters. Errors: Io.
Result<std::string> running_binary();

/// `<session.folder>/risk-selftest.json`.
std::filesystem::path record_path(const std::filesystem::path& session_folder);

/// The whole result as one JSON document. `time`: when it ended, wall clock.
std::string record_json(const Subject& subject, std::string_view version, Timestamp time,
                        const std::vector<Line>& lines);
/// `<session.folder>/risk-selftest.key`.
std::filesystem::path record_key_path(const std::filesystem::path& session_folder);
/// Signs and writes it, replacing an older one as a whole; makes the folder and the key. Errors:
/// Io, Refused (others may read the key).
Result<void> store(const std::filesystem::path& session_folder, std::string_view json);

/// Whether the stored result is a pass of exactly this subject. Errors, each with what to do:
/// NotFound (never ran here), Corrupt (no result of ours, or its signature is wrong), Refused
/// (another binary or configuration, controls that failed, or others may read the key).
Result<void> selftest_is_fresh(const std::filesystem::path& session_folder, const Subject& subject);

}  // namespace proteus::app::selftest
