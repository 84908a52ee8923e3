// All settings of a policy that is trained to trade (market_policy_trainer.hpp).
#pragma once

#include "models/learners/head_adaptation.hpp"
#include "models/learners/market_objective.hpp"
#include "models/policy/actor_critic.hpp"
#include "models/training/task_sampler.hpp"
#include "strategies/policy/policy_spec.hpp"

namespace proteus::learners {

struct MarketPolicySettings {
  policy::ActorCriticSettings policy;  ///< with policy.core, which has settings of its own
  strategies::MarketSettings market;
  ObjectiveSettings objective;
  AdaptationSettings adaptation;
  // Its own.
  std::int64_t environments = 32;
  std::int64_t steps = 4'000'000;
  std::int64_t spacing = 24;
  training::Balance balance = training::Balance::Series;
  double rate = 1e-3;
  double weight_decay = 0.0;
  double gradient_norm = 0.5;
  double input_noise = 0.0;
  bool mirror = true;
  std::int64_t validate_every = 20;

  static constexpr auto settings() {
    using M = MarketPolicySettings;
    return std::tuple{
        setting("environments", &M::environments, "trials of an iteration", 1, 65'536),
        setting("steps", &M::steps, "bars of all trials together", 1, 1e12),
        setting("spacing", &M::spacing, "bars between the starts that trials may have", 1,
                1'000'000),
        setting("balance", &M::balance,
                "what is drawn alike: none (every start), series, interval or regime"),
        setting("rate", &M::rate, "of Adam at the start; it falls to zero", 1e-8, 1.0),
        setting("weight_decay", &M::weight_decay,
                "share of the weights that a step takes, times the rate (Loshchilov, Hutter 2019)",
                0.0, 10.0),
        setting("gradient_norm", &M::gradient_norm, "longest gradient", 1e-6, 1e6),
        setting("input_noise", &M::input_noise,
                "deviation of what is added to each scaled feature in training", 0.0, 10.0),
        setting("mirror", &M::mirror,
                "every second trial is the one before with every return turned: what rose falls, "
                "so that the policy learns no side by heart"),
        setting("validate_every", &M::validate_every,
                "iterations between looks at the validation period; 0: never", 0, 1e9)};
  }
};

}  // namespace proteus::learners
