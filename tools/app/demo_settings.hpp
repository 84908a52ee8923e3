// Which settings the demo takes: those that leave its promise true, that nothing leaves the machine
// and that both halves run at one speed.
#pragma once

#include "tools/app/options.hpp"

namespace proteus::app {

/// Errors: Refused, for a setting that the demo makes itself ([venue], [sim.server], sim.speed,
/// feed.speed) and for a file of the simulated exchange; the sentence says what to do instead.
Result<void> fits_demo(const Options& options);

/// The settings of a daemon's file that the demo does not follow, with their lines: "venue.rest
/// (paper.toml:14)", "feed.speed (paper.toml:20)".
std::vector<std::string> settings_without_effect(const std::string& file);

}  // namespace proteus::app
