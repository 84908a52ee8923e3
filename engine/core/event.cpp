#include "engine/core/event.hpp"

#include <array>

#include "engine/core/assert.hpp"

namespace proteus {

std::string_view to_string(BarSource source) {
  constexpr std::string_view kNames[] = {"stream", "backfill", "warmup", "file"};
  return kNames[static_cast<std::size_t>(source)];
}
std::string_view to_string(FeedState state) {
  constexpr std::string_view kNames[] = {"connecting", "live", "lost"};
  return kNames[static_cast<std::size_t>(state)];
}
std::string_view to_string(AnomalyKind kind) {
  constexpr std::string_view kNames[] = {"malformed",
                                         "unknown_topic",
                                         "duplicate_bar",
                                         "conflicting_bar",
                                         "out_of_order_bar",
                                         "missing_bar",
                                         "absurd_bar",
                                         "future_bar",
                                         "price_jump",
                                         "crossed_book",
                                         "book_gap",
                                         "book_stale",
                                         "ticker_before_snapshot",
                                         "absurd_ticker",
                                         "subscription_refused",
                                         "pong_missing",
                                         "rest_failed",
                                         "rate_limited",
                                         "clock_skew"};
  return kNames[static_cast<std::size_t>(kind)];
}
std::string_view to_string(OperatorAction action) {
  constexpr std::string_view kNames[] = {"stop", "halt", "reduce", "resume", "flatten"};
  return kNames[static_cast<std::size_t>(action)];
}
std::string_view to_string(TradingState state) {
  constexpr std::string_view kNames[] = {"active", "reducing", "halted"};
  return kNames[static_cast<std::size_t>(state)];
}
std::string_view to_string(Hold hold) {
  constexpr std::string_view kNames[] = {"stale_data",  "reconnecting",       "reconciling",
                                         "clock_skew",  "cooldown",           "backlog",
                                         "missing_bar", "repeated_execution", "unknown_outcome"};
  return kNames[static_cast<std::size_t>(hold)];
}
std::string_view to_string(AdaptationCause cause) {
  constexpr std::string_view kNames[] = {"periodic", "change"};
  return kNames[static_cast<std::size_t>(cause)];
}
std::string_view to_string(AdaptationVerdict verdict) {
  constexpr std::string_view kNames[] = {"adopted", "refused", "rolled_back", "lost"};
  return kNames[static_cast<std::size_t>(verdict)];
}

std::string_view to_string(AdjustmentKind kind) {
  constexpr std::string_view kNames[] = {"capital",         "transfer",    "foreign_trade",
                                         "protective_stop", "liquidation", "deleveraging",
                                         "settlement",      "position",    "balance"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::string_view event_name(std::size_t index) {
  constexpr std::array<std::string_view, std::variant_size_v<EventBody>> kNames = {
      "bar_closed",          "ticker_updated",    "book_updated",
      "instrument_changed",  "feed_changed",      "feed_anomaly",
      "clock_tick",          "order_update",      "fill",
      "funding_settled",     "operator_command",  "trading_state_changed",
      "hold_changed",        "session_resumed",   "clock_measured",
      "override_changed",    "control_latched",   "adaptation_cut",
      "adaptation_proposed", "adaptation_failed", "adaptation_judged",
      "external_adjustment"};
  PROTEUS_ASSERT(index < kNames.size());
  return kNames[index];
}

}  // namespace proteus
