// What an agent may say, and which position that means. One pure function, for training and for a
// policy that trades.
//
//   buy_sell_hold   0 buy: long, unless it is already; 1 sell: short (spot: flat), unless it is
//                   already; 2 hold: what is held stays
//   target          0, 1, 2: short, flat, long, as shares -1, 0, 1
//   adjust          0 increase, 1 decrease (towards and beyond zero) by `adjust_step`, 2 maintain,
//                   3 close
//   weight          a real number, the share itself, cut to [-1, 1]
//
// Without the engine's sizing a share is one of `exposure_max` x equity. Spot knows no short:
// shares below 0 are 0 there.
#pragma once

#include <cstdint>
#include <optional>

#include "engine/core/instrument.hpp"
#include "engine/core/ledger_view.hpp"
#include "engine/core/settings.hpp"

namespace proteus::training {

enum class ActionSet : std::uint8_t { BuySellHold, Target, Adjust, Weight };

struct ActionSettings {
  ActionSet set = ActionSet::BuySellHold;
  double exposure_max = 0.95;
  double no_trade_band = 0.05;
  double adjust_step = 0.25;

  static constexpr auto settings() {
    using A = ActionSettings;
    return std::tuple{
        setting("actions", &A::set,
                "what the agent may say: buy_sell_hold, target (-1, 0, 1), adjust (increase, "
                "decrease, maintain, close) or weight (a real number)"),
        setting("exposure_max", &A::exposure_max,
                "share of equity that a full position is; below 1 leaves room for costs", 0.01,
                20.0),
        setting("no_trade_band", &A::no_trade_band,
                "a wish this close to what is held, as a share of exposure_max, changes nothing",
                0.0, 1.0),
        setting("adjust_step", &A::adjust_step, "what increase and decrease move, in shares", 0.01,
                1.0)};
  }
};

/// How many choices there are; 0 for Weight, which has no list.
std::int64_t choices(ActionSet set);

/// An agent's word. `choice` counts in a discrete set (0 <= choice < choices); `weight` in Weight.
struct Action {
  std::int64_t choice = 0;
  double weight = 0.0;
};

/// The signed quantity this action asks for at the bar's close, cut to the lot; nothing: what is
/// held stays. That is also the answer to a weight that is not finite, to a choice that does not
/// exist, to a wish inside the band and to what the venue's minima do not allow. Without equity: 0.
std::optional<Quantity> wanted_quantity(const ActionSettings& settings, const Action& action,
                                        const Instrument& instrument, const PositionView& position,
                                        Money equity, Price close);

/// The same as the weight that the engine's sizing takes, a share of what is allotted to the
/// instrument in [-1, 1]. What says "keep" or moves by a step means the weight wished `last`, which
/// is then sized anew. Not a number for what means nothing: control 27 decides what follows.
double wished_weight(const ActionSettings& settings, const Action& action, double last);

/// True if the agent said something that means nothing: refused, and to be counted.
bool meaningless(ActionSet set, const Action& action);

}  // namespace proteus::training

template <>
struct proteus::EnumNames<proteus::training::ActionSet> {
  static constexpr std::array<std::string_view, 4> names{"buy_sell_hold", "target", "adjust",
                                                         "weight"};
};
