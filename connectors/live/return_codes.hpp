// What each return code of the venue means for a request: the one table, and nothing else decides.
//
// The rules behind it. A create or amend whose outcome is not told is Unknown, never sent again
// under another id. A cancel may be repeated: what only says "slow down" or "not now" is Later. A
// read changes nothing: whatever may pass is Later. Codes that stand in no table are Unknown for
// orders and cancels, Later for reads.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "engine/core/order.hpp"

namespace proteus::live {

enum class Outcome : std::uint8_t {
  Done,     ///< accepted, or the wished state holds already
  Refused,  ///< definite: it had no effect
  Unknown,  ///< ask before anything
  Later,    ///< no effect; try again after a pause
  Fatal     ///< stop trading, call a person
};
std::string_view to_string(Outcome outcome);

/// Setting: leverage, position mode, trading stop; judged as Create is.
enum class RequestKind : std::uint8_t { Create, Amend, Cancel, Read, Setting };
std::string_view to_string(RequestKind kind);

struct CodeMeaning {
  int code = 0;
  Outcome order = Outcome::Unknown;  ///< create, amend
  Outcome cancel = Outcome::Unknown;
  Outcome read = Outcome::Later;
  bool reconcile = false;    ///< our picture of the position may be wrong, whatever the outcome
  bool symbol_only = false;  ///< Fatal for this symbol alone
  std::string_view words;
};

/// Ascending by code.
std::span<const CodeMeaning> code_meanings();
/// nullptr: a code that is in no table.
const CodeMeaning* meaning_of(int code);

Outcome outcome_of(RequestKind kind, int code);
/// Of an HTTP status; 0: no answer came (connection, deadline). Done only for 200, whose body is
/// then to be judged by its code.
Outcome outcome_of_http(RequestKind kind, int status);

/// The clock is to be measured anew before the next try.
constexpr bool wants_clock(int code) { return code == 10002 || code == -1; }
/// Why a refused create was refused.
OrderEnd order_end_of(int code);

}  // namespace proteus::live
