#include "tools/app/loop_delay.hpp"

#include <algorithm>

namespace proteus::app {

void LoopDelay::add(Duration delay) {
  last_ = std::max(delay, Duration{0});
  worst_ = std::max(worst_, last_);
  if (recent_.size() < kWindow)
    recent_.push_back(last_);
  else
    recent_[next_] = last_;
  next_ = (next_ + 1) % kWindow;
  const double seconds = std::chrono::duration<double>(last_).count();
  const auto bound = std::ranges::lower_bound(kBoundsSeconds, seconds);
  ++buckets_[static_cast<std::size_t>(bound - kBoundsSeconds.begin())];
  ++count_;
  sum_seconds_ += seconds;
}

Duration LoopDelay::p99() const {
  if (recent_.empty()) return Duration{0};
  std::vector<Duration> sorted = recent_;
  const std::size_t rank = (sorted.size() * 99 + 99) / 100 - 1;
  const auto at = sorted.begin() + static_cast<std::ptrdiff_t>(rank);
  std::nth_element(sorted.begin(), at, sorted.end());
  return *at;
}

}  // namespace proteus::app
