// What a user can say about the guard: whom it watches, how patient it is, what it does.
#pragma once

#include <array>
#include <string_view>
#include <tuple>

#include "engine/core/settings.hpp"
#include "engine/core/time.hpp"

namespace proteus::live {

/// What a missed heartbeat leads to.
enum class GuardAction : std::uint8_t { Cancel, Flatten };

/// Times are real.
struct GuardSettings {
  GuardAction action = GuardAction::Flatten;
  Duration interval = std::chrono::seconds{2};
  Duration patience = std::chrono::seconds{15};
  Duration doubt = std::chrono::minutes{3};
  Duration loop_delay_max = std::chrono::seconds{2};
  Duration look = std::chrono::seconds{30};
  Duration pause = std::chrono::seconds{2};

  static constexpr auto settings() {
    using S = GuardSettings;
    return std::tuple{
        setting("action", &S::action,
                "when the daemon is missed: cancel orders that could open, or flatten: that, close "
                "every position of engine.instruments and sell their spot coins"),
        setting("interval", &S::interval, "between two questions to the daemon", 0.02, 60.0),
        setting("patience", &S::patience,
                "a daemon that has not answered for that long is missed; longer than interval", 0.1,
                3600.0),
        setting("doubt", &S::doubt,
                "a daemon that answers and is not reconciled, has no private stream, still starts "
                "or whose loop hangs is missed after that long; not shorter than patience",
                0.1, 86'400.0),
        setting("loop_delay_max", &S::loop_delay_max,
                "the daemon's loop hangs when 1 % of the last minute's timers were later", 0.01,
                60.0),
        setting("look", &S::look,
                "between two looks at the account's orders and positions, as long as nothing is to "
                "be done",
                0.1, 3600.0),
        setting("pause", &S::pause,
                "between two rounds of cancelling and closing, and the time that an answer may "
                "take on the trade stream",
                0.02, 60.0)};
  }
};

}  // namespace proteus::live

template <>
struct proteus::EnumNames<proteus::live::GuardAction> {
  static constexpr std::array<std::string_view, 2> names = {"cancel", "flatten"};
};
