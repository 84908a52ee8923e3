// Gradient adaptation of a policy that trades: a few steps of plain SGD from its base weights on
// bars that have passed, by the loss of return_loss.hpp. The meta-trainer trains the base with this
// very loop.
//
// What the base policy was told on those bars, its own position, profit, chances and reward
// included, is taken as recorded: the loop does not ask what an adapted policy would have been told
// in their place, in the steps as in what it says of the result. The last share of the bars is kept
// back from the steps. Nothing is changed in place; the same arguments give the same bits.
#pragma once

#include <cstddef>
#include <vector>

#include "engine/core/result.hpp"
#include "models/inference/packed_policy.hpp"
#include "models/online/return_loss.hpp"

namespace proteus::online {

/// Bars of one instrument under the base policy, in order, without a hole and within one trial.
struct Stretch {
  std::vector<float> inputs;  ///< [bars, inputs], as the base policy was told
  std::vector<float> state;   ///< [state], before the first bar; empty: a trial begins with it
  ReturnRows returns;
  std::size_t warm_up = 0;  ///< first bars, in which the memory fills: they teach nothing
};

struct AdaptSettings {
  std::size_t steps = 5;
  double rate = 0.1;      ///< of a step: weights -= rate x gradient
  double norm_max = 1.0;  ///< Euclidean length of all steps together; beyond it they are shortened
  double kink = 0.0;      ///< of the loss in the steps (ReturnRows); what is earned knows none
  double held_share =
      0.2;  ///< of the bars after the warm-up, the last: not learned from; in [0, 1)
};

/// What the steps led to. Returns are net, a bar, in units of the volatility target; a share that
/// holds no bar says 0.
struct Adapted {
  std::vector<float> weights;   ///< of the part, as Policy::with takes them
  std::size_t steps = 0;        ///< taken
  double step_norm = 0.0;       ///< length of the change, after shortening
  bool shortened = false;       ///< it was beyond norm_max
  double kl = 0.0;              ///< mean over all bars of KL(base || adapted), nats
  double support_before = 0.0;  ///< mean net return of the base where it was learned
  double support_after = 0.0;   ///< of the adapted there
  double held_base = 0.0;       ///< of the base where it was not learned
  double held_adapted = 0.0;    ///< of the adapted there
};

/// Steps of the head; the features of the trunk are computed once. In double precision but for
/// trunk, outputs and the result. Errors: Refused, with what does not fit or is not finite, where.
Result<Adapted> adapt_head(const Policy& policy, const Stretch& stretch,
                           const AdaptSettings& settings);

/// Steps of all weights, backwards through all bars to the first; the state before it stays as it
/// was. In float, with the policy's kernels. Errors: as above.
Result<Adapted> adapt_all(const inference::PackedPolicy& policy, const Stretch& stretch,
                          const AdaptSettings& settings);

/// Either, as `part` says.
Result<Adapted> adapt(const inference::PackedPolicy& policy, AdaptedPart part,
                      const Stretch& stretch, const AdaptSettings& settings);

}  // namespace proteus::online
