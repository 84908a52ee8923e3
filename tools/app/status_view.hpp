// Turns the daemon's JSON into what a person reads on a terminal. Pure: text in, text out; what is
// missing in the document is left out.
#pragma once

#include <string>

#include "tools/app/text.hpp"

namespace proteus::app {

/// `proteus status`. An {"error": ...} gives its sentence.
std::string render_status(const std::string& json, const Style& style = {});
/// `proteus why`: every decision of the document, step by step.
std::string render_why(const std::string& json, const Style& style = {});
/// One line for logs: equity, profit, drawdown, counts, feed.
/// The same in parts, ranked for `fit`: 0 to 9, the greatest can be spared first.
std::vector<Block> status_blocks(const std::string& json, const Style& style);
std::string render_heartbeat(const std::string& json);
/// What a run came to, at its end.
std::string render_summary(const std::string& json, const Style& style = {});
/// The sentence of an {"error": ...}; empty: it is none.
std::string error_of(const std::string& json);

}  // namespace proteus::app
