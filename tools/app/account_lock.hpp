// One live daemon an account: two would each count the other's fills as a stranger's. And one
// guard.
#pragma once

#include <string_view>

#include "connectors/storage/file.hpp"
#include "engine/core/result.hpp"

namespace proteus::app {

enum class AccountUse : std::uint8_t { Trade, Guard };

/// Held until it is destroyed, also by the end of the process. It binds this machine alone.
class AccountLock {
 public:
  /// An account is its key at its venue. Errors: Busy, with the process that holds it; Io.
  static Result<AccountLock> take(std::string_view key, std::string_view venue,
                                  AccountUse use = AccountUse::Trade);

 private:
  explicit AccountLock(storage::Descriptor held) : held_(std::move(held)) {}
  storage::Descriptor held_;
};

}  // namespace proteus::app
