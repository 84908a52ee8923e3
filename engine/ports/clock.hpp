// The venue's time, where a clock is needed at all: staleness, day roll, holds. Engine time is that
// of the last event.
#pragma once

#include "engine/core/time.hpp"

namespace proteus {

class Clock {
 public:
  virtual ~Clock() = default;
  /// Venue time; never goes back.
  [[nodiscard]] virtual Timestamp venue_now() = 0;
};

}  // namespace proteus
