// Disconnect protection: when the last private connection that asked for it has been dead for a
// window of venue time, the account's orders are cancelled.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <vector>

#include "connectors/sim/private/accounts.hpp"
#include "engine/core/time.hpp"

namespace proteus::sim {

class DisconnectGuard {
 public:
  static constexpr Duration kUntilActive = std::chrono::seconds{10};

  /// A window takes effect a little later; until then the one before holds.
  void set(AccountId account, Duration window, Timestamp now);
  /// The window last set; nothing: none was.
  [[nodiscard]] std::optional<Duration> window(AccountId account) const;
  /// `alive`: accounts with a connection that asked for protection, at `now`. Gives those whose
  /// orders are to be cancelled, once for each time that their connections died.
  std::vector<AccountId> due(const std::set<AccountId>& alive, Timestamp now);

 private:
  struct Watch {
    std::optional<Duration> active;
    Duration wished{};
    Timestamp from{};                   // of the wish
    std::optional<Timestamp> alive_at;  // the last instant; nothing: none since it fired
  };
  std::map<AccountId, Watch> watches_;
};

}  // namespace proteus::sim
