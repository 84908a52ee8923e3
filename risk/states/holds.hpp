// Holds: they block increases and clear by themselves. Some are about one instrument, some about
// all of them.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/core/archive.hpp"
#include "engine/core/decision.hpp"
#include "engine/core/event.hpp"

namespace proteus::risk {

/// The control that a hold speaks for. A backlog (inputs or the log cannot keep up) counts to the
/// message controls.
Control control_of(Hold hold);
/// Holds on the quality of data, on time or on what became of an order make automatic reductions
/// wait too.
bool delays_reductions(Hold hold);

class Holds {
 public:
  explicit Holds(std::size_t instruments);

  /// Adopts a move. False: it was so already.
  bool set(const HoldChanged& move);
  [[nodiscard]] bool active(Hold hold, InstrumentId instrument) const;
  [[nodiscard]] bool active_everywhere(Hold hold) const { return (everywhere_ & bit(hold)) != 0; }
  [[nodiscard]] bool active_here(Hold hold, InstrumentId instrument) const {
    return (here_[instrument.index] & bit(hold)) != 0;
  }
  /// The first at or after `from` that stands in the way of an order on the instrument, in the
  /// order of `Hold`.
  [[nodiscard]] std::optional<Hold> blocking(InstrumentId instrument, bool reduces,
                                             Hold from = Hold::StaleData) const;
  [[nodiscard]] const std::vector<HoldChanged>& all() const { return active_; }
  void archive(Archive& a) { a(everywhere_, here_, active_); }

 private:
  static std::uint16_t bit(Hold hold) {
    return static_cast<std::uint16_t>(1U << static_cast<unsigned>(hold));
  }
  std::uint16_t everywhere_ = 0;
  std::vector<std::uint16_t> here_;
  std::vector<HoldChanged> active_;  ///< with their causes, for people
};

}  // namespace proteus::risk
