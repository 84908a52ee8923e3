// A session written out as tables for other programs: CSV files (RFC 4180) and the same rows as
// JSON lines, from the log alone.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "engine/core/result.hpp"

namespace proteus::app::told {

/// A field of RFC 4180: in quotes, with quotes doubled, where it holds a comma, a quote or a line
/// break.
std::string csv_field(std::string_view text);

struct Exported {
  struct File {
    std::string name;  ///< "fills.csv"
    std::uint64_t rows = 0;
  };
  std::vector<File> files;
  std::string missing;  ///< what of the log is not there, as a sentence; empty: nothing
};

/// Writes trades, fills, orders, decisions, equity, funding and adjustments into `to`, which is
/// made where it is not there. `json`: JSON lines instead of CSV. Errors: Busy is none: a session
/// that is written is exported as far as it has come; those of the log; Io.
Result<Exported> export_session(const std::filesystem::path& session,
                                const std::filesystem::path& to, bool json);

}  // namespace proteus::app::told
