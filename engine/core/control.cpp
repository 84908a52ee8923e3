#include "engine/core/control.hpp"

#include <cstddef>

namespace proteus {

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

}  // namespace proteus
