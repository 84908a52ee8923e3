// Which settings the demo takes: those that leave its promise true, that nothing leaves the machine
// and that both halves run at one speed.
#pragma once

#include "tools/app/options.hpp"

namespace proteus::app {

/// Errors: Refused, for a setting that the demo makes itself ([venue], [sim.server], sim.speed,
/// feed.speed) and for a file of the simulated exchange; the sentence says what to do instead.
Result<void> fits_demo(const Options& options);

}  // namespace proteus::app
