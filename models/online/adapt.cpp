#include "models/online/adapt.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "models/online/head_steps.hpp"
#include "models/online/sequence.hpp"

namespace proteus::online {
namespace {

Error refused(std::string what) { return error(ErrorCode::Refused, std::move(what)); }

/// Which bars are learned from; those after them are held back.
struct Support {
  std::size_t first;
  std::size_t end;
  [[nodiscard]] std::size_t count() const { return end - first; }
  Support(const Stretch& stretch, const AdaptSettings& settings) : first(stretch.warm_up) {
    const std::size_t bars = stretch.returns.rows.size();
    const auto counted = static_cast<double>(bars - first);
    end = bars - static_cast<std::size_t>(counted * settings.held_share);
  }
};

ReturnRows with_kink(const ReturnRows& rows, double kink) {
  ReturnRows out = rows;
  out.kink = kink;
  return out;
}

Result<void> check(const Policy::Shape& shape, const Stretch& stretch,
                   const AdaptSettings& settings) {
  const std::size_t bars = stretch.returns.rows.size();
  if (shape.actions != kActions)
    return refused(fmt::format("the policy has {} actions, and the loss is one over {}",
                               shape.actions, kActions));
  if (bars == 0 || stretch.inputs.size() != bars * shape.inputs)
    return refused(fmt::format("{} bars have {} inputs, and {} a bar are wanted", bars,
                               stretch.inputs.size(), shape.inputs));
  if (stretch.warm_up >= bars)
    return refused(fmt::format("of {} bars {} are to warm up, and none is left to learn from", bars,
                               stretch.warm_up));
  if (!stretch.state.empty() && stretch.state.size() != shape.state)
    return refused(fmt::format("a state of {} numbers is given, and the policy remembers {}",
                               stretch.state.size(), shape.state));
  if (!(settings.rate > 0.0) || !std::isfinite(settings.rate) || !(settings.norm_max > 0.0) ||
      !(settings.held_share >= 0.0 && settings.held_share < 1.0))
    return refused(fmt::format("rate {}, largest norm {} and held-back share {} adapt nothing",
                               settings.rate, settings.norm_max, settings.held_share));
  const auto finite = [](float x) { return std::isfinite(x); };
  for (std::size_t i = 0; i < stretch.inputs.size(); ++i)
    if (!finite(stretch.inputs[i]))
      return refused(fmt::format("input {} of bar {} is {}, which is no finite number",
                                 i % shape.inputs, i / shape.inputs, stretch.inputs[i]));
  if (!std::ranges::all_of(stretch.state, finite))
    return refused("the state before the first bar is not finite");
  return success();
}

std::vector<float> start_of(const Stretch& stretch, const Policy::Shape& shape) {
  return stretch.state.empty() ? std::vector<float>(shape.state, 0.0F) : stretch.state;
}

/// Shortens the change from `base` to `weights`, where it is too long, and says how long it is.
template <class Real>
Result<void> shorten(std::span<const float> base, double norm_max, std::span<Real> weights,
                     Adapted& adapted) {
  double square = 0.0;
  for (std::size_t i = 0; i < base.size(); ++i) {
    const double change = static_cast<double>(weights[i]) - static_cast<double>(base[i]);
    square += change * change;
  }
  const double norm = std::sqrt(square);
  if (!std::isfinite(norm))
    return refused(fmt::format("after {} steps the weights are not finite: the rate is too large",
                               adapted.steps));
  adapted.shortened = norm > norm_max;
  adapted.step_norm = std::min(norm, norm_max);
  if (!adapted.shortened) return success();
  for (std::size_t i = 0; i < base.size(); ++i) {
    const double change = static_cast<double>(weights[i]) - static_cast<double>(base[i]);
    weights[i] = static_cast<Real>(static_cast<double>(base[i]) + change * (norm_max / norm));
  }
  return success();
}

/// What the outputs before and after say, over all bars.
Result<void> judge(const Stretch& stretch, const Support& support, std::span<const float> before,
                   std::span<const float> after, Adapted& adapted) {
  const ReturnRows rows = with_kink(stretch.returns, 0.0);
  const std::size_t held = rows.rows.size() - support.end;
  const auto net = [&](std::span<const float> outputs, std::size_t first, std::size_t count,
                       double& out) -> Result<void> {
    if (count == 0) return success();
    BOOST_OUTCOME_TRY(const double loss, return_loss<float>(rows, outputs, first, count));
    out = -loss;
    return success();
  };
  BOOST_OUTCOME_TRY(net(before, support.first, support.count(), adapted.support_before));
  BOOST_OUTCOME_TRY(net(after, support.first, support.count(), adapted.support_after));
  BOOST_OUTCOME_TRY(net(before, support.end, held, adapted.held_base));
  BOOST_OUTCOME_TRY(net(after, support.end, held, adapted.held_adapted));
  BOOST_OUTCOME_TRY(adapted.kl, mean_kl<float>(before, after));
  return success();
}

/// The trunk's features of all bars, [bars, features].
std::vector<float> features_of(const Policy& policy, const Stretch& stretch) {
  const Policy::Shape& shape = policy.shape();
  const std::size_t bars = stretch.returns.rows.size();
  std::vector<float> features(bars * shape.features);
  std::vector<float> state = start_of(stretch, shape);
  std::vector<float> scratch(policy.scratch(1));
  for (std::size_t t = 0; t < bars; ++t)
    policy.trunk(1, stretch.inputs.data() + t * shape.inputs, state.data(),
                 features.data() + t * shape.features, scratch);
  return features;
}

std::vector<float> outputs_of(const Policy& policy, std::span<const float> features) {
  const std::size_t bars = features.size() / policy.shape().features;
  std::vector<float> outputs(bars * kOutputs);
  policy.head(bars, features.data(), outputs.data());
  return outputs;
}

/// Says in which step it failed.
Error in_step(std::size_t step, const Error& cause) {
  return error(cause.code, fmt::format("in inner step {}: {}", step + 1, cause.context));
}

}  // namespace

Result<Adapted> adapt_head(const Policy& policy, const Stretch& stretch,
                           const AdaptSettings& settings) {
  BOOST_OUTCOME_TRY(check(policy.shape(), stretch, settings));
  const Support support(stretch, settings);
  const auto base = policy.weights(AdaptedPart::Head);
  const std::vector<float> features = features_of(policy, stretch);
  const std::vector<double> known(features.begin(), features.end());
  const ReturnRows rows = with_kink(stretch.returns, settings.kink);
  std::vector<double> weights(base.begin(), base.end());
  std::vector<double> gradient(weights.size());
  Adapted adapted;
  for (; adapted.steps < settings.steps; ++adapted.steps) {
    const auto loss = head_loss(rows, known, weights, support.first, support.count(), gradient);
    if (!loss) return in_step(adapted.steps, loss.error());
    for (std::size_t i = 0; i < weights.size(); ++i) weights[i] -= settings.rate * gradient[i];
  }
  BOOST_OUTCOME_TRY(shorten(base, settings.norm_max, std::span(weights), adapted));
  adapted.weights.resize(weights.size());
  std::ranges::transform(weights, adapted.weights.begin(),
                         [](double x) { return static_cast<float>(x); });
  BOOST_OUTCOME_TRY(const auto changed, policy.with(AdaptedPart::Head, adapted.weights));
  BOOST_OUTCOME_TRY(judge(stretch, support, outputs_of(policy, features),
                          outputs_of(*changed, features), adapted));
  return adapted;
}

Result<Adapted> adapt_all(const inference::PackedPolicy& policy, const Stretch& stretch,
                          const AdaptSettings& settings) {
  BOOST_OUTCOME_TRY(check(policy.shape(), stretch, settings));
  const std::size_t bars = stretch.returns.rows.size();
  const Support support(stretch, settings);
  const auto base = policy.weights(AdaptedPart::All);
  Sequence sequence(policy.architecture(), policy.kernels(), stretch.inputs,
                    start_of(stretch, policy.shape()));
  ReturnRows learned = with_kink(stretch.returns, settings.kink);
  learned.rows.resize(support.end);
  sequence.forward(base, bars);
  const std::vector<float> before(sequence.outputs().begin(), sequence.outputs().end());
  std::vector<float> weights(base.begin(), base.end());
  std::vector<float> gradient(weights.size());
  std::vector<float> by_outputs(support.end * kOutputs);
  const auto rate = static_cast<float>(settings.rate);
  Adapted adapted;
  for (; adapted.steps < settings.steps; ++adapted.steps) {
    if (adapted.steps > 0) sequence.forward(weights, support.end);  // Else it is the base's.
    const auto outputs = sequence.outputs().first(by_outputs.size());
    const auto loss =
        return_loss<float>(learned, outputs, support.first, support.count(), std::span(by_outputs));
    if (!loss) return in_step(adapted.steps, loss.error());
    sequence.backward(weights, by_outputs, gradient);
    for (std::size_t i = 0; i < weights.size(); ++i) weights[i] -= rate * gradient[i];
  }
  BOOST_OUTCOME_TRY(shorten(base, settings.norm_max, std::span(weights), adapted));
  sequence.forward(weights, bars);
  BOOST_OUTCOME_TRY(judge(stretch, support, before, sequence.outputs(), adapted));
  adapted.weights = std::move(weights);
  return adapted;
}

Result<Adapted> adapt(const inference::PackedPolicy& policy, AdaptedPart part,
                      const Stretch& stretch, const AdaptSettings& settings) {
  return part == AdaptedPart::Head ? adapt_head(policy, stretch, settings)
                                   : adapt_all(policy, stretch, settings);
}

}  // namespace proteus::online
