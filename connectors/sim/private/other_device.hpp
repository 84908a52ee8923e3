// What the owner of an account does by another device, behind the back of the client under test:
// trades, leverage, position mode; and what he sees there, without limits or faults.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "connectors/sim/private/exchange_core.hpp"
#include "connectors/sim/text.hpp"

namespace proteus::sim {

struct OtherDevice {
  const Market& market;
  MarketView& view;
  ExchangeCore& core;
  std::span<const AccountSpec> accounts;
  Timestamp now;
};

/// True: a path of this.
bool is_for_account(std::string_view path);

/// Each takes `key` (an account's; left out: the first) and `symbol`:
///   /sim/trade          side, qty; price for a limit order; link: its orderLinkId
///   /sim/leverage       leverage
///   /sim/position-mode  mode, 0 or 3
///   /sim/account        no symbol: {"now":ms,"wallet":..,"positions":[..],"orders":[..]}, rows as
///   by
///                       REST, of one moment: positions that are held, orders that are open
/// Gives the JSON of the order's ids, or {}. Refusals: 10003 (key), 10001 and what the same request
/// meets by REST.
Said<std::string> act_for_account(std::string_view path, const Query& query,
                                  const OtherDevice& device);

}  // namespace proteus::sim
