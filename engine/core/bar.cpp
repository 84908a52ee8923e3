#include "engine/core/bar.hpp"

#include <cmath>

namespace proteus {

const char* absurdity(const Bar& bar) {
  if (bar.low <= Price{}) return "a price is zero or negative";
  if (bar.high < bar.low) return "high is below low";
  if (bar.open < bar.low || bar.open > bar.high) return "open lies outside [low, high]";
  if (bar.close < bar.low || bar.close > bar.high) return "close lies outside [low, high]";
  if (!std::isfinite(bar.volume) || bar.volume < 0.0) return "volume is negative or not finite";
  if (!std::isfinite(bar.turnover) || bar.turnover < 0.0)
    return "turnover is negative or not finite";
  if (bar.close_time <= bar.open_time) return "close time is not after open time";
  return nullptr;
}

}  // namespace proteus
