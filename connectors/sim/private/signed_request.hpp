// Whether a signed request is what it says it is: key, time, signature. Bytes are checked as they
// came; nothing is parsed and written again.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "connectors/sim/private/accounts.hpp"
#include "connectors/sim/private/said.hpp"
#include "connectors/sim/sim_io.hpp"

namespace proteus::sim {

/// The venue's clock as its time rule sees it. A client of an accelerated exchange ages by the
/// speed: both sides of the rule are stretched by it, never shrunk. `judged` false (paced time
/// waits for its reader): a timestamp has to be there but may be any.
struct TimeRule {
  std::int64_t told_ms = 0;
  double speed = 1.0;
  bool judged = true;
};

/// What is signed: method, path and query of the request line, body.
struct SignedCall {
  bool post = false;
  std::string_view query;  ///< as sent, without '?'
  std::string_view body;
};

/// Value of the first header of that name, whatever its case; empty when there is none.
std::string_view header_of(const HttpHeaders& headers, std::string_view name);

/// Milliseconds since 1970 as decimal digits; nothing if it is anything else.
std::optional<std::int64_t> ms_text(std::string_view text);

/// server - window <= timestamp < server + 1000, in ms, stretched by the speed. Refusal: 10002.
Said<void> check_time(const TimeRule& rule, std::int64_t timestamp, std::int64_t window);

/// The account that signed. Refusals: HTTP 401 (a header is missing), 10001 (a time that is no
/// number), 10003 (unknown key), 10002, 10004 (signature).
Said<AccountId> check_signature(std::span<const AccountSpec> accounts, const HttpHeaders& headers,
                                const SignedCall& call, const TimeRule& rule);

/// The account that signed `"GET/realtime" + expires`, for websockets; 10003, 10004, or 10002 when
/// `expires` is not in the future.
Said<AccountId> check_login(std::span<const AccountSpec> accounts, std::string_view key,
                            std::string_view expires, std::string_view signature,
                            const TimeRule& rule);

}  // namespace proteus::sim
