#include "risk/states/holds.hpp"

#include <algorithm>

namespace proteus::risk {
namespace {

constexpr unsigned kHolds = static_cast<unsigned>(Hold::UnknownOutcome) + 1;
static_assert(kHolds <= 16, "a hold is a bit of sixteen");

bool same_hold(const HoldChanged& a, const HoldChanged& b) {
  return a.hold == b.hold && a.has_instrument == b.has_instrument &&
         (!a.has_instrument || a.instrument == b.instrument);
}

}  // namespace

Control control_of(Hold hold) {
  switch (hold) {
    case Hold::StaleData:
    case Hold::Reconnecting:
      return Control::StaleData;
    case Hold::Reconciling:
      return Control::Reconciliation;
    case Hold::ClockSkew:
      return Control::ClockSkew;
    case Hold::Cooldown:
      return Control::LossStreak;
    case Hold::Backlog:
      return Control::MessageRate;
    case Hold::MissingBar:
      return Control::AbsurdData;
    case Hold::RepeatedExecution:
      return Control::RepeatedExecution;
    case Hold::UnknownOutcome:
      return Control::UnknownOutcome;
  }
  return Control::None;
}

bool delays_reductions(Hold hold) {
  const Control control = control_of(hold);
  return control == Control::StaleData || control == Control::AbsurdData ||
         control == Control::ClockSkew || control == Control::UnknownOutcome;
}

Holds::Holds(std::size_t instruments) : here_(instruments, 0) {
  active_.reserve(kHolds * (instruments + 1));
}

bool Holds::set(const HoldChanged& move) {
  std::uint16_t& bits = move.has_instrument ? here_[move.instrument.index] : everywhere_;
  const bool was = (bits & bit(move.hold)) != 0;
  if (was == move.active) {
    // Still on, by now for another reason: the newest is told.
    for (HoldChanged& held : active_)
      if (was && same_hold(held, move)) held.cause = move.cause;
    return false;
  }
  bits = static_cast<std::uint16_t>(bits ^ bit(move.hold));
  if (move.active)
    active_.push_back(move);
  else
    std::erase_if(active_, [&](const HoldChanged& held) { return same_hold(held, move); });
  return true;
}

bool Holds::active(Hold hold, InstrumentId instrument) const {
  return active_everywhere(hold) || active_here(hold, instrument);
}

std::optional<Hold> Holds::blocking(InstrumentId instrument, bool reduces, Hold from) const {
  const unsigned bits = everywhere_ | here_[instrument.index];
  if (bits == 0) return std::nullopt;
  for (auto i = static_cast<unsigned>(from); i < kHolds; ++i) {
    const Hold hold = static_cast<Hold>(i);
    if ((bits & bit(hold)) != 0 && (!reduces || delays_reductions(hold))) return hold;
  }
  return std::nullopt;
}

}  // namespace proteus::risk
