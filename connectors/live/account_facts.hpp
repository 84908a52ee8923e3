// What the venue says of a key and its account, and whether a live run may begin with it.
#pragma once

#include <string>
#include <vector>

#include "connectors/live/account_rows.hpp"
#include "connectors/live/settings.hpp"

namespace proteus::live {

struct AccountFacts {
  KeyInfo key;
  AccountInfo account;
  std::vector<FeeRow> fees;  ///< of our instruments; empty: the venue tells none (demo)
};

/// Control 31 and what orders take for granted. Errors: Refused, with what to do: a key that can
/// withdraw, that may not trade, or that has run out; an account that is not unified, or in
/// portfolio or isolated margin.
Result<void> check_account(const AccountFacts& facts, const InstrumentTable& instruments,
                           Timestamp now);

}  // namespace proteus::live
