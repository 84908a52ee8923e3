// Proximal policy optimisation over whole trials: with a core that remembers, RL² (Duan et al.
// 2016; Wang et al. 2016); with one that does not, the plain baseline. What matters and is done
// here:
//
//   returns and advantages run across the inner episodes of a trial (gae.hpp); a terminated end
//   stops
//     the bootstrap, a truncated one takes the value of the state that would have come
//   minibatches are whole sequences of some environments, rebuilt from the stored start
//   several epochs; clipped ratio; the rest of a rollout's updates is left when KL passes its limit
//   advantages have mean 0 and deviation 1 over the whole batch of tasks
//   rewards are divided by the running deviation of the return
//   gradient norm at most 0.5; Adam with epsilon 1e-5; its rate falls to zero, entropy's share too
//   what is not finite is named, its update left out and counted; three in a row end the run
//
// Several processes (Group) learn as one with all their environments would: gradients, moments,
// the look at KL and at what is not finite, and what is told are those of all ranks.
//
// The same seed, settings, ranks and count of threads give the same parameters, bit for bit, also
// across a break (archive).
// Thread: one owner.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "engine/core/result.hpp"
#include "models/learners/adam.hpp"
#include "models/learners/belief_loss.hpp"
#include "models/learners/ppo_loss.hpp"
#include "models/learners/rollout.hpp"
#include "models/learners/weight_loss.hpp"

namespace proteus::learners {

struct PpoSettings {
  std::int64_t rollout_steps = 600;
  std::int64_t epochs = 4;
  std::int64_t minibatches = 4;
  double gamma = 0.99;
  double lambda = 0.95;
  bool cut_at_episodes = false;
  double clip = 0.2;
  double value_share = 0.5;
  double entropy_start = 0.01;
  double entropy_end = 0.0;
  double rate = 3e-4;
  bool anneal_rate = true;
  double kl_stop = 0.03;
  double gradient_norm = 0.5;
  bool scale_returns = true;
  double belief_share = 0.0;

  static constexpr auto settings() {
    using P = PpoSettings;
    return std::tuple{
        setting("rollout_steps", &P::rollout_steps, "steps of each environment before an update", 1,
                1e6),
        setting("epochs", &P::epochs, "times that a rollout is learned from", 1, 100),
        setting("minibatches", &P::minibatches, "parts of the environments, each an update", 1,
                4096),
        setting("gamma", &P::gamma, "of the reward one step later", 0, 1),
        setting("lambda", &P::lambda, "of generalised advantages", 0, 1),
        setting("cut_at_episodes", &P::cut_at_episodes,
                "credit ends with inner episodes; takes away the reason to explore"),
        setting("clip", &P::clip, "of the ratio of chances, each way", 0.01, 1),
        setting("value_share", &P::value_share, "of the value's loss", 0, 10),
        setting("entropy_start", &P::entropy_start, "share of the entropy at the start", 0, 10),
        setting("entropy_end", &P::entropy_end, "and at the end, linearly between them", 0, 10),
        setting("rate", &P::rate, "of Adam at the start", 1e-7, 1),
        setting("anneal_rate", &P::anneal_rate, "the rate falls to zero over the run"),
        setting("kl_stop", &P::kl_stop, "a rollout's updates end beyond this divergence, in nats",
                1e-4, 1e3),
        setting("gradient_norm", &P::gradient_norm, "what a longer gradient is cut to", 1e-3, 1e3),
        setting("scale_returns", &P::scale_returns,
                "rewards are divided by the running deviation of the return"),
        setting("belief_share", &P::belief_share,
                "of what the belief about the task foretells wrongly, in the loss; 0: not learned",
                0, 10)};
  }
};

/// A policy that says one thing only, in one of three ways. Right at the end of some tasks, wrong
/// at the start of all.
struct Collapse {
  bool entropy = false;   ///< below a hundredth of ln(actions)
  bool turnover = false;  ///< fewer than 1 of 1000 steps change the action
  bool exposure = false;  ///< one action takes more than 995 of 1000 steps
};

/// Of one rollout and what was learned from it; losses are means over its updates.
struct PpoMetrics {
  double policy_loss = 0.0;
  double value_loss = 0.0;
  double entropy = 0.0;  ///< nats
  double total_loss = 0.0;
  double belief_loss = 0.0;  ///< 0 where nothing is believed
  double kl = 0.0;
  double clip_fraction = 0.0;
  double explained_variance = 0.0;
  double gradient_norm = 0.0;  ///< before it is cut
  double reward = 0.0;         ///< mean of a step, as the environment pays
  double trial_return = 0.0;   ///< mean over `trials`; 0 without any
  std::int64_t trials = 0;     ///< that ended in this rollout
  double turnover = 0.0;       ///< share of steps whose action is not that of the one before;
                               ///< a weight counts as the nearest of -1, 0 and 1
  double busiest = 0.0;        ///< share of the most frequent action
  Collapse collapse;
  std::int64_t updates = 0;
  std::int64_t skipped = 0;  ///< updates left out for what was not finite
  std::string fault;         ///< the last such thing, in words; empty: none
  std::int64_t steps = 0;    ///< of all environments since the start of training
};

/// Where it learns.
struct PpoPlace {
  Group* group = nullptr;  ///< must outlive the learner; null: alone
  /// Where sequences are computed; acting, Adam and the parameters are on the CPU.
  torch::Device device = torch::kCPU;
};

class Ppo {
 public:
  /// `policy` and `env` must outlive it. `total_steps`: of all environments together; the rates
  /// fall over them. In a group `env` becomes environments [rank n, (rank + 1) n) of all. Errors:
  /// OutOfRange (more minibatches than environments, a policy of other widths, ranks that differ in
  /// environments or parameters), those of Group.
  static Result<std::unique_ptr<Ppo>> create(policy::ActorCritic& policy, VectorEnv& env,
                                             const InputSettings& inputs,
                                             const PpoSettings& settings, std::int64_t total_steps,
                                             std::uint64_t seed, const PpoPlace& place = {});

  /// One rollout, learned from. Errors: Refused, when three in a row had something that was not
  /// finite; the parameters are then those of the last good update. Those of Group.
  Result<PpoMetrics> iterate();
  /// Until total_steps; `told` hears of each. Errors: those of iterate.
  Result<void> run(const std::function<void(const PpoMetrics&)>& told = {});

  [[nodiscard]] bool done() const { return steps_ >= total_steps_; }
  [[nodiscard]] const Inputs& inputs() const { return inputs_; }
  [[nodiscard]] const PpoSettings& settings() const { return settings_; }
  [[nodiscard]] std::int64_t steps() const { return steps_; }
  [[nodiscard]] std::int64_t total_steps() const { return total_steps_; }
  /// Of Adam in the next update.
  [[nodiscard]] double rate() const;

  /// Policy, environments and all that is between them, of this rank.
  void archive(Archive& a);

 private:
  Ppo(policy::ActorCritic& policy, VectorEnv& env, const InputSettings& inputs,
      const PpoSettings& settings, std::int64_t total_steps, std::uint64_t seed,
      const PpoPlace& place);
  Result<void> prepare();
  [[nodiscard]] bool believes() const;
  void ask(std::int64_t epoch);
  Result<float> reward_scale();
  Result<bool> is_sound(PpoMetrics& metrics);
  void drop_rollout();
  Result<void> advantages(PpoMetrics& metrics);
  Result<void> count_actions(PpoMetrics& metrics);
  Result<void> learn(PpoMetrics& metrics);
  Result<bool> update(std::span<const std::int64_t> part, PpoMetrics& metrics);
  /// The rows of a minibatch, along a dimension.
  using Cut = std::function<torch::Tensor(const torch::Tensor&, std::int64_t)>;
  Result<double> backward_with_belief(const torch::Tensor& outputs, const torch::Tensor& by_outputs,
                                      const torch::Tensor& features, const Cut& cut);
  Result<bool> share_loss(PpoLoss& loss, PpoMetrics& metrics);
  Result<double> share_gradient(PpoMetrics& metrics);
  /// Over all ranks; alone, nothing happens.
  Result<void> sum(std::span<double> numbers, std::string_view what);
  [[nodiscard]] double ranks() const { return group_ ? static_cast<double>(group_->size()) : 1.0; }
  [[nodiscard]] double progress() const;

  policy::ActorCritic& policy_;
  VectorEnv& env_;
  PpoSettings settings_;
  Group* group_;
  torch::Device device_;
  std::int64_t total_steps_;
  std::int64_t steps_ = 0;
  int faults_in_a_row_ = 0;
  Inputs inputs_;
  Actor actor_;
  ReturnScale scale_;
  Rollout rollout_;
  std::uint64_t seed_;         ///< of the questions
  BeliefQuestions questions_;  ///< of the running epoch
  float reward_scale_ = 1.0F;  ///< of its rollout, for the questions
  Adam adam_;
  market::Random shuffle_;
  std::vector<float> advantages_;
  std::vector<float> returns_;
  std::vector<float> trial_sums_;  ///< of the running trials' rewards
  std::vector<std::int32_t> last_actions_;
};

/// Numbers that a policy for this environment says beside the value.
std::int64_t numbers_said(const VectorEnv& env);
/// Inputs that a policy for this environment has.
std::int64_t input_width(const InputSettings& settings, const VectorEnv& env);

}  // namespace proteus::learners
