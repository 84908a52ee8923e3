// What an operator's command came to, for people. Pure: the daemon's JSON in, text out.
#pragma once

#include <string>

#include "tools/app/text.hpp"

namespace proteus::app {

/// The outcome of halt, reduce, resume or flatten: the state, what ended, what is still held, and
/// what one can do next. `program`: as it was called.
std::string render_outcome(const std::string& json, const std::string& program,
                           const Style& style = {});
/// One line while it is waited for: "2 positions still open, 1 order".
std::string render_waiting(const std::string& json);
/// An outcome that is not the last: something is still to end.
bool is_under_way(const std::string& json);
/// What `beat` was told.
std::string render_beat(const std::string& json);
/// The question before `verb` (flatten, resume), from the daemon's status: what it would touch.
std::string question_for(const std::string& verb, const std::string& status);

}  // namespace proteus::app
