#include "connectors/live/account_facts.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace proteus::live {

Result<void> check_account(const AccountFacts& facts, const InstrumentTable& instruments,
                           Timestamp now) {
  const KeyInfo& key = facts.key;
  if (key.can_withdraw)
    return error(ErrorCode::Refused,
                 "the API key may withdraw or transfer money: whoever gets hold of it takes the "
                 "account; make a key that may only trade, and revoke this one");
  if (key.read_only)
    return error(ErrorCode::Refused,
                 "the API key may only read: make one that may trade contracts");
  const auto any = [&](Category category) {
    return std::ranges::any_of(instruments,
                               [&](const Instrument& i) { return i.category == category; });
  };
  if (any(Category::Linear) && !key.can_trade_derivatives)
    return error(ErrorCode::Refused,
                 "the API key may not trade contracts (permission ContractTrade): it lacks orders "
                 "or positions");
  if (any(Category::Spot) && !key.can_trade_spot)
    return error(ErrorCode::Refused, "the API key may not trade spot (permission SpotTrade)");
  if (key.expires != Timestamp{} && key.expires <= now)
    return error(ErrorCode::Refused,
                 fmt::format("the API key ran out on {}", format_time(key.expires)));
  constexpr int kUnified = 3;
  if (facts.account.unified_status < kUnified)
    return error(ErrorCode::Refused,
                 fmt::format("the account is not a unified one (unifiedMarginStatus {})",
                             facts.account.unified_status));
  if (facts.account.margin_mode.view() != "REGULAR_MARGIN")
    return error(ErrorCode::Refused,
                 fmt::format("the account's margin mode is {}: proteus knows cross margin "
                             "(REGULAR_MARGIN) alone; set it at the venue",
                             facts.account.margin_mode.view()));
  return success();
}

}  // namespace proteus::live
