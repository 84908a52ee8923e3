// What a policy earns over a period on many instruments: each is traded in trials one after the
// other, as live, and all have the same weight.
#pragma once

#include <memory>
#include <span>

#include "models/policy/actor_critic.hpp"
#include "models/training/policy_panel.hpp"

namespace proteus::learners {

struct PortfolioScore {
  std::size_t bars = 0;   ///< closing times with at least one instrument
  double sharpe = 0.0;    ///< of a year, net
  double net = 0.0;       ///< mean of a year, net, as a fraction of the capital
  double turnover = 0.0;  ///< of a year, in units of the capital
};

/// Trials start `rebuild_bars` before the first bar of the period where the series reaches back so
/// far. NaN where nothing can be traded.
PortfolioScore portfolio_score(const policy::ActorCritic& policy,
                               std::span<const std::unique_ptr<training::PolicyPanel>> panels,
                               const training::Period& period,
                               const strategies::MarketSettings& market);

}  // namespace proteus::learners
