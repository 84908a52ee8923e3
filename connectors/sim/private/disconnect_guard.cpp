#include "connectors/sim/private/disconnect_guard.hpp"

namespace proteus::sim {

void DisconnectGuard::set(AccountId account, Duration window, Timestamp now) {
  Watch& watch = watches_[account];
  watch.wished = window;
  watch.from = now + kUntilActive;
}

std::optional<Duration> DisconnectGuard::window(AccountId account) const {
  const auto found = watches_.find(account);
  if (found == watches_.end()) return std::nullopt;
  return found->second.wished;
}

std::vector<AccountId> DisconnectGuard::due(const std::set<AccountId>& alive, Timestamp now) {
  std::vector<AccountId> fired;
  for (auto& [account, watch] : watches_) {
    if (watch.from <= now) watch.active = watch.wished;
    if (alive.contains(account)) {
      watch.alive_at = now;
    } else if (watch.active && watch.alive_at && *watch.alive_at + *watch.active <= now) {
      watch.alive_at.reset();
      fired.push_back(account);
    }
  }
  return fired;
}

}  // namespace proteus::sim
