// Control 19 for bars: decides whether a closed bar may be used, and waits for a second opinion on
// a jump. One object an instrument.
#pragma once

#include <cstdint>

#include "engine/core/bar.hpp"

namespace proteus::risk {

/// A bar further than `jump_max` from the last good close, |log(close / last)|, is set aside. The
/// next bar decides: back near the last good close, the jump was an error and is forgotten; near
/// the level of the bar set aside, the move is real and that next bar is taken; at a third level,
/// it is set aside in turn. A real move so costs one bar and an erroneous one is never used. A bar
/// whose open lies that far from both the last good close and its own close is set aside as well.
class BarJudge {
 public:
  /// Who looks. Each looks at most once at each bar that arrives, in either order, and both get the
  /// same word; a second look of the same one at the same bar means that the bar came twice.
  enum class Looker : std::uint8_t { Asked, Observed };

  explicit BarJudge(double jump_max);

  /// nullptr if the bar may be used, else why not, a constant sentence.
  const char* judge(const Bar& bar, Looker looker);

  /// The last bar that arrived was set aside.
  [[nodiscard]] bool aside() const { return verdict_ != nullptr; }
  /// |log| distance of the last bar's close (or open) from the last good close where it was a jump,
  /// else 0.
  [[nodiscard]] double distance() const { return distance_; }
  [[nodiscard]] std::uint64_t set_aside() const { return set_aside_; }

 private:
  const char* first_look(const Bar& bar);
  [[nodiscard]] bool near(double close, double level) const;

  double ratio_min_;  // exp(-jump_max), so that a bar costs no logarithm
  double ratio_max_;
  double good_close_ = 0.0;  // 0: none yet
  Timestamp good_until_{};
  double candidate_ = 0.0;  // 0: none waits
  double distance_ = 0.0;
  Timestamp judged_open_{};
  const char* verdict_ = nullptr;
  bool looked_[2] = {false, false};
  bool any_ = false;
  std::uint64_t set_aside_ = 0;
};

}  // namespace proteus::risk
