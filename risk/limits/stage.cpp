#include "risk/limits/stage.hpp"

#include "risk/limits/controls.hpp"

namespace proteus::risk {

StageCaps stage_caps(const LimitSettings& limits) {
  const auto caps = [](double order, double gross) {
    return StageCaps{Money::from_raw(to_fixed_raw(order)), Money::from_raw(to_fixed_raw(gross))};
  };
  switch (limits.stage) {
    case Stage::Paper:
      return caps(limits.paper_order_cap, limits.paper_gross_cap);
    case Stage::MicroLive:
      return caps(limits.micro_live_order_cap, limits.micro_live_gross_cap);
    case Stage::Live:
      break;
  }
  return caps(limits.live_order_cap, limits.live_gross_cap);
}

ControlResult stage_cap(Money value, Money cap, bool reduces) {
  return {Control::Stage, reduces || value <= cap, quote(cap), quote(value)};
}

}  // namespace proteus::risk
