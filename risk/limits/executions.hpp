// Control 7: how often the same logic was executed lately. One object an instrument; the logic is
// the opening or enlarging of a position on one side.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "engine/core/archive.hpp"
#include "engine/core/order.hpp"

namespace proteus::risk {

class Executions {
 public:
  /// max > 0.
  Executions(std::int64_t max, Duration window);

  /// An increase had its first fill. True: the side now has as many as may be.
  bool on_execution(Side side, Timestamp now);
  /// Executions of the side in the window; while stopped, those that stopped it.
  [[nodiscard]] std::int64_t count(Side side, Timestamp now) const;
  /// A person's word: counts again from nothing.
  void reset();
  void archive(Archive& a) { a(times_, stopped_at_); }

 private:
  std::int64_t max_;
  Duration window_;
  std::array<std::vector<Timestamp>, 2> times_;  ///< by Side, ascending
  std::int64_t stopped_at_ = 0;                  ///< 0: it was not
};

}  // namespace proteus::risk
