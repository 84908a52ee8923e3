#include "connectors/sim/private/signed_request.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "connectors/sim/private/signature.hpp"

namespace proteus::sim {
namespace {

constexpr std::int64_t kWindowUsual = 5000;  // ms, where the header is left out
constexpr std::int64_t kFutureMax = 1000;    // ms; no window widens it
constexpr std::int64_t kSignedMsMax = 9'000'000'000'000;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_name(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

Said<AccountId> owner_of(std::span<const AccountSpec> accounts, std::string_view key) {
  const auto found = std::ranges::find(accounts, key, &AccountSpec::key);
  if (found == accounts.end()) return Refusal{10003, "API key is invalid."};
  return static_cast<AccountId>(found - accounts.begin());
}

std::int64_t stretched(std::int64_t ms, double speed) {
  return static_cast<std::int64_t>(static_cast<double>(ms) * std::max(1.0, speed));
}

}  // namespace

std::optional<std::int64_t> ms_text(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || ec != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  if (value < 0 || value > kSignedMsMax) return std::nullopt;
  return value;
}

std::string_view header_of(const HttpHeaders& headers, std::string_view name) {
  for (const auto& [known, value] : headers)
    if (same_name(known, name)) return value;
  return {};
}

Said<void> check_time(const TimeRule& rule, std::int64_t timestamp, std::int64_t window) {
  if (!rule.judged) return boost::outcome_v2::success();
  const bool late = timestamp < rule.told_ms - stretched(window, rule.speed);
  const bool early = timestamp >= rule.told_ms + stretched(kFutureMax, rule.speed);
  if (!late && !early) return boost::outcome_v2::success();
  return Refusal{10002, fmt::format("invalid request, please check your server timestamp or "
                                    "recv_window param. req_timestamp[{}],server_timestamp[{}],"
                                    "recv_window[{}]",
                                    timestamp, rule.told_ms, window)};
}

Said<AccountId> check_signature(std::span<const AccountSpec> accounts, const HttpHeaders& headers,
                                const SignedCall& call, const TimeRule& rule) {
  const std::string_view key = header_of(headers, "X-BAPI-API-KEY");
  const std::string_view time_text = header_of(headers, "X-BAPI-TIMESTAMP");
  const std::string_view signature = header_of(headers, "X-BAPI-SIGN");
  const std::string_view window_text = header_of(headers, "X-BAPI-RECV-WINDOW");
  if (key.empty() || time_text.empty() || signature.empty())
    return Refusal{401, "missing authentication headers", 401};
  const auto timestamp = ms_text(time_text);
  const auto window = window_text.empty() ? std::optional(kWindowUsual) : ms_text(window_text);
  if (!timestamp) return Refusal{10001, "params error: X-BAPI-TIMESTAMP invalid"};
  if (!window) return Refusal{10001, "params error: X-BAPI-RECV-WINDOW invalid"};
  BOOST_OUTCOME_TRY(const AccountId account, owner_of(accounts, key));
  BOOST_OUTCOME_TRY(check_time(rule, *timestamp, *window));
  std::string origin;
  origin.append(time_text).append(key).append(window_text);
  origin.append(call.post ? call.body : call.query);
  if (!same_signature(hmac_sha256_hex(accounts[account].secret, origin), signature))
    return Refusal{10004, fmt::format("error sign! origin_string[{}]", origin)};
  return account;
}

Said<AccountId> check_login(std::span<const AccountSpec> accounts, std::string_view key,
                            std::string_view expires, std::string_view signature,
                            const TimeRule& rule) {
  const auto until = ms_text(expires);
  if (!until) return Refusal{10001, "params error: expires invalid"};
  BOOST_OUTCOME_TRY(const AccountId account, owner_of(accounts, key));
  if (rule.judged && *until <= rule.told_ms)
    return Refusal{
        10002, fmt::format("expires {} is not after the server's time {}", *until, rule.told_ms)};
  const std::string origin = fmt::format("GET/realtime{}", expires);
  if (!same_signature(hmac_sha256_hex(accounts[account].secret, origin), signature))
    return Refusal{10004, "error sign!"};
  return account;
}

}  // namespace proteus::sim
