// How many requests an endpoint may still be sent: the venue counts them over a rolling second and
// tells in each answer's headers what is allowed and what is left. Pure: times are handed in.
//
// A token that was taken comes back one window later, as the venue counts, so that no second ever
// holds more than the limit. A share is kept for cancels: whatever else wants to go, a cancel can.
#pragma once

#include <cstdint>
#include <deque>
#include <string_view>

#include "connectors/bybit/feed_io.hpp"
#include "engine/core/time.hpp"

namespace proteus::live {

using bybit::SteadyTime;

/// X-Bapi-Limit, X-Bapi-Limit-Status, X-Bapi-Limit-Reset-Timestamp of an answer.
struct RateLimit {
  int limit = 0;      ///< requests a window; 0: not told
  int left = -1;      ///< -1: not told
  Timestamp reset{};  ///< when it is full again if exhausted, else about now; epoch: not told
  [[nodiscard]] bool known() const { return limit > 0; }
  friend bool operator==(const RateLimit&, const RateLimit&) = default;
};
/// Takes what one header says; other headers and values that are no numbers change nothing. The
/// name's case does not matter.
void read_header(RateLimit& limit, std::string_view name, std::string_view value);

struct BucketSettings {
  int limit = 10;  ///< until the venue says otherwise
  Duration window = std::chrono::seconds{1};
  /// Kept on top of the window: requests are counted when they arrive, not when they leave.
  Duration slack = std::chrono::milliseconds{20};
  int reserved = 0;  ///< of the limit, for cancels; always leaves one for the others
};

enum class BucketUse : std::uint8_t { Cancel, Other };

class RequestBucket {
 public:
  explicit RequestBucket(const BucketSettings& settings) : settings_(settings) {}

  /// Takes one; false: not before ready_at().
  bool take(SteadyTime now, BucketUse use = BucketUse::Other);
  /// The first time at which take() would succeed; `now` where it would at once.
  [[nodiscard]] SteadyTime ready_at(SteadyTime now, BucketUse use = BucketUse::Other) const;
  /// An answer's headers. `venue_now`: the venue's clock at `now`, by our reckoning.
  void learn(const RateLimit& said, Timestamp venue_now, SteadyTime now);
  /// Told to wait (10006): nothing goes before the reset, a whole window where none was told.
  void exhausted(const RateLimit& said, Timestamp venue_now, SteadyTime now);

  [[nodiscard]] int limit() const { return settings_.limit; }
  [[nodiscard]] int left(SteadyTime now) const;

 private:
  void drop_returned(SteadyTime now);
  [[nodiscard]] int kept(BucketUse use) const;
  [[nodiscard]] SteadyTime reset_time(const RateLimit& said, Timestamp venue_now,
                                      SteadyTime now) const;
  void spend_until(int left, SteadyTime back, SteadyTime now);

  BucketSettings settings_;
  std::deque<SteadyTime> back_;  ///< when each taken token comes back, ascending
  SteadyTime closed_until_{};
};

}  // namespace proteus::live
