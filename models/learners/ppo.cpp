#include "models/learners/ppo.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <numeric>

namespace proteus::learners {

using torch::Tensor;

namespace {

void shuffle(std::vector<std::int64_t>& order, market::Random& random) {
  for (std::size_t i = order.size(); i > 1; --i)
    std::swap(order[i - 1],
              order[static_cast<std::size_t>(random.uniform() * static_cast<double>(i))]);
}

/// [steps, environments] to [steps, part].
template <class T>
std::vector<T> gather(const std::vector<T>& all, std::size_t steps, std::size_t environments,
                      std::span<const std::int64_t> part) {
  std::vector<T> out;
  out.reserve(steps * part.size());
  for (std::size_t t = 0; t < steps; ++t)
    for (const std::int64_t i : part)
      out.push_back(all[t * environments + static_cast<std::size_t>(i)]);
  return out;
}

/// Ranks that were started with other settings would add up what does not belong together.
Result<void> check_alike(Group& group, const policy::ActorCritic& policy, const VectorEnv& env) {
  // Halves of the hash: a double holds 53 bits.
  const std::uint64_t hash = policy::parameter_hash(policy.values());
  const std::array<double, 3> own{static_cast<double>(env.size()), static_cast<double>(hash >> 32U),
                                  static_cast<double>(hash & 0xffffffffU)};
  std::array<double, 3> sums = own;
  BOOST_OUTCOME_TRY(group.sum(std::span<double>(sums), "the ranks' settings"));
  const double n = group.size();
  for (std::size_t i = 0; i < 3; ++i)
    if (sums[i] != n * own[i])
      return error(ErrorCode::OutOfRange,
                   fmt::format("rank {} of {} differs from the others in its {} "
                               "environments or in the parameters it starts from: start all with "
                               "the same settings and seed",
                               group.rank(), group.size(), env.size()));
  return success();
}

/// 0, 1, 2: a weight nearest to short, flat, long.
std::int32_t nearest_choice(float weight) {
  return 1 + static_cast<std::int32_t>(std::lround(std::clamp(weight, -1.0F, 1.0F)));
}

/// Name of the first parameter whose gradient is not finite.
std::string first_not_finite(const policy::ActorCritic& policy) {
  for (const auto& entry : policy.named_parameters())
    if (!torch::isfinite(entry.value().grad()).all().item<bool>()) return entry.key();
  return "no single parameter, but its norm";
}

}  // namespace

std::int64_t numbers_said(const VectorEnv& env) {
  return static_cast<std::int64_t>(env.weighs() ? kWeightOutputs : env.actions());
}

std::int64_t input_width(const InputSettings& settings, const VectorEnv& env) {
  return static_cast<std::int64_t>(Inputs(settings, env).width());
}

Result<std::unique_ptr<Ppo>> Ppo::create(policy::ActorCritic& policy, VectorEnv& env,
                                         const InputSettings& inputs, const PpoSettings& settings,
                                         std::int64_t total_steps, std::uint64_t seed,
                                         const PpoPlace& place) {
  const std::int64_t width = input_width(inputs, env);
  if (policy.inputs() != width || policy.actions() != numbers_said(env))
    return error(ErrorCode::OutOfRange,
                 fmt::format("a policy of {} inputs and {} actions in an environment that gives {} "
                             "and takes {}",
                             policy.inputs(), policy.actions(), width, numbers_said(env)));
  if (settings.minibatches < 1 || settings.minibatches > static_cast<std::int64_t>(env.size()))
    return error(
        ErrorCode::OutOfRange,
        fmt::format("{} minibatches of {} environments: a minibatch is at least one of them",
                    settings.minibatches, env.size()));
  if (settings.belief_share > 0.0 &&
      (policy.belief() == nullptr ||
       policy.belief()->columns() != static_cast<std::int64_t>(env.columns())))
    return error(ErrorCode::OutOfRange,
                 fmt::format("belief_share is {}, and the policy has no belief about observations "
                             "of {} columns: set belief to its units, or belief_share to 0",
                             settings.belief_share, env.columns()));
  if (place.group != nullptr) {
    env.place(static_cast<std::size_t>(place.group->rank()) * env.size());
    BOOST_OUTCOME_TRY(check_alike(*place.group, policy, env));
  }
  return std::unique_ptr<Ppo>(new Ppo(policy, env, inputs, settings, total_steps, seed, place));
}

Ppo::Ppo(policy::ActorCritic& policy, VectorEnv& env, const InputSettings& inputs,
         const PpoSettings& settings, std::int64_t total_steps, std::uint64_t seed,
         const PpoPlace& place)
    : policy_(policy),
      env_(env),
      settings_(settings),
      group_(place.group),
      device_(place.device),
      total_steps_(total_steps),
      inputs_(inputs, env),
      actor_(policy, env, inputs_, seed),
      scale_(env.size(), settings.gamma),
      rollout_(static_cast<std::size_t>(settings.rollout_steps), env.size(), inputs_.width(),
               env.weighs()),
      seed_(seed),
      adam_(policy.values().size()),
      shuffle_(seed, "minibatches"),
      advantages_(rollout_.rewards.size()),
      returns_(rollout_.rewards.size()),
      trial_sums_(env.size(), 0.0F),
      last_actions_(env.size(), -1) {}

bool Ppo::believes() const { return settings_.belief_share > 0.0; }

/// New questions for each epoch. Their lots follow from the steps taken, so that nothing of them
/// has to be kept for a run that is taken up again.
void Ppo::ask(std::int64_t epoch) {
  const auto epochs = static_cast<std::uint64_t>(settings_.epochs);
  const std::uint64_t lot =
      static_cast<std::uint64_t>(steps_) * epochs + static_cast<std::uint64_t>(epoch);
  questions_ =
      belief_questions(rollout_, env_.columns(), static_cast<std::size_t>(policy_.actions()),
                       reward_scale_, seed_ ^ (lot << 20U), env_.first());
}

/// One over the deviation of the rollout's rewards, those of all ranks.
Result<float> Ppo::reward_scale() {
  const auto& rewards = rollout_.rewards;
  const double n = static_cast<double>(rewards.size()) * ranks();
  std::array<double, 1> mean{std::accumulate(rewards.begin(), rewards.end(), 0.0)};
  BOOST_OUTCOME_TRY(sum(mean, "the rewards' mean"));
  mean[0] /= n;
  std::array<double, 1> square{};
  for (const float r : rewards)
    square[0] += (static_cast<double>(r) - mean[0]) * (static_cast<double>(r) - mean[0]);
  BOOST_OUTCOME_TRY(sum(square, "the rewards' variance"));
  return static_cast<float>(square[0] > 0.0 ? 1.0 / std::sqrt(square[0] / n) : 1.0);
}

double Ppo::progress() const {
  return std::min(1.0, static_cast<double>(steps_) / static_cast<double>(total_steps_));
}

double Ppo::rate() const {
  return settings_.anneal_rate ? settings_.rate * (1.0 - progress()) : settings_.rate;
}

Result<void> Ppo::sum(std::span<double> numbers, std::string_view what) {
  return group_ == nullptr ? Result<void>(success()) : group_->sum(numbers, what);
}

/// The first rollout is scaled by what the trials begin with.
Result<void> Ppo::prepare() {
  if (inputs_.ready()) return success();
  inputs_.count(env_);
  return inputs_.take_in(group_);
}

Result<PpoMetrics> Ppo::iterate() {
  PpoMetrics metrics;
  BOOST_OUTCOME_TRY(prepare());
  collect(actor_, env_, scale_, rollout_);
  BOOST_OUTCOME_TRY(const bool sound, is_sound(metrics));
  if (sound) {
    BOOST_OUTCOME_TRY(inputs_.take_in(group_));
    BOOST_OUTCOME_TRY(scale_.take_in(group_));
    BOOST_OUTCOME_TRY(count_actions(metrics));
    BOOST_OUTCOME_TRY(advantages(metrics));
    BOOST_OUTCOME_TRY(learn(metrics));
  } else {
    metrics.skipped = 1;
    drop_rollout();
  }
  steps_ += static_cast<std::int64_t>(rollout_.rewards.size() * static_cast<std::size_t>(ranks()));
  metrics.steps = steps_;
  faults_in_a_row_ = metrics.skipped > 0 ? faults_in_a_row_ + 1 : 0;
  if (faults_in_a_row_ >= 3)
    return error(ErrorCode::Refused,
                 fmt::format("training stopped after {} steps, since three rollouts in a row could "
                             "not be learned from: {}",
                             steps_, metrics.fault));
  return metrics;
}

/// Whether the rollouts of all ranks are finite; else names one place.
Result<bool> Ppo::is_sound(PpoMetrics& metrics) {
  const auto own = rollout_.fault();
  if (own) metrics.fault = *own;
  if (group_ == nullptr) return !own;
  std::vector<double> faults(static_cast<std::size_t>(group_->size()), 0.0);
  if (own) faults[static_cast<std::size_t>(group_->rank())] = 1.0;
  BOOST_OUTCOME_TRY(group_->sum(std::span(faults), "what is not finite"));
  const auto first = std::ranges::find(faults, 1.0);
  if (first == faults.end()) return true;
  if (!own)
    metrics.fault = fmt::format("something in the rollout of rank {} is no finite number",
                                first - faults.begin());
  return false;
}

/// What has passed through a memory stays in it, and what was counted stays counted.
void Ppo::drop_rollout() {
  inputs_.forget();
  scale_.forget();
  std::ranges::fill(trial_sums_, 0.0F);
  actor_.begin();
}

void Ppo::archive(Archive& a) {
  a.part("learner");
  archive_array(a, policy_.values());
  a(adam_, inputs_, scale_, actor_, shuffle_, seed_, steps_, faults_in_a_row_);
  archive_array(a, std::span(trial_sums_));
  archive_array(a, std::span(last_actions_));
  env_.archive(a);
}

Result<void> Ppo::run(const std::function<void(const PpoMetrics&)>& told) {
  while (!done()) {
    BOOST_OUTCOME_TRY(const PpoMetrics metrics, iterate());
    if (told) told(metrics);
  }
  return success();
}

Result<void> Ppo::count_actions(PpoMetrics& metrics) {
  // All that is told are shares and means, so only these sums go round: changes of action, rewards,
  // trials and their returns, and behind them how often each action was taken.
  std::vector<double> sums(4 + (env_.weighs() ? 3 : env_.actions()), 0.0);
  for (std::size_t k = 0; k < rollout_.actions.size(); ++k) {
    const std::size_t i = k % rollout_.environments;
    const std::int32_t action =
        env_.weighs() ? nearest_choice(rollout_.weights[k]) : rollout_.actions[k];
    sums[4 + static_cast<std::size_t>(action)] += 1.0;
    sums[0] += action != last_actions_[i] ? 1.0 : 0.0;
    last_actions_[i] = action;
    sums[1] += static_cast<double>(rollout_.rewards[k]);
    trial_sums_[i] += rollout_.rewards[k];
    if (!ends_trial(rollout_.ends[k])) continue;
    sums[2] += 1.0;
    sums[3] += static_cast<double>(trial_sums_[i]);
    trial_sums_[i] = 0.0F;
  }
  BOOST_OUTCOME_TRY(sum(sums, "what was done"));
  const double n = static_cast<double>(rollout_.actions.size()) * ranks();
  metrics.trials = static_cast<std::int64_t>(sums[2]);
  metrics.reward = sums[1] / n;
  if (metrics.trials > 0) metrics.trial_return = sums[3] / sums[2];
  metrics.turnover = sums[0] / n;
  metrics.busiest = *std::max_element(sums.begin() + 4, sums.end()) / n;
  metrics.collapse.turnover = metrics.turnover < 0.001;
  metrics.collapse.exposure = metrics.busiest > 0.995;
  return success();
}

Result<void> Ppo::advantages(PpoMetrics& metrics) {
  std::vector<float> rewards = rollout_.rewards;
  if (settings_.scale_returns)
    for (float& r : rewards) r *= scale_.factor();
  training::gae({rollout_.steps, rollout_.environments, rewards, rollout_.values, rollout_.ends,
                 rollout_.truncated_values, rollout_.last_values},
                {settings_.gamma, settings_.lambda, settings_.cut_at_episodes}, advantages_,
                returns_);
  // Mean, then squares around it, of returns, what the value leaves of them, and advantages.
  const double n = static_cast<double>(returns_.size()) * ranks();
  const auto numbers_at = [this](std::size_t i) {
    return std::array{static_cast<double>(returns_[i]),
                      static_cast<double>(returns_[i]) - static_cast<double>(rollout_.values[i]),
                      static_cast<double>(advantages_[i])};
  };
  std::array<double, 3> mean{};
  for (std::size_t i = 0; i < returns_.size(); ++i)
    for (std::size_t k = 0; k < 3; ++k) mean[k] += numbers_at(i)[k];
  BOOST_OUTCOME_TRY(sum(mean, "the advantages' means"));
  for (double& m : mean) m /= n;
  std::array<double, 3> variance{};
  for (std::size_t i = 0; i < returns_.size(); ++i)
    for (std::size_t k = 0; k < 3; ++k) {
      const double away = numbers_at(i)[k] - mean[k];
      variance[k] += away * away;
    }
  BOOST_OUTCOME_TRY(sum(variance, "the advantages' variances"));
  for (double& v : variance) v /= n;
  metrics.explained_variance = variance[0] > 0.0 ? 1.0 - variance[1] / variance[0] : 0.0;
  const double deviation = std::sqrt(variance[2]) + 1e-8;
  for (float& a : advantages_)
    a = static_cast<float>((static_cast<double>(a) - mean[2]) / deviation);
  return success();
}

Result<void> Ppo::learn(PpoMetrics& metrics) {
  const std::size_t n = rollout_.environments;
  const auto parts = static_cast<std::size_t>(settings_.minibatches);
  std::vector<std::int64_t> order(n);
  std::iota(order.begin(), order.end(), 0);
  bool going = true;
  if (believes()) {
    BOOST_OUTCOME_TRY(reward_scale_, reward_scale());
  }
  for (std::int64_t epoch = 0; epoch < settings_.epochs && going; ++epoch) {
    if (parts > 1) shuffle(order, shuffle_);
    if (believes()) ask(epoch);
    for (std::size_t part = 0; part < parts && going; ++part) {
      const std::size_t begin = part * n / parts;
      const std::size_t end = (part + 1) * n / parts;
      BOOST_OUTCOME_TRY(going, update(std::span(order).subspan(begin, end - begin), metrics));
    }
  }
  if (metrics.updates == 0) return success();
  const auto updates = static_cast<double>(metrics.updates);
  for (double* mean :
       {&metrics.policy_loss, &metrics.value_loss, &metrics.entropy, &metrics.total_loss,
        &metrics.clip_fraction, &metrics.gradient_norm, &metrics.belief_loss})
    *mean /= updates;
  // Of a weight: a deviation below 0.02, of a range of 2.
  metrics.collapse.entropy =
      metrics.entropy < (env_.weighs() ? std::log(0.02) + 1.4189
                                       : 0.01 * std::log(static_cast<double>(env_.actions())));
  return success();
}

/// False when this rollout is to be left: too far from the policy that made it, or not finite.
Result<bool> Ppo::update(std::span<const std::int64_t> part, PpoMetrics& metrics) {
  const std::size_t n = rollout_.environments;
  const bool whole = part.size() == n && settings_.minibatches == 1;
  const Tensor index = torch::from_blob(const_cast<std::int64_t*>(part.data()),
                                        {static_cast<std::int64_t>(part.size())}, torch::kInt64);
  const auto cut = [&](const Tensor& all, std::int64_t dimension) {
    return (whole ? all : all.index_select(dimension, index)).to(device_);
  };
  const auto pick = [&](const auto& all) { return gather(all, rollout_.steps, n, part); };
  const Tensor features =
      policy_.features(cut(rollout_.inputs, 1), cut(rollout_.start, 0), cut(rollout_.resets, 1));
  const Tensor outputs = policy_.head(features).to(torch::kCPU);
  const auto log_chances = pick(rollout_.log_chances);
  const auto advantages = pick(advantages_);
  const auto returns = pick(returns_);
  Tensor by_outputs = torch::empty_like(outputs);
  const auto numbers = static_cast<std::size_t>(outputs.numel());
  const double p = progress();
  const PpoLossSettings shares{
      static_cast<float>(settings_.clip), static_cast<float>(settings_.value_share),
      static_cast<float>(settings_.entropy_start +
                         p * (settings_.entropy_end - settings_.entropy_start))};
  const std::span<const float> said{outputs.data_ptr<float>(), numbers};
  const std::span<float> by_said{by_outputs.data_ptr<float>(), numbers};
  PpoLoss loss = env_.weighs()
                     ? weight_loss({said, pick(rollout_.weights), log_chances, advantages, returns},
                                   shares, by_said)
                     : ppo_loss({env_.actions(), said, pick(rollout_.actions), log_chances,
                                 advantages, returns},
                                shares, by_said);
  BOOST_OUTCOME_TRY(const bool near, share_loss(loss, metrics));
  if (!near) return false;
  std::ranges::fill(policy_.gradients(), 0.0F);
  if (believes()) {
    BOOST_OUTCOME_TRY(const double lost, backward_with_belief(outputs, by_outputs, features, cut));
    metrics.belief_loss += lost;
    loss.total += settings_.belief_share * lost;
  } else {
    outputs.backward(by_outputs);
  }
  BOOST_OUTCOME_TRY(const double length, share_gradient(metrics));
  if (!std::isfinite(length)) return false;
  adam_.step(policy_.values(), policy_.gradients(),
             length > settings_.gradient_norm ? settings_.gradient_norm / length : 1.0, rate());
  ++metrics.updates;
  metrics.policy_loss += loss.policy;
  metrics.value_loss += loss.value;
  metrics.entropy += loss.entropy;
  metrics.total_loss += loss.total;
  metrics.clip_fraction += loss.clipped;
  metrics.gradient_norm += length;
  return true;
}

/// The gradients of both losses. Returns that of the belief, the mean over all ranks.
Result<double> Ppo::backward_with_belief(const Tensor& outputs, const Tensor& by_outputs,
                                         const Tensor& features, const Cut& cut) {
  const Tensor loss =
      belief_loss(*policy_.belief(), features,
                  {cut(questions_.asked, 1), cut(questions_.told, 1), cut(questions_.has_next, 1)});
  torch::autograd::backward({outputs, loss},
                            {by_outputs, torch::full({}, settings_.belief_share, loss.options())});
  double lost = loss.item().toDouble();
  BOOST_OUTCOME_TRY(sum(std::span(&lost, 1), "the belief's loss"));
  return lost / ranks();
}

/// The loss becomes the mean over all ranks, which have as many rows each. Whether it is finite and
/// near enough to the policy that acted.
Result<bool> Ppo::share_loss(PpoLoss& loss, PpoMetrics& metrics) {
  std::array<double, 6> means{loss.policy, loss.value,   loss.entropy,
                              loss.kl,     loss.clipped, loss.total};
  BOOST_OUTCOME_TRY(sum(means, "the loss"));
  for (double& mean : means) mean /= ranks();
  loss = {means[0], means[1], means[2], means[3], means[4], means[5]};
  metrics.kl = loss.kl;
  if (std::isfinite(loss.total)) return loss.kl <= settings_.kl_stop;
  metrics.fault = "the loss is no finite number";
  ++metrics.skipped;
  return false;
}

/// The gradient becomes the mean over all ranks. Returns its norm, which is not finite where the
/// gradient is not; the fault is then told.
Result<double> Ppo::share_gradient(PpoMetrics& metrics) {
  const std::span<float> gradients = policy_.gradients();
  if (group_ != nullptr) {
    BOOST_OUTCOME_TRY(group_->sum(gradients, "the gradient"));
    const auto share = static_cast<float>(1.0 / ranks());
    for (float& g : gradients) g *= share;
  }
  const double length = norm(gradients);
  if (!std::isfinite(length)) {
    metrics.fault =
        fmt::format("the gradient of {} is no finite number", first_not_finite(policy_));
    ++metrics.skipped;
  }
  return length;
}

}  // namespace proteus::learners
