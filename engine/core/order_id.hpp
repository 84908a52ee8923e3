// Client order ids, known before the order leaves and unique over all sessions:
//   p<session code, 13>-<instrument, 3>-<decision second, 7>-<purpose, 1><ordinal, 3>     (31 of
//   the 36 the venue allows)
// base32 (crockford, lower case) for the session code, base36 for the rest.
#pragma once

#include <cstdint>
#include <string_view>

#include "engine/core/inline_text.hpp"
#include "engine/core/instrument.hpp"
#include "engine/core/time.hpp"

namespace proteus {

using ClientOrderId = InlineText<36>;
using SessionCode = InlineText<13>;

/// What an order is for; the letter stands in its id.
enum class Purpose : std::uint8_t {
  Open = 'o',
  Close = 'c',
  Stop = 's',
  Flatten = 'f',
  Liquidation = 'l'
};

/// 65 random bits (given, never drawn here) as 13 base32 letters. Uses the low 5 bits of each byte.
SessionCode make_session_code(const std::array<std::uint8_t, 13>& random);

/// `ordinal` counts the different orders of one instrument, second and purpose: 0..46655.
ClientOrderId make_order_id(const SessionCode& session, InstrumentId instrument, Timestamp decision,
                            Purpose purpose, std::uint32_t ordinal);
/// The letters of the decision second, which sort as it does; empty for what is no id of ours.
std::string_view decision_second(const ClientOrderId& id);

}  // namespace proteus
