// The trading state: becomes stricter by itself, looser only by a person. Remembers what latched
// it.
#pragma once

#include <cstdint>

#include "engine/core/archive.hpp"
#include "engine/core/decision.hpp"
#include "engine/core/event.hpp"

namespace proteus::risk {

class Latch {
 public:
  /// Moves to a stricter state. False: it was as strict already.
  bool tighten(TradingState to, Control by, const InlineText<120>& cause) {
    if (to <= state_) return false;
    state_ = to;
    by_ = by;
    cause_ = cause;
    return true;
  }
  /// A person's word. False: it was active already.
  bool resume(const InlineText<120>& cause) {
    if (state_ == TradingState::Active) return false;
    state_ = TradingState::Active;
    by_ = Control::None;
    cause_ = cause;
    return true;
  }

  [[nodiscard]] TradingState state() const { return state_; }
  [[nodiscard]] Control by() const { return by_; }
  [[nodiscard]] const InlineText<120>& cause() const { return cause_; }
  void archive(Archive& a) { a(state_, by_, cause_); }

 private:
  TradingState state_ = TradingState::Active;
  Control by_ = Control::None;
  InlineText<120> cause_;
};

}  // namespace proteus::risk
