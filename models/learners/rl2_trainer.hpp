// RL² on markets as `proteus train` drives it (models/runs/trainer.hpp): the market environment,
// tasks from the training period, proximal policy optimisation over whole trials, and now and then
// a look at the validation period. With a core that has no memory it is the plain baseline of the
// same code, which the command line calls "ppo".
//
// Figures of an iteration, in this order: loss/policy, loss/value, loss/total, loss/belief,
// entropy, kl, clip_fraction, explained_variance, gradient_norm, reward, trial_return, turnover,
// busiest, collapse/entropy, collapse/turnover, collapse/exposure, skipped, rate,
// validation/return, validation/standard_error. A collapse is 1 or 0; `rate` is Adam's;
// `validation/return` is what an episode of the validation period earns on its capital, net of
// fees, slippage and funding, with the policy's likeliest actions and frozen moments: always the
// same tasks, and none of training's random numbers.
#pragma once

#include <memory>

#include "models/learners/process_group.hpp"
#include "models/learners/rl2_settings.hpp"
#include "models/runs/data.hpp"
#include "models/runs/trainer.hpp"

namespace proteus::learners {

/// `group`, if not null, must outlive it; it then has environments [rank n, (rank + 1) n) of all
/// and learns from all of them, and its archive holds this rank's. Errors: NotFound (no trial fits
/// into the training or the validation period), Unsupported (features of the series that differ,
/// cuda without any, continuous weights), OutOfRange (settings that do not fit each other).
Result<std::unique_ptr<runs::Trainer>> make_rl2_trainer(const Rl2Settings& settings,
                                                        const runs::Data& data, std::uint64_t seed,
                                                        Group* group = nullptr);

}  // namespace proteus::learners
