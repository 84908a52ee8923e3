// Records public streams and does nothing else with them: connects, subscribes, stays awake, comes
// back, and writes every frame before anyone looks at it. What the venue says of its time and of
// the instruments is recorded too (stream "rest"), so that a replay knows what it plays. Thread:
// the loop's; parts are packed on a thread of their own.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "connectors/bybit/subscription_plan.hpp"
#include "connectors/net/loop.hpp"
#include "tools/app/settings.hpp"

namespace proteus::app::record {

struct RecordCounts {
  std::uint64_t frames = 0;  ///< on the disk
  std::uint64_t bytes = 0;   ///< of them
  std::uint64_t lost = 0;    ///< that the disk did not take; the connection was renewed
  std::uint64_t losses = 0;  ///< of connections
  std::uint64_t parts = 0;   ///< packed
  std::size_t live = 0;      ///< connections whose topics are all acknowledged
  std::size_t streams = 0;
  std::vector<std::string> refused;  ///< topics that the venue does not give
  std::string trouble;               ///< the last, in words
};

class Recording {
 public:
  /// `feed`: an existing folder that nobody else writes to. `seed` draws the jitter of pauses.
  /// Errors: Malformed, an address of the settings that is none.
  static Result<std::unique_ptr<Recording>> create(net::Loop& loop, const Settings& settings,
                                                   std::vector<bybit::StreamPlan> plans,
                                                   const std::filesystem::path& feed,
                                                   std::uint64_t seed);
  ~Recording();
  Recording(const Recording&) = delete;
  Recording& operator=(const Recording&) = delete;

  /// Asks the venue for its time and the instruments, then connects; returns at once. A venue that
  /// is away is asked for as long as it takes. An instrument that it does not know is told by
  /// `on_failed`, and nothing is recorded.
  void start(std::function<void(Error)> on_failed);
  /// Ends the streams and packs what is open; waits for it.
  void stop();
  [[nodiscard]] RecordCounts counts() const;

 private:
  struct Impl;
  explicit Recording(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace proteus::app::record
