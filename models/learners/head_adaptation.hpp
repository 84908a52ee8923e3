// Meta-training of the head (MAML: Finn, Abbeel, Levine 2017; of the last layer alone: Raghu et al.
// 2020) with the very inner loop that a trading policy runs: on the first bars of a trial that
// count, the support, K plain gradient steps lower minus the mean expected net return; the bars
// after them, the query, are judged with the head that came of it. The outer gradient goes through
// the inner steps, to the head they started from and to the features they worked on.
#pragma once

#include <torch/types.h>

#include "models/learners/market_objective.hpp"

namespace proteus::learners {

struct AdaptationSettings {
  std::int64_t inner_steps = 0;
  double inner_rate = 1.0;
  std::int64_t support_bars = 200;
  double share = 0.5;

  static constexpr auto settings() {
    using A = AdaptationSettings;
    return std::tuple{
        setting("inner_steps", &A::inner_steps,
                "gradient steps of the head on a trial's support; 0: it is not trained to adapt", 0,
                100),
        setting("inner_rate", &A::inner_rate, "rate of these steps, in units of the target", 1e-6,
                1e4),
        setting("support_bars", &A::support_bars, "bars that they learn from", 10, 100'000),
        setting("share", &A::share,
                "weight of the adapted head's objective beside that of the head as it is", 0.0,
                1.0)};
  }
};

/// Net returns of decisions, in units, by the same formula as market_objective: logits [steps,
/// trials, >= 3] to [steps - 1, trials]. Differentiable, twice too.
torch::Tensor net_returns(const torch::Tensor& logits, const TrialRows& rows);

struct AdaptedObjective {
  torch::Tensor objective;      ///< of the query, with the adapted heads; to be raised
  double support_before = 0.0;  ///< mean net return of the support, in units
  double support_after = 0.0;
  double query_before = 0.0;
  double query_after = 0.0;
};

/// features: [steps, trials, width]; weight: [outputs, width]; bias: [outputs]. The query begins
/// one bar after the support's last reward is known.
AdaptedObjective adapted_objective(const torch::Tensor& features, const torch::Tensor& weight,
                                   const torch::Tensor& bias, const TrialRows& rows,
                                   const ObjectiveSettings& objective,
                                   const AdaptationSettings& settings);

}  // namespace proteus::learners
