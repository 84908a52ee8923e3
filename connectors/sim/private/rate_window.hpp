// How often an account may ask: a rolling second of venue time for each account and path.
#pragma once

#include <deque>

#include "engine/core/time.hpp"

namespace proteus::sim {

class RateWindow {
 public:
  static constexpr Duration kLength = std::chrono::seconds{1};

  /// True: one more of `limit` is used now. False: the window is full, and nothing was used.
  bool take(std::size_t limit, Timestamp now) {
    while (!used_.empty() && used_.front() + kLength <= now) used_.pop_front();
    if (used_.size() >= limit) return false;
    used_.push_back(now);
    return true;
  }
  /// Of the window of the last take().
  [[nodiscard]] std::size_t left(std::size_t limit) const { return limit - used_.size(); }
  /// When the window has room again if it is full; else `now`.
  [[nodiscard]] Timestamp reset(std::size_t limit, Timestamp now) const {
    return used_.size() < limit ? now : used_.front() + kLength;
  }

 private:
  std::deque<Timestamp> used_;
};

}  // namespace proteus::sim
