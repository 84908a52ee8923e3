// Control 6: how fast messages may leave, as a bucket in the time of events.
#pragma once

#include <algorithm>
#include <cstdint>

#include "engine/core/archive.hpp"
#include "engine/core/time.hpp"

namespace proteus::risk {

/// A token bucket told by one time (the generic cell rate algorithm, ITU-T I.371): it is full of
/// messages until `t`, each of which takes 1 / rate. Exact in nanoseconds.
class MessageBucket {
 public:
  /// rate: messages a second, > 0.
  explicit MessageBucket(double rate) : cost_(cost_of(rate)) {}

  void on_message(Timestamp now) { until_ = std::max(until_, now) + cost_; }
  /// Messages in the bucket, parts of one counted as one, if one more came now.
  [[nodiscard]] std::int64_t with_one_more(Timestamp now) const {
    const std::int64_t wait = until_ > now ? (until_ - now).count() : 0;
    return (wait + cost_.count() - 1) / cost_.count() + 1;
  }
  void archive(Archive& a) { a(until_); }

 private:
  static Duration cost_of(double rate);
  Duration cost_;
  Timestamp until_{};
};

}  // namespace proteus::risk
