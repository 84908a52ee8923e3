// Control 26: caps in quote currency that rise with the stage of a run and bind on top of the
// shares of equity.
#pragma once

#include "engine/core/decision.hpp"
#include "risk/settings.hpp"

namespace proteus::risk {

struct StageCaps {
  Money order;
  Money gross;
};

StageCaps stage_caps(const LimitSettings& limits);
/// A value against its stage's cap.
ControlResult stage_cap(Money value, Money cap, bool reduces);

}  // namespace proteus::risk
