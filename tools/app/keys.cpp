#include "tools/app/keys.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <optional>
#include <utility>

#include "tools/app/key_file.hpp"

namespace proteus::app {
namespace {

constexpr std::size_t kKeyMax = 128;

/// The value of a variable, which then is no longer there: not for us, not for children, not for
/// who reads /proc/PID/environ. Nothing: it was not set.
std::optional<std::string> taken_from_environment(const char* name) {
  std::optional<std::string> value;
  // More than one of a name can be handed in; getenv sees the first.
  for (char* found = std::getenv(name); found != nullptr; found = std::getenv(name)) {
    if (!value) value.emplace(found);
    const std::size_t size = ::strlen(found);
    if (::unsetenv(name) != 0) break;
    ::explicit_bzero(found, size);
  }
  return value;
}

std::optional<Error> key_complaint(std::string_view key) {
  const bool plain = std::ranges::all_of(
      key, [](char c) { return c > 0x20 && c < 0x7f && c != '"' && c != '\\'; });
  if (!key.empty() && key.size() <= kKeyMax && plain) return std::nullopt;
  return error(ErrorCode::Malformed,
               fmt::format("the API key {}: give it as the venue shows it, without quotes or "
                           "blanks",
                           key.empty()            ? "is empty"
                           : key.size() > kKeyMax ? "is longer than 128 characters"
                                                  : "has characters that no key has"));
}

/// Nothing: neither variable is set.
Result<std::optional<KeyPair>> pair_from_environment() {
  auto key = taken_from_environment(kKeyVariable);
  auto secret = taken_from_environment(kSecretVariable);
  if (!key && !secret) return std::optional<KeyPair>{};
  KeyPair pair;
  if (key) pair.key = std::move(*key);
  if (secret) {
    pair.secret = *secret;
    live::wipe(*secret);
  }
  if (!key || !secret)
    return error(
        ErrorCode::NotFound,
        fmt::format("{} is set and {} is not: set both, or neither and name a file by "
                    "live.key_file",
                    key ? kKeyVariable : kSecretVariable, key ? kSecretVariable : kKeyVariable));
  return std::optional<KeyPair>{std::move(pair)};
}

}  // namespace

Result<Keys> Keys::take(const std::string& key_file) {
  BOOST_OUTCOME_TRY(std::optional<KeyPair> pair, pair_from_environment());
  if (!pair && key_file.empty())
    return error(ErrorCode::NotFound,
                 fmt::format("there is no API key: set {} and {} in the environment, or name a "
                             "file by live.key_file that only you can read (chmod 600 FILE)",
                             kKeyVariable, kSecretVariable));
  if (!pair) {
    BOOST_OUTCOME_TRY(KeyPair read, read_key_file(key_file));
    pair = std::move(read);
  }
  if (auto wrong = key_complaint(pair->key)) return *std::move(wrong);
  BOOST_OUTCOME_TRY(live::Signer signer, live::Signer::make(pair->secret));
  Keys keys;
  keys.key_ = pair->key;
  keys.signer_ = std::move(signer);
  return keys;
}

std::string Keys::masked() const { return masked_key(key_); }

std::string masked_key(std::string_view key) {
  constexpr std::size_t kShown = 4;
  return std::string(key.size() > 2 * kShown ? key.substr(0, kShown) : "") + "...";
}

void forbid_core_dumps() {
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

}  // namespace proteus::app
