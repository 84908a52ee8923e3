// What the operating system tells of this process and its disk. A few reads of /proc.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tools/app/metrics.hpp"

namespace proteus::app {

double unix_seconds_now();
/// What cannot be read is zero.
ProcessFigures process_figures(double started_unix_seconds);
/// Room that is left for us on the disk of `folder`; nothing: it cannot be read.
std::optional<std::uint64_t> disk_free_bytes(const std::string& folder);

}  // namespace proteus::app
