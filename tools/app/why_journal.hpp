// `proteus why` for what is past: a decision out of a session's journal.sqlite, which is only read,
// whoever else is writing it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/result.hpp"
#include "engine/core/time.hpp"

namespace proteus::app {

/// What is asked for.
struct WhyWords {
  std::string instrument;         ///< empty: all
  std::optional<Timestamp> time;  ///< the bar that holds it; nothing: the last bar
};

/// "2025-06-01T12:34", seconds and fractions optional, then "Z", nothing (UTC) or an offset such as
/// "+02:00"; a date; unix milliseconds. Errors: Malformed, with the spellings.
Result<Timestamp> parse_when(std::string_view text);
/// [INSTRUMENT] [TIME]: a word that starts with a digit is a time. Errors: Malformed.
Result<WhyWords> read_why_words(const std::vector<std::string>& words);

/// The folder below which sessions lie: the socket's, which a daemon puts there by default.
std::filesystem::path runs_beside(const std::filesystem::path& socket);
/// The session's folder in a daemon's answer to `status`, seen from here: the daemon may have been
/// started in another folder. Errors: NotFound, with the daemon's own sentence or what is missing.
Result<std::filesystem::path> folder_of_daemon(const std::string& status);

/// The folder of a session: `name` as a folder, or below `runs`; empty: the newest below `runs`
/// that holds a decision, else the newest.
/// Errors: NotFound, listing the newest few that are there.
Result<std::filesystem::path> find_session(const std::filesystem::path& runs,
                                           const std::string& name);

/// The document of docs/reference/status.md. Errors: NotFound, with what the session holds: its
/// instruments, its first and last bar; Io.
Result<std::string> why_from_journal(const std::filesystem::path& folder, const WhyWords& words);

}  // namespace proteus::app
