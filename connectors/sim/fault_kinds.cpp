#include "connectors/sim/fault_kinds.hpp"

namespace proteus::sim {
namespace {

constexpr std::array<std::string_view, kFaultKinds> kNames = {
    "drop",           "drop_at_close",   "mute",
    "delay",          "duplicate",       "reorder",
    "omit_confirm",   "repeat_confirm",  "truncate",
    "flip",           "binary",          "unknown_key",
    "unknown_topic",  "http_5xx",        "http_10006",
    "http_403",       "http_delay",      "last_page_cursor",
    "clock_offset",   "order_10016",     "order_lost",
    "private_early",  "private_shuffle", "forget_closed",
    "order_never",    "cancel_race",     "trade_delay",
    "omit_execution", "silent",          "signed_10002",
    "signed_10006",   "signed_10016",    "signed_403",
    "create_110072",  "rest_lag",        "maintenance"};

}  // namespace

std::string_view to_string(FaultKind kind) { return kNames[static_cast<std::size_t>(kind)]; }

std::optional<FaultKind> parse_fault(std::string_view text) {
  for (std::size_t i = 0; i < kNames.size(); ++i)
    if (kNames[i] == text) return static_cast<FaultKind>(i);
  return std::nullopt;
}

}  // namespace proteus::sim
