// What the operating system tells of this process. A few reads of /proc.
#pragma once

#include "tools/app/metrics.hpp"

namespace proteus::app {

double unix_seconds_now();
/// What cannot be read is zero.
ProcessFigures process_figures(double started_unix_seconds);

}  // namespace proteus::app
