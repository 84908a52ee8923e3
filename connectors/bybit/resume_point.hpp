// What a feed is told when its session goes on after a restart.
#pragma once

#include "engine/core/instrument.hpp"
#include "engine/core/time.hpp"

namespace proteus::bybit {

/// Where a series of bars goes on after a restart.
struct ResumePoint {
  InstrumentId instrument;
  Interval interval = Interval::M1;
  Timestamp next_open{};
  bool warming_up = false;  ///< it had not seen a bar of the run: up to now all are warm-up
};

}  // namespace proteus::bybit
