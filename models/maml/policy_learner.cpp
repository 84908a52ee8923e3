#include "models/maml/policy_learner.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "engine/core/assert.hpp"

namespace proteus::maml {
namespace {

constexpr std::uint64_t kSkippedInARowMax = 3;
constexpr float kLastLayerGain = 0.01F;

}  // namespace

Result<PolicyLearner> PolicyLearner::create(const PolicyLearnerSettings& settings, Mlp net,
                                            std::uint64_t seed) {
  if (net.free() != net.outputs())
    return error(ErrorCode::OutOfRange,
                 fmt::format("a policy of {} means and {} log deviations: as many of one as of the "
                             "other are needed",
                             net.outputs(), net.free()));
  if (settings.inner_steps < 1 || settings.trajectories < 1 || settings.horizon < 1 ||
      settings.epochs < 1 || settings.anneal_steps < 0 || !(settings.inner_rate > 0.0) ||
      !(settings.outer_rate > 0.0) || !(settings.deviation > 0.0) ||
      !(settings.gamma >= 0.0 && settings.gamma <= 1.0) ||
      !(settings.lambda >= 0.0 && settings.lambda <= 1.0))
    return error(ErrorCode::OutOfRange,
                 "a policy learner without steps, trajectories, horizon, epochs, rates or "
                 "deviation, or with gamma or lambda beyond [0, 1]");
  return PolicyLearner(settings, std::move(net), seed);
}

PolicyLearner::PolicyLearner(const PolicyLearnerSettings& settings, Mlp net, std::uint64_t seed)
    : settings_(settings),
      inner_(std::move(net)),
      first_rates_(inner_.net().parameters(), static_cast<float>(settings.inner_rate)),
      later_rates_(inner_.net().parameters(), static_cast<float>(settings.later_inner_rate)),
      adam_(inner_.net().free_offset()),
      deviation_adam_(inner_.net().free()),
      random_(seed, "actions") {
  market::Random random(seed, "initial");
  base_ = inner_.net().initial<float>(random);
  // Means near 0 at first: a mean that points somewhere carries every trajectory away.
  const Layer& last = inner_.net().layers().back();
  for (std::size_t i = last.weights; i < last.biases + last.out; ++i) base_[i] *= kLastLayerGain;
  std::fill(base_.begin() + static_cast<std::ptrdiff_t>(inner_.net().free_offset()), base_.end(),
            static_cast<float>(std::log(settings_.deviation)));
}

void PolicyLearner::roll_out(World& world, Part part, std::span<const float> parameters,
                             market::Random& random, Rollout& out) {
  const RolloutShape shape{static_cast<std::size_t>(settings_.trajectories),
                           static_cast<std::size_t>(settings_.horizon), net().inputs()};
  const std::size_t dimensions = net().outputs();
  const std::size_t n = shape.trajectories;
  out.observations.resize(shape.rows() * shape.columns);
  out.actions.resize(shape.rows() * dimensions);
  out.log_densities.resize(shape.rows());
  out.rewards.resize(shape.rows());
  out.live.assign(shape.rows(), 1);
  std::vector<float> seen(n * shape.columns);
  std::vector<float> means(n * dimensions);
  const float* log_deviations = parameters.data() + net().free_offset();
  std::vector<float> deviations(dimensions);
  for (std::size_t d = 0; d < dimensions; ++d) deviations[d] = std::exp(log_deviations[d]);
  world.begin(part, n, seen);
  for (std::size_t t = 0; t < shape.horizon; ++t) {
    const auto over = world.over();
    for (std::size_t i = 0; i < over.size(); ++i) out.live[t * n + i] = over[i] == 0 ? 1 : 0;
    std::ranges::copy(
        seen, out.observations.begin() + static_cast<std::ptrdiff_t>(t * n * shape.columns));
    net().forward(parameters.data(), seen.data(), n, means.data(), inner_.scratch());
    float* actions = out.actions.data() + t * n * dimensions;
    for (std::size_t i = 0; i < n * dimensions; ++i)
      actions[i] = means[i] + deviations[i % dimensions] * static_cast<float>(random.normal());
    for (std::size_t i = 0; i < n; ++i)
      out.log_densities[t * n + i] = gaussian_log_density(dimensions, means.data() + i * dimensions,
                                                          log_deviations, actions + i * dimensions);
    world.step({actions, n * dimensions}, std::span(out.rewards).subspan(t * n, n), seen);
  }
  double sum = 0.0;
  for (const float r : out.rewards) sum += static_cast<double>(r);
  out.mean_return = sum / static_cast<double>(n);
  out.advantages =
      advantages(shape, out.observations, out.rewards, out.live, settings_.gamma, settings_.lambda);
}

GaussianSurrogate<float> PolicyLearner::surrogate(const Rollout& rollout,
                                                  std::optional<float> clip) const {
  return {net().outputs(), rollout.actions, rollout.log_densities, rollout.advantages, clip};
}

void PolicyLearner::collect(World& world, TaskData& data, std::vector<double>& returns) {
  const auto steps = static_cast<std::size_t>(settings_.inner_steps);
  data.rollouts.resize(steps + 1);
  inner_.begin(base_);
  for (std::size_t k = 0; k <= steps; ++k) {
    Rollout& rollout = data.rollouts[k];
    roll_out(world, k == steps ? Part::Query : Part::Support, inner_.adapted(), random_, rollout);
    returns[k] += rollout.mean_return;
    if (k == steps) return;
    inner_.step_forward_only(rates(k), rollout.observations.data(), rollout.advantages.size(),
                             surrogate(rollout));
  }
}

double PolicyLearner::add_gradient(const TaskData& data) {
  const auto steps = static_cast<std::size_t>(settings_.inner_steps);
  std::vector<GaussianSurrogate<float>> losses;
  losses.reserve(steps);  // The inner loop keeps their addresses.
  inner_.begin(base_);
  for (std::size_t k = 0; k < steps; ++k) {
    const Rollout& rollout = data.rollouts[k];
    losses.push_back(surrogate(rollout));
    inner_.step(rates(k), rollout.observations.data(), rollout.advantages.size(), losses.back());
  }
  const Rollout& outer = data.rollouts[steps];
  cotangent_.resize(base_.size());
  const double loss =
      net().gradient(inner_.adapted().data(), outer.observations.data(), outer.advantages.size(),
                     surrogate(outer, static_cast<float>(settings_.clip)), cotangent_.data(), tape_,
                     inner_.scratch());
  for (std::size_t k = steps; k > 0; --k)
    inner_.pull_back(k - 1, Order::Second, rates(k - 1), cotangent_, {});
  for (std::size_t i = 0; i < base_.size(); ++i) gradient_[i] += cotangent_[i];
  return loss;
}

void PolicyLearner::keep_deviation() {
  const auto least = static_cast<float>(std::log(settings_.deviation_min));
  for (std::size_t i = net().free_offset(); i < base_.size(); ++i)
    base_[i] = std::max(base_[i], least);
}

/// One epoch on what was collected. False: the update was skipped.
Result<bool> PolicyLearner::update(PolicyStepReport& report) {
  gradient_.assign(base_.size(), 0.0F);
  double loss = 0.0;
  for (const TaskData& data : tasks_) loss += add_gradient(data);
  const float share = 1.0F / static_cast<float>(tasks_.size());
  for (float& g : gradient_) g *= share;
  report.surrogate = loss * static_cast<double>(share);
  report.gradient_norm = clip_norm(std::span(gradient_), settings_.gradient_norm_max);
  if (std::isfinite(report.surrogate) && std::isfinite(report.gradient_norm)) {
    skipped_in_a_row_ = 0;
    const std::size_t weights = net().free_offset();
    const double share_of_rates = rate_share();
    adam_.step(std::span(base_).first(weights), std::span(gradient_).first(weights),
               settings_.outer_rate * share_of_rates);
    deviation_adam_.step(std::span(base_).subspan(weights), std::span(gradient_).subspan(weights),
                         settings_.deviation_rate * share_of_rates);
    keep_deviation();
    return true;
  }
  report.skipped = true;
  report.reason = std::isfinite(report.surrogate) ? "meta-gradient" : "outer surrogate";
  ++skipped_;
  if (++skipped_in_a_row_ < kSkippedInARowMax) return false;
  return error(ErrorCode::Refused,
               fmt::format("the {} was not finite for the third update in a row: lower the inner "
                           "rate, or look for such numbers in the tasks' rewards; the base is "
                           "that of the last good update",
                           report.reason));
}

double PolicyLearner::rate_share() const {
  if (settings_.anneal_steps == 0) return 1.0;
  const double done =
      static_cast<double>(adam_.state().steps) / static_cast<double>(settings_.anneal_steps);
  return std::max(0.0, 1.0 - done);
}

Result<PolicyStepReport> PolicyLearner::step(std::span<const std::unique_ptr<World>> worlds) {
  PROTEUS_ASSERT(!worlds.empty());
  PolicyStepReport report;
  report.returns.resize(static_cast<std::size_t>(settings_.inner_steps) + 1);
  tasks_.resize(worlds.size());
  for (std::size_t i = 0; i < worlds.size(); ++i) collect(*worlds[i], tasks_[i], report.returns);
  for (double& r : report.returns) r /= static_cast<double>(worlds.size());
  for (std::int64_t epoch = 0; epoch < settings_.epochs; ++epoch) {
    BOOST_OUTCOME_TRY(const bool updated, update(report));
    if (!updated) break;  // The same rollouts would say the same again.
  }
  return report;
}

std::vector<double> PolicyLearner::adapted_returns(World& world, std::size_t steps,
                                                   market::Random& random) {
  std::vector<double> returns;
  Rollout rollout;
  inner_.begin(base_);
  for (std::size_t k = 0; k <= steps; ++k) {
    roll_out(world, Part::Query, inner_.adapted(), random, rollout);
    returns.push_back(rollout.mean_return);
    if (k == steps) break;
    roll_out(world, Part::Support, inner_.adapted(), random, rollout);
    inner_.step_forward_only(rates(k), rollout.observations.data(), rollout.advantages.size(),
                             surrogate(rollout));
  }
  return returns;
}

Result<void> PolicyLearner::restore(std::span<const float> base, AdamState<float> optimiser,
                                    AdamState<float> deviation_optimiser) {
  const auto fits = [](const AdamState<float>& state, std::size_t size) {
    return state.mean.size() == size && state.square.size() == size && state.steps >= 0;
  };
  if (base.size() != base_.size() || !fits(optimiser, net().free_offset()) ||
      !fits(deviation_optimiser, net().free()))
    return error(ErrorCode::OutOfRange,
                 fmt::format("{} parameters, {} and {} of the optimisers: this policy has {}, of "
                             "which {} are deviations",
                             base.size(), optimiser.mean.size(), deviation_optimiser.mean.size(),
                             base_.size(), net().free()));
  base_.assign(base.begin(), base.end());
  adam_.restore(std::move(optimiser));
  deviation_adam_.restore(std::move(deviation_optimiser));
  return success();
}

void PolicyLearner::archive(Archive& a) {
  const std::size_t size = base_.size();
  a.part("policy learner");
  a(base_, adam_, deviation_adam_, random_, skipped_, skipped_in_a_row_);
  if (base_.size() != size) {
    a.fail();
    base_.resize(size);
  }
}

}  // namespace proteus::maml
