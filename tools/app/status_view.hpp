// Turns the daemon's JSON into what a person reads on a terminal.
#pragma once

#include <string>

namespace proteus::app {

std::string render_status(const std::string& json);
std::string render_why(const std::string& json);

}  // namespace proteus::app
