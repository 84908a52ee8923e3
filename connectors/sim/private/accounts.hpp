// Who may trade at the simulated exchange: accounts as the settings name them.
#pragma once

#include <string>
#include <vector>

#include "engine/core/fixed.hpp"
#include "engine/core/result.hpp"

namespace proteus::sim {

/// What an account's key may, and what its owner has been granted.
struct AccountRights {
  bool read_only = false;
  bool withdraw = false;
  bool guarded = false;        ///< disconnect protection
  std::size_t per_second = 0;  ///< raises the limit of every path to this; 0: as for anybody
  std::string ip;              ///< the only address that the key is good for; empty: any
  std::string expires;         ///< a date; empty: never
};

/// One account with its API key. The secret of a simulated account guards nothing.
struct AccountSpec {
  std::string key;
  std::string secret;
  Money start;  ///< wallet balance at the start, USDT
  AccountRights rights;
};

/// Position of an account in the settings.
using AccountId = std::size_t;

/// The most that an account may start with, USDT: books of 1e-9 hold what it can trade.
inline constexpr std::int64_t kAccountStartMax = 10'000'000;

/// Each text is "KEY:SECRET:USDT", and after that, each behind a colon, any of readonly, withdraw,
/// dcp, fast=N (1 to 100000), ip=ADDRESS, expires=DATE. Errors: Malformed (not three parts, a key
/// or secret that is empty or has other characters than letters, digits, '-' and '_', one key
/// twice, another option), OutOfRange (a start that is no amount from 0 to 10 million).
Result<std::vector<AccountSpec>> parse_accounts(const std::vector<std::string>& texts);

}  // namespace proteus::sim
