// The trading state: becomes stricter by itself, looser only by a person. Remembers which controls
// demand it.
#pragma once

#include <cstdint>

#include "engine/core/archive.hpp"
#include "engine/core/decision.hpp"
#include "engine/core/event.hpp"

namespace proteus::risk {

class Latch {
 public:
  /// This demand would make the state stricter, or be one more for the state there is.
  [[nodiscard]] bool lacks(TradingState to, Control by) const {
    return to > state_ || (to == state_ && !demands(by));
  }
  /// Notes the demand, and moves to a stricter state. False: it was as strict already. A stricter
  /// state forgets who demanded the one before: only a resume leads out of it.
  bool tighten(TradingState to, Control by, const InlineText<120>& cause) {
    if (to < state_) return false;
    const bool moves = to > state_;
    demands_ = moves ? bit(by) : demands_ | bit(by);
    if (!moves) return false;
    state_ = to;
    cause_ = cause;
    return true;
  }
  /// A person's word. False: it was active already.
  bool resume(const InlineText<120>& cause) {
    if (state_ == TradingState::Active) return false;
    state_ = TradingState::Active;
    demands_ = 0;
    cause_ = cause;
    return true;
  }

  [[nodiscard]] TradingState state() const { return state_; }
  /// The control demands the state as it is; each of them has to be lifted for itself.
  [[nodiscard]] bool demands(Control control) const { return (demands_ & bit(control)) != 0; }
  [[nodiscard]] const InlineText<120>& cause() const { return cause_; }
  void archive(Archive& a) { a(state_, demands_, cause_); }

 private:
  static std::uint32_t bit(Control control) {
    return std::uint32_t{1} << static_cast<unsigned>(control);
  }

  TradingState state_ = TradingState::Active;
  std::uint32_t demands_ = 0;  ///< by the control's number
  InlineText<120> cause_;
};

}  // namespace proteus::risk
