#include "engine/core/decision.hpp"

namespace proteus {

std::string_view to_string(SizingStepId id) {
  constexpr std::string_view kNames[] = {"target",    "confidence", "volatility_target",
                                         "kelly_cap", "allocation", "no_trade_band"};
  return kNames[static_cast<std::size_t>(id)];
}
std::string_view to_string(Unit unit) {
  constexpr std::string_view kNames[] = {"quote", "base", "price", "ratio", "ns", "count"};
  return kNames[static_cast<std::size_t>(unit)];
}
std::string_view to_string(Control control) {
  constexpr std::string_view kNames[] = {"none",
                                         "capital_threshold",
                                         "price_collar",
                                         "price_drift",
                                         "order_value",
                                         "order_quantity",
                                         "message_rate",
                                         "repeated_execution",
                                         "duplicate_order",
                                         "position_limit",
                                         "open_order_value",
                                         "daily_loss",
                                         "drawdown",
                                         "loss_streak",
                                         "leverage",
                                         "kill",
                                         "cancel_on_disconnect",
                                         "protective_stop",
                                         "stale_data",
                                         "absurd_data",
                                         "clock_skew",
                                         "self_trade",
                                         "unknown_outcome",
                                         "reconciliation",
                                         "start_reconciliation",
                                         "override",
                                         "stage",
                                         "model_output",
                                         "adaptation_bounds",
                                         "expected_edge",
                                         "dust_and_minimum",
                                         "key_permissions"};
  return kNames[static_cast<std::size_t>(control)];
}
std::string_view to_string(Outcome outcome) {
  constexpr std::string_view kNames[] = {"ordered",   "refused",    "unchanged",
                                         "no_target", "warming_up", "late",
                                         "set_aside", "pending",    "stopping"};
  return kNames[static_cast<std::size_t>(outcome)];
}

}  // namespace proteus
