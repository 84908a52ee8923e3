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

/// The document of docs/reference/status.md. Errors: NotFound, with what the session holds: its
/// instruments, its first and last bar; Io.
Result<std::string> why_from_journal(const std::filesystem::path& folder, const WhyWords& words);

}  // namespace proteus::app
