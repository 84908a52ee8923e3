#include "connectors/sim/private/accounts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>

namespace proteus::sim {
namespace {

constexpr std::size_t kKeyCharactersMax = 64;
constexpr std::size_t kPerSecondMax = 100'000;

bool plain_word(std::string_view text) {
  return !text.empty() && text.size() <= kKeyCharactersMax && std::ranges::all_of(text, [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  });
}

/// The secret is not repeated: settings of a real account may have been pasted by mistake.
Error bad_account(ErrorCode code, std::size_t at, std::string_view why) {
  return error(code, fmt::format("sim.accounts, entry {}: {}; write \"KEY:SECRET:USDT\", letters, "
                                 "digits, - and _ in key and secret, and after them any of "
                                 ":readonly :withdraw :dcp :fast=N :ip=ADDRESS :expires=DATE",
                                 at + 1, why));
}

/// "" of "word", "5" of "word=5" where `key` is "word"; nothing: another word.
std::optional<std::string_view> option_named(std::string_view text, std::string_view key) {
  if (!text.starts_with(key)) return std::nullopt;
  text.remove_prefix(key.size());
  if (text.empty()) return text;
  if (!text.starts_with('=') || text.size() == 1) return std::nullopt;
  return text.substr(1);
}

/// False: there is no such option.
bool take_option(AccountRights& rights, std::string_view text) {
  for (const auto& [key, flag] : {std::pair{"readonly", &AccountRights::read_only},
                                  {"withdraw", &AccountRights::withdraw},
                                  {"dcp", &AccountRights::guarded}}) {
    if (text != key) continue;
    rights.*flag = true;
    return true;
  }
  for (const auto& [key, field] :
       {std::pair{"ip", &AccountRights::ip}, {"expires", &AccountRights::expires}}) {
    const auto value = option_named(text, key);
    if (!value || value->empty()) continue;
    rights.*field = *value;
    return true;
  }
  const auto fast = option_named(text, "fast");
  if (!fast) return false;
  const auto [end, ec] =
      std::from_chars(fast->data(), fast->data() + fast->size(), rights.per_second);
  return ec == std::errc{} && end == fast->data() + fast->size() && rights.per_second > 0 &&
         rights.per_second <= kPerSecondMax;
}

std::vector<std::string_view> parts_of(std::string_view text) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t at = text.find(':');
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

}  // namespace

Result<std::vector<AccountSpec>> parse_accounts(const std::vector<std::string>& texts) {
  std::vector<AccountSpec> accounts;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const auto parts = parts_of(texts[i]);
    if (parts.size() < 3) return bad_account(ErrorCode::Malformed, i, "it has not three parts");
    AccountSpec account;
    account.key = parts[0];
    account.secret = parts[1];
    if (!plain_word(account.key) || !plain_word(account.secret))
      return bad_account(ErrorCode::Malformed, i, "its key or secret is no word");
    for (std::size_t part = 3; part < parts.size(); ++part)
      if (!take_option(account.rights, parts[part]))
        return bad_account(ErrorCode::Malformed, i, "an option behind its USDT is none");
    const auto start = Money::parse(parts[2]);
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
