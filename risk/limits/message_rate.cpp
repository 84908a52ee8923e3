#include "risk/limits/message_rate.hpp"

#include <cmath>

namespace proteus::risk {

Duration MessageBucket::cost_of(double rate) {
  return Duration{static_cast<std::int64_t>(std::ceil(1e9 / rate))};
}

}  // namespace proteus::risk
