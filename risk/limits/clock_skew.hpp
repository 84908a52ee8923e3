// Control 20: whether our clock may be trusted with a request that the venue judges by its own.
#pragma once

#include <algorithm>
#include <optional>

#include "engine/core/archive.hpp"
#include "engine/core/event.hpp"
#include "engine/core/result.hpp"

namespace proteus::risk {

/// What is in doubt, and how much doubt there may be.
struct ClockDoubt {
  Duration limit{0};
  Duration actual{0};
};

/// Nothing: the reading is good. Fast before slow: a request from the future is refused outright.
inline std::optional<ClockDoubt> doubt(const ClockMeasured& reading, Duration fast_max,
                                       Duration slow_max) {
  const Duration fast = std::max(-reading.offset, reading.uncertainty);
  const Duration slow = std::max(reading.offset, reading.uncertainty);
  if (fast > fast_max) return ClockDoubt{fast_max, fast};
  if (slow > slow_max) return ClockDoubt{slow_max, slow};
  return std::nullopt;
}

/// Whether a run may start with a clock that is known this exactly. Errors: Refused, with both
/// numbers. anchored: the venue told its time at all.
Result<void> check_start_clock(bool anchored, Duration uncertainty, Duration max);

}  // namespace proteus::risk
