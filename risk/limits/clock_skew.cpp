#include "risk/limits/clock_skew.hpp"

#include <fmt/format.h>

namespace proteus::risk {

Result<void> check_start_clock(bool anchored, Duration uncertainty, Duration max) {
  const auto seconds = [](Duration d) { return std::chrono::duration<double>(d).count(); };
  if (!anchored)
    return error(ErrorCode::Refused,
                 "the venue has not told its time: without it no order's age can be judged; see "
                 "that market/time answers, then start again");
  if (uncertainty <= max) return success();
  return error(ErrorCode::Refused,
               fmt::format("the venue's time is known to {:.3f} s only, more than "
                           "risk.limits.clock_start_max = {:.3f} s allows (control 20): its answer "
                           "took too long; start again on a quicker line",
                           seconds(uncertainty), seconds(max)));
}

}  // namespace proteus::risk
