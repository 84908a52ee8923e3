// What the tests that kill a live daemon share: the market in which its orders rest and fill in
// parts, the messages to die at, and the way back.
#pragma once

#include <string>
#include <string_view>

#include "tests/simulation/live_world.hpp"

namespace proteus::simulation {

/// A folder that goes away with what is in it.
class KillFolder {
 public:
  explicit KillFolder(std::uint64_t seed);
  ~KillFolder();
  KillFolder(const KillFolder&) = delete;
  KillFolder& operator=(const KillFolder&) = delete;
  std::filesystem::path path;
};

/// The daemon's orders meet a thin book. `offset`: of limit orders, bps.
LiveSetup thin_market(std::uint64_t seed, const std::filesystem::path& folder, bool limit,
                      const char* offset = "-0.2");

/// Of a message or request as it leaves.
bool is_create(std::string_view text);
bool is_cancel(std::string_view text);

struct Recovery {
  bool started = false;
  bool clean = false;
  double seconds = 0.0;  ///< of venue time until nothing is open and the books are clean
  std::uint64_t in_doubt = 0;
  std::string difference;
  std::uint64_t adjustments = 0;  ///< lines beyond the capital
};

/// Starts the daemon again and waits until it knows where it stands. `first`: what a person does
/// the moment it lives, before it is connected.
Recovery recover(LiveWorld& world, const std::function<void(LiveWorld&)>& first = {});
void expect_whole(const Recovery& told, const std::string& what);

/// Where the daemon's orders stand, in the state that is hardest to come back from.
enum class Moment : std::uint8_t {
  Idle,        ///< none is open
  Resting,     ///< acknowledged or in the book
  Unanswered,  ///< on its way or not answered yet
  InDoubt,     ///< being asked about
  PartlyFilled,
  CancelOut,  ///< a cancel is written down, on its way, or has not been seen to work
};
inline constexpr std::size_t kMoments = 6;
std::string_view to_string(Moment moment);
Moment moment_of(LiveWorld& world);

}  // namespace proteus::simulation
