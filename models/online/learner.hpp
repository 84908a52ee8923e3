// From a stretch of bars to adapted weights, with what a judge needs to know of them.
#pragma once

#include "engine/core/event.hpp"
#include "engine/ports/learner.hpp"
#include "strategies/policy/policy_spec.hpp"

namespace proteus::online {

/// What of a policy's spec the learner needs; the same for all that trade together.
struct LearnMarket {
  strategies::MarketSettings market;
  Interval interval = Interval::H1;
};

/// AdaptationProposed, or AdaptationFailed with its cause. Each subject is run over the bars by
/// itself, as a trial that begins with the first (strategies/policy/policy_trial.hpp), and then
/// adapted; measures of several are means, length and divergence the largest. The last bar teaches
/// nothing: what it earned is not known yet. Pure; any thread.
EventBody learn(const LearnTask& task, const LearnMarket& market);

}  // namespace proteus::online
