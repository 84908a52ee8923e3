#include "engine/core/decision.hpp"

namespace proteus {

std::string_view to_string(SizingStepId id) {
  constexpr std::string_view kNames[] = {"target",           "confidence",      "volatility_target",
                                         "kelly_cap",        "allocation",      "no_trade_band",
                                         "kelly_continuous", "kelly_discrete",  "kelly_drawdown",
                                         "kelly_samples",    "kelly_shrinkage", "kelly_fraction"};
  return kNames[static_cast<std::size_t>(id)];
}
std::string_view to_string(Unit unit) {
  constexpr std::string_view kNames[] = {"quote", "base", "price", "ratio", "ns", "count"};
  return kNames[static_cast<std::size_t>(unit)];
}
std::string_view to_string(Outcome outcome) {
  constexpr std::string_view kNames[] = {"ordered",   "refused",    "unchanged",
                                         "no_target", "warming_up", "late",
                                         "set_aside", "pending",    "stopping"};
  return kNames[static_cast<std::size_t>(outcome)];
}

}  // namespace proteus
