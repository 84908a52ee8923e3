#include "models/learners/ppo.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

namespace proteus::learners {

using torch::Tensor;

namespace {

struct Moments {
  double mean = 0.0;
  double variance = 0.0;
};

template <class At>
Moments moments_of(std::size_t count, At at) {
  const double n = static_cast<double>(count);
  Moments m;
  for (std::size_t i = 0; i < count; ++i) m.mean += at(i);
  m.mean /= n;
  for (std::size_t i = 0; i < count; ++i) m.variance += (at(i) - m.mean) * (at(i) - m.mean);
  m.variance /= n;
  return m;
}

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

}  // namespace

std::int64_t input_width(const InputSettings& settings, const VectorEnv& env) {
  return static_cast<std::int64_t>(Inputs(settings, env).width());
}

Result<std::unique_ptr<Ppo>> Ppo::create(policy::ActorCritic& policy, VectorEnv& env,
                                         const InputSettings& inputs, const PpoSettings& settings,
                                         std::int64_t total_steps, std::uint64_t seed) {
  const std::int64_t width = input_width(inputs, env);
  if (policy.inputs() != width || policy.actions() != static_cast<std::int64_t>(env.actions()))
    return error(ErrorCode::OutOfRange,
                 fmt::format("a policy of {} inputs and {} actions in an environment that gives {} "
                             "and takes {}",
                             policy.inputs(), policy.actions(), width, env.actions()));
  if (settings.minibatches < 1 || settings.minibatches > static_cast<std::int64_t>(env.size()))
    return error(
        ErrorCode::OutOfRange,
        fmt::format("{} minibatches of {} environments: a minibatch is at least one of them",
                    settings.minibatches, env.size()));
  return std::unique_ptr<Ppo>(new Ppo(policy, env, inputs, settings, total_steps, seed));
}

Ppo::Ppo(policy::ActorCritic& policy, VectorEnv& env, const InputSettings& inputs,
         const PpoSettings& settings, std::int64_t total_steps, std::uint64_t seed)
    : policy_(policy),
      env_(env),
      settings_(settings),
      total_steps_(total_steps),
      inputs_(inputs, env),
      actor_(policy, env, inputs_, seed),
      scale_(env.size(), settings.gamma),
      rollout_(static_cast<std::size_t>(settings.rollout_steps), env.size(), inputs_.width()),
      adam_(policy.values().size()),
      shuffle_(seed, "minibatches"),
      advantages_(rollout_.rewards.size()),
      returns_(rollout_.rewards.size()),
      trial_sums_(env.size(), 0.0F),
      last_actions_(env.size(), -1) {}

double Ppo::progress() const {
  return std::min(1.0, static_cast<double>(steps_) / static_cast<double>(total_steps_));
}

Result<PpoMetrics> Ppo::iterate() {
  PpoMetrics metrics;
  collect(actor_, env_, scale_, rollout_);
  if (const auto fault = rollout_.fault()) {
    metrics.fault = *fault;
    metrics.skipped = 1;
    actor_.begin();  // What has passed through a memory stays in it.
  } else {
    count_actions(metrics);
    advantages(metrics);
    learn(metrics);
  }
  steps_ += static_cast<std::int64_t>(rollout_.rewards.size());
  metrics.steps = steps_;
  faults_in_a_row_ = metrics.skipped > 0 ? faults_in_a_row_ + 1 : 0;
  if (faults_in_a_row_ >= 3)
    return error(ErrorCode::Refused,
                 fmt::format("training stopped after {} steps, since three rollouts in a row could "
                             "not be learned from: {}",
                             steps_, metrics.fault));
  return metrics;
}

Result<void> Ppo::run(const std::function<void(const PpoMetrics&)>& told) {
  while (!done()) {
    BOOST_OUTCOME_TRY(const PpoMetrics metrics, iterate());
    if (told) told(metrics);
  }
  return success();
}

void Ppo::count_actions(PpoMetrics& metrics) {
  std::vector<std::size_t> taken(env_.actions(), 0);
  std::size_t changes = 0;
  double rewards = 0.0;
  double returns = 0.0;
  for (std::size_t k = 0; k < rollout_.actions.size(); ++k) {
    const std::size_t i = k % rollout_.environments;
    const std::int32_t action = rollout_.actions[k];
    ++taken[static_cast<std::size_t>(action)];
    changes += action != last_actions_[i] ? 1 : 0;
    last_actions_[i] = action;
    rewards += static_cast<double>(rollout_.rewards[k]);
    trial_sums_[i] += rollout_.rewards[k];
    if (!ends_trial(rollout_.ends[k])) continue;
    ++metrics.trials;
    returns += static_cast<double>(trial_sums_[i]);
    trial_sums_[i] = 0.0F;
  }
  const double n = static_cast<double>(rollout_.actions.size());
  metrics.reward = rewards / n;
  if (metrics.trials > 0) metrics.trial_return = returns / static_cast<double>(metrics.trials);
  metrics.turnover = static_cast<double>(changes) / n;
  metrics.busiest = static_cast<double>(*std::ranges::max_element(taken)) / n;
  metrics.collapse.turnover = metrics.turnover < 0.001;
  metrics.collapse.exposure = metrics.busiest > 0.995;
}

void Ppo::advantages(PpoMetrics& metrics) {
  std::vector<float> rewards = rollout_.rewards;
  if (settings_.scale_returns)
    for (float& r : rewards) r *= scale_.factor();
  training::gae({rollout_.steps, rollout_.environments, rewards, rollout_.values, rollout_.ends,
                 rollout_.truncated_values, rollout_.last_values},
                {settings_.gamma, settings_.lambda, settings_.cut_at_episodes}, advantages_,
                returns_);
  const auto returns = moments_of(returns_.size(), [&](std::size_t i) { return returns_[i]; });
  const auto left =
      moments_of(returns_.size(), [&](std::size_t i) { return returns_[i] - rollout_.values[i]; });
  metrics.explained_variance =
      returns.variance > 0.0 ? 1.0 - left.variance / returns.variance : 0.0;
  const auto all = moments_of(advantages_.size(), [&](std::size_t i) { return advantages_[i]; });
  const double deviation = std::sqrt(all.variance) + 1e-8;
  for (float& a : advantages_) a = static_cast<float>((a - all.mean) / deviation);
}

void Ppo::learn(PpoMetrics& metrics) {
  const std::size_t n = rollout_.environments;
  const auto parts = static_cast<std::size_t>(settings_.minibatches);
  std::vector<std::int64_t> order(n);
  std::iota(order.begin(), order.end(), 0);
  bool going = true;
  for (std::int64_t epoch = 0; epoch < settings_.epochs && going; ++epoch) {
    if (parts > 1) shuffle(order, shuffle_);
    for (std::size_t part = 0; part < parts && going; ++part) {
      const std::size_t begin = part * n / parts;
      const std::size_t end = (part + 1) * n / parts;
      going = update(std::span(order).subspan(begin, end - begin), metrics);
    }
  }
  const double updates = std::max(1.0, static_cast<double>(metrics.updates));
  for (double* mean : {&metrics.policy_loss, &metrics.value_loss, &metrics.entropy,
                       &metrics.total_loss, &metrics.clip_fraction, &metrics.gradient_norm})
    *mean /= updates;
  metrics.collapse.entropy = metrics.entropy < 0.01 * std::log(static_cast<double>(env_.actions()));
}

/// False when this rollout is to be left: too far from the policy that made it, or not finite.
bool Ppo::update(std::span<const std::int64_t> part, PpoMetrics& metrics) {
  const std::size_t n = rollout_.environments;
  const bool whole = part.size() == n && settings_.minibatches == 1;
  const Tensor index = torch::from_blob(const_cast<std::int64_t*>(part.data()),
                                        {static_cast<std::int64_t>(part.size())}, torch::kInt64);
  const auto cut = [&](const Tensor& all, std::int64_t dimension) {
    return whole ? all : all.index_select(dimension, index);
  };
  const auto pick = [&](const auto& all) { return gather(all, rollout_.steps, n, part); };
  const Tensor outputs =
      policy_.sequence(cut(rollout_.inputs, 1), cut(rollout_.start, 0), cut(rollout_.resets, 1));
  const auto actions = pick(rollout_.actions);
  const auto log_chances = pick(rollout_.log_chances);
  const auto advantages = pick(advantages_);
  const auto returns = pick(returns_);
  Tensor gradient = torch::empty_like(outputs);
  const auto numbers = static_cast<std::size_t>(outputs.numel());
  const double p = progress();
  const PpoLoss loss =
      ppo_loss({env_.actions(),
                {outputs.data_ptr<float>(), numbers},
                actions,
                log_chances,
                advantages,
                returns},
               {static_cast<float>(settings_.clip), static_cast<float>(settings_.value_share),
                static_cast<float>(settings_.entropy_start +
                                   p * (settings_.entropy_end - settings_.entropy_start))},
               {gradient.data_ptr<float>(), numbers});
  metrics.kl = loss.kl;
  if (!std::isfinite(loss.total)) {
    metrics.fault = "the loss is no finite number";
    ++metrics.skipped;
    return false;
  }
  if (loss.kl > settings_.kl_stop) return false;
  std::ranges::fill(policy_.gradients(), 0.0F);
  outputs.backward(gradient);
  const double length = norm(policy_.gradients());
  if (!std::isfinite(length)) {
    metrics.fault = "the gradient has a norm that is no finite number";
    ++metrics.skipped;
    return false;
  }
  adam_.step(policy_.values(), policy_.gradients(),
             length > settings_.gradient_norm ? settings_.gradient_norm / length : 1.0,
             settings_.anneal_rate ? settings_.rate * (1.0 - p) : settings_.rate);
  ++metrics.updates;
  metrics.policy_loss += loss.policy;
  metrics.value_loss += loss.value;
  metrics.entropy += loss.entropy;
  metrics.total_loss += loss.total;
  metrics.clip_fraction += loss.clipped;
  metrics.gradient_norm += length;
  return true;
}

}  // namespace proteus::learners
