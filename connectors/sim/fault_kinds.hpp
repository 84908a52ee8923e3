// The faults by name, and how one is ordered at run time.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "connectors/sim/sim_io.hpp"

namespace proteus::sim {

enum class FaultKind : std::uint8_t {
  Drop,
  DropAtClose,
  Mute,
  Delay,
  Duplicate,
  Reorder,
  OmitConfirm,
  RepeatConfirm,
  Truncate,
  Flip,
  Binary,
  UnknownKey,
  UnknownTopic,
  Http5xx,
  Http10006,
  Http403,
  HttpDelay,
  LastPageCursor,
  ClockOffset,
  Order10016,
  OrderLost,
  PrivateEarly,
  PrivateShuffle,
  ForgetClosed,
  OrderNever,
  CancelRace,
  TradeDelay,
  OmitExecution,
  Silent,
  Signed10002,
  Signed10006,
  Signed10016,
  Signed403,
  Create110072,
  RestLag,
  Maintenance,
};
inline constexpr std::size_t kFaultKinds = 36;

/// "drop", "drop_at_close", "http_5xx", ... as in the settings, without "_per_...".
std::string_view to_string(FaultKind kind);
std::optional<FaultKind> parse_fault(std::string_view text);

/// A fault ordered at run time. Drop, Mute and Silent act at once; frame faults strike the next
/// `count` frames they can (OmitConfirm: confirm frames; OmitExecution: executions) of each
/// connection meant; HTTP faults the next `count` requests; Signed... the next `count` signed
/// requests, by REST or websocket; faults of orders the next `count` that are accepted (OrderNever:
/// that come; Create110072: creates with a link id; CancelRace: cancels; TradeDelay: by websocket);
/// PrivateShuffle the next `count` changes of accounts; ForgetClosed acts at once; ClockOffset sets
/// the offset to `value` ms; Maintenance lasts `value` seconds of venue time, 0: as in the
/// settings.
struct FaultOrder {
  FaultKind kind = FaultKind::Drop;
  std::optional<ConnId> connection;  ///< nothing: every connection that is open now
  std::int64_t count = 1;
  std::int64_t value = 0;
};

/// How many of each were done, in the order of FaultKind.
using FaultCounts = std::array<std::uint64_t, kFaultKinds>;

}  // namespace proteus::sim
