// MAML for policies: from the base one or a few policy-gradient steps on a task's own rollouts give
// a policy for that task, and the base is moved so that these adapted policies earn more.
//
//   inner   gaussian.hpp's surrogate on rollouts of the policy it starts from
//   outer   PPO-clipped surrogate of the adapted policies' own rollouts, its gradient passed back
//           through the inner steps; several epochs on the same rollouts, in which the inner steps
//           are taken anew from the base as it then is (Rothfuss et al. 2019, algorithm 1)
//
// What is not finite is named, skipped and counted, and three in a row are an error. Thread: one
// owner. Same seed, settings and worlds: the same bits.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/core/result.hpp"
#include "engine/core/settings.hpp"
#include "models/maml/adam.hpp"
#include "models/maml/gaussian.hpp"
#include "models/maml/inner_loop.hpp"
#include "models/maml/return_baseline.hpp"

namespace proteus::maml {

/// What a rollout is for: to adapt on, or to judge by.
enum class Part : std::uint8_t { Support, Query };

/// One task, as many trajectories of it side by side as are asked for.
class World {
 public:
  virtual ~World() = default;
  /// All trajectories start anew, where this part of the task lies. `observations`:
  /// [trajectories, columns].
  virtual void begin(Part part, std::size_t trajectories, std::span<float> observations) = 0;
  /// `actions`: [trajectories, dimensions], any real numbers.
  virtual void step(std::span<const float> actions, std::span<float> rewards,
                    std::span<float> observations) = 0;
  /// [trajectories]: 1 where a trajectory is over. What it does from there on earns 0 and teaches
  /// nothing. Empty: none ends before the horizon.
  [[nodiscard]] virtual std::span<const std::uint8_t> over() const { return {}; }
};

struct PolicyLearnerSettings {
  std::int64_t inner_steps = 1;
  double inner_rate = 0.1;
  double later_inner_rate = 0.05;
  std::int64_t trajectories = 20;
  std::int64_t horizon = 100;
  double gamma = 0.99;
  double lambda = 1.0;
  double outer_rate = 0.001;
  double deviation_rate = 0.01;
  std::int64_t anneal_steps = 0;
  std::int64_t epochs = 1;
  double clip = 0.2;
  double gradient_norm_max = 1.0;
  double deviation = 1.0;
  double deviation_min = 0.01;

  static constexpr auto settings() {
    using P = PolicyLearnerSettings;
    return std::tuple{
        setting("inner_steps", &P::inner_steps, "adaptation steps in training", 1, 10),
        setting("inner_rate", &P::inner_rate, "rate of the first adaptation step", 1e-6, 10.0),
        setting("later_inner_rate", &P::later_inner_rate, "rate of the others", 1e-6, 10.0),
        setting("trajectories", &P::trajectories, "of a task, before and after each step", 1,
                10'000),
        setting("horizon", &P::horizon, "steps of a trajectory", 1, 100'000),
        setting("gamma", &P::gamma, "of a reward one step later", 0.0, 1.0),
        setting("lambda", &P::lambda, "of generalised advantages", 0.0, 1.0),
        setting("outer_rate", &P::outer_rate, "Adam's rate", 1e-7, 1.0),
        setting("deviation_rate", &P::deviation_rate,
                "Adam's rate for the log deviations, which have to travel further", 1e-7, 1.0),
        setting("anneal_steps", &P::anneal_steps,
                "outer updates over which both rates fall to 0 along a straight line; 0: they stay",
                0, 1'000'000'000),
        setting("epochs", &P::epochs, "outer updates on the same rollouts", 1, 100),
        setting("clip", &P::clip, "of the outer surrogate's ratio", 0.01, 1.0),
        setting("gradient_norm_max", &P::gradient_norm_max,
                "a meta-gradient of a greater norm is scaled down to it", 1e-6, 1e9),
        setting("deviation", &P::deviation, "of the actions, at the start", 1e-3, 100.0),
        setting("deviation_min", &P::deviation_min, "the actions' deviation falls no lower", 1e-6,
                100.0)};
  }
};

/// Row t * trajectories + i, t the step.
struct Rollout {
  std::vector<float> observations;
  std::vector<float> actions;
  std::vector<float> log_densities;
  std::vector<float> rewards;
  std::vector<float> advantages;
  std::vector<std::uint8_t> live;  ///< 0 in rows after a trajectory's end
  double mean_return = 0.0;        ///< undiscounted, over the trajectories
};

struct PolicyStepReport {
  std::vector<double> returns;  ///< after 0, 1, ... inner steps, mean over the tasks
  double surrogate = 0.0;       ///< outer loss of the last epoch
  double gradient_norm = 0.0;
  bool skipped = false;
  std::string reason;
};

class PolicyLearner {
 public:
  /// `net`: outputs are the actions' means, as many free parameters their log deviations. Errors:
  /// OutOfRange for a network without them and for settings beyond their limits.
  static Result<PolicyLearner> create(const PolicyLearnerSettings& settings, Mlp net,
                                      std::uint64_t seed);

  [[nodiscard]] const Mlp& net() const { return inner_.net(); }
  [[nodiscard]] std::span<const float> base() const { return base_; }
  [[nodiscard]] std::uint64_t skipped() const { return skipped_; }

  /// One outer iteration over these tasks. Errors: Refused, where this is the third in a row whose
  /// numbers are not finite.
  Result<PolicyStepReport> step(std::span<const std::unique_ptr<World>> worlds);
  /// Mean returns on the query part, of the base and after each of `steps` adaptation steps on the
  /// support part. Neither the base nor the learner's own random numbers move.
  std::vector<double> adapted_returns(World& world, std::size_t steps, market::Random& random);

  /// All that outlives an iteration, for checkpoints: means' weights and log deviations; Adam of
  /// the weights and of the deviations.
  [[nodiscard]] const PolicyLearnerSettings& settings() const { return settings_; }
  [[nodiscard]] const Adam<float>& optimiser() const { return adam_; }
  [[nodiscard]] const Adam<float>& deviation_optimiser() const { return deviation_adam_; }
  /// Errors: OutOfRange for other sizes than this learner has.
  Result<void> restore(std::span<const float> base, AdamState<float> optimiser,
                       AdamState<float> deviation_optimiser);
  /// The same, with the random numbers and what was counted. Reading fails for another network.
  void archive(Archive& a);

 private:
  /// What a task leaves for the outer epochs.
  struct TaskData {
    std::vector<Rollout> rollouts;  // before each inner step, then of the adapted policy
  };
  PolicyLearner(const PolicyLearnerSettings& settings, Mlp net, std::uint64_t seed);
  void roll_out(World& world, Part part, std::span<const float> parameters, market::Random& random,
                Rollout& out);
  [[nodiscard]] std::span<const float> rates(std::size_t step) const {
    return step == 0 ? first_rates_ : later_rates_;
  }
  [[nodiscard]] GaussianSurrogate<float> surrogate(const Rollout& rollout,
                                                   std::optional<float> clip = {}) const;
  void collect(World& world, TaskData& data, std::vector<double>& returns);
  double add_gradient(const TaskData& data);
  Result<bool> update(PolicyStepReport& report);
  void keep_deviation();
  [[nodiscard]] double rate_share() const;

  PolicyLearnerSettings settings_;
  InnerLoop<float> inner_;
  std::vector<float> base_;
  std::vector<float> first_rates_;
  std::vector<float> later_rates_;
  Adam<float> adam_;  // of the weights, and of the log deviations
  Adam<float> deviation_adam_;
  market::Random random_;
  std::vector<TaskData> tasks_;
  std::vector<float> gradient_;
  std::vector<float> cotangent_;
  Tape<float> tape_;
  std::uint64_t skipped_ = 0;
  std::uint64_t skipped_in_a_row_ = 0;
};

}  // namespace proteus::maml
