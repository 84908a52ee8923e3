#include "connectors/sim/private/accounts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace proteus::sim {
namespace {

constexpr std::size_t kKeyCharactersMax = 64;

bool plain_word(std::string_view text) {
  return !text.empty() && text.size() <= kKeyCharactersMax && std::ranges::all_of(text, [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  });
}

/// The secret is not repeated: settings of a real account may have been pasted by mistake.
Error bad_account(ErrorCode code, std::size_t at, std::string_view why) {
  return error(code, fmt::format("sim.accounts, entry {}: {}; write \"KEY:SECRET:USDT\", letters, "
                                 "digits, - and _ in key and secret",
                                 at + 1, why));
}

}  // namespace

Result<std::vector<AccountSpec>> parse_accounts(const std::vector<std::string>& texts) {
  std::vector<AccountSpec> accounts;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const std::string_view text = texts[i];
    const std::size_t first = text.find(':');
    const std::size_t second = first == std::string_view::npos ? first : text.find(':', first + 1);
    if (second == std::string_view::npos)
      return bad_account(ErrorCode::Malformed, i, "it has not three parts");
    AccountSpec account;
    account.key = text.substr(0, first);
    account.secret = text.substr(first + 1, second - first - 1);
    if (!plain_word(account.key) || !plain_word(account.secret))
      return bad_account(ErrorCode::Malformed, i, "its key or secret is no word");
    const auto start = Money::parse(text.substr(second + 1));
    if (!start || start.value() < Money{} ||
        start.value() > Money::from_raw(kAccountStartMax * kFixedScale))
      return bad_account(ErrorCode::OutOfRange, i,
                         "its USDT at the start are no amount from 0 to 10000000");
    account.start = start.value();
    for (const AccountSpec& other : accounts)
      if (other.key == account.key)
        return bad_account(ErrorCode::Malformed, i, "its key is another account's");
    accounts.push_back(std::move(account));
  }
  return accounts;
}

}  // namespace proteus::sim
