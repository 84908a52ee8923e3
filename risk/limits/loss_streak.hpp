// Control 13: losing positions in a row, and the rest that follows. One object an instrument, each
// side on its own.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "engine/core/archive.hpp"
#include "engine/core/ledger_view.hpp"
#include "engine/core/order.hpp"

namespace proteus::risk {

class LossStreak {
 public:
  LossStreak(std::int64_t max, Duration cooldown) : max_(max), cooldown_(cooldown) {}

  /// The instrument's books after a fill; less than a lot is no position, for a spot purchase that
  /// pays its fee in the base coin leaves what no order can sell. Buy: long positions. A side: its
  /// rest begins.
  std::optional<Side> on_fill(const PositionView& books, Quantity lot, Timestamp now);
  /// ... after funding was settled.
  void on_funding(const PositionView& books) { net_ = net(books); }

  /// Losing positions in a row of the side that this order would enlarge; while it rests, those
  /// that led to it.
  [[nodiscard]] std::int64_t streak(Side side) const { return streak_[index(side)]; }
  [[nodiscard]] bool rests(Side side, Timestamp now) const { return now < until_[index(side)]; }
  [[nodiscard]] bool resting() const { return until_ != std::array<Timestamp, 2>{}; }
  /// The next time at which a rest ends; the end of time where none does.
  [[nodiscard]] Timestamp next_end() const;
  /// Ends the rests that are over. True: there was one, and none is left.
  bool end_rests(Timestamp now);
  void archive(Archive& a) { a(streak_, until_, quantity_, net_, begin_); }

 private:
  static std::size_t index(Side side) { return static_cast<std::size_t>(side); }
  static Money net(const PositionView& books);

  std::int64_t max_;
  Duration cooldown_;
  std::array<std::int64_t, 2> streak_{};
  std::array<Timestamp, 2> until_{};  ///< epoch: does not rest
  Quantity quantity_;                 ///< as last heard; zero below a lot
  Money net_;                         ///< realised - fees - funding, as last heard
  Money begin_;                       ///< ... before the fill that opened the position
};

}  // namespace proteus::risk
