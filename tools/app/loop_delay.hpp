// How late the event loop fires its timers: what everything on it waits. Fed; holds no clock.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/core/time.hpp"

namespace proteus::app {

class LoopDelay {
 public:
  /// How often it is measured; the window below is one minute of these.
  static constexpr Duration kPeriod = std::chrono::milliseconds{100};
  static constexpr std::array<double, 13> kBoundsSeconds = {
      0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0};

  /// A timer that was due `delay` ago has fired; negative counts as zero.
  void add(Duration delay);

  /// Of the last minute: the value that 99 % did not pass; zero before the first.
  [[nodiscard]] Duration p99() const;
  [[nodiscard]] Duration last() const { return last_; }
  [[nodiscard]] Duration worst() const { return worst_; }  ///< of the run
  /// Over the run, by bound and not cumulative; the last one is beyond every bound.
  [[nodiscard]] const std::array<std::uint64_t, kBoundsSeconds.size() + 1>& buckets() const {
    return buckets_;
  }
  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] double sum_seconds() const { return sum_seconds_; }

 private:
  static constexpr std::size_t kWindow = std::chrono::minutes{1} / kPeriod;
  std::vector<Duration> recent_;  // a ring of at most kWindow
  std::size_t next_ = 0;
  std::array<std::uint64_t, kBoundsSeconds.size() + 1> buckets_{};
  std::uint64_t count_ = 0;
  double sum_seconds_ = 0.0;
  Duration last_{0};
  Duration worst_{0};
};

}  // namespace proteus::app
