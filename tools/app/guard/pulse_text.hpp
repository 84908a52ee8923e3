// How a daemon tells its guard how it is: one line of JSON, small enough to be asked for often.
#pragma once

#include <string>
#include <string_view>

#include "connectors/live/guard_watch.hpp"

namespace proteus::app {

/// With this process's id, by which a guard knows whether a daemon without a socket still lives.
std::string pulse_json(const live::Pulse& pulse, std::string_view session);

struct HeardPulse {
  live::Pulse pulse;
  std::string session;
  long pid = 0;
};
/// Errors: Malformed, what is no pulse.
Result<HeardPulse> read_pulse(const std::string& line);

}  // namespace proteus::app
