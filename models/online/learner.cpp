#include "models/online/learner.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "models/inference/packed_policy.hpp"
#include "models/online/adapt.hpp"
#include "models/online/empty_memory.hpp"
#include "models/online/failure.hpp"
#include "strategies/policy/policy_trial.hpp"

namespace proteus::online {
namespace {

constexpr double kKink = 1e-3;  // as the meta-trainer rounds |x| (models/learners)

strategies::MarketMove move_of(const LearnBar& bar) {
  return {bar.bar_return, bar.assumed, bar.scale};
}

/// The base policy over all bars but the last; the bars of the rebuilding come first.
Result<Stretch> stretch_of(const LearnTask& task, const LearnSubject& subject,
                           const LearnMarket& market) {
  const Policy& policy = *subject.base;
  const Policy::Shape& shape = policy.shape();
  const std::size_t columns = shape.inputs - strategies::kOwnInputs;
  const std::size_t bars = task.bars.size() - 1;
  if (subject.features.size() != task.bars.size() * columns)
    return error(ErrorCode::Refused, "the stretch's features are not as many as its bars need");
  Stretch stretch;
  stretch.inputs.resize(bars * shape.inputs);
  stretch.warm_up = task.rebuild;
  stretch.returns.cost = market.market.cost;
  stretch.returns.unit = strategies::unit_of(market.market, market.interval);
  strategies::PolicyTrial trial(market.market, market.interval, shape.state);
  std::vector<float> scratch(policy.scratch(1));
  std::vector<float> features(shape.features);
  std::vector<float> outputs(shape.outputs());
  for (std::size_t t = 0; t < bars; ++t) {
    const LearnBar& bar = task.bars[t];
    if (!bar.good)
      return error(ErrorCode::Refused, fmt::format("bar {} of the stretch has a feature that is no "
                                                   "number",
                                                   t));
    const std::span<float> x = std::span(stretch.inputs).subspan(t * shape.inputs, shape.inputs);
    trial.observe(std::span(subject.features).subspan(t * columns, columns), move_of(bar), x);
    policy.trunk(1, x.data(), trial.state().data(), features.data(), scratch);
    policy.head(1, features.data(), outputs.data());
    trial.answer(outputs, move_of(bar), bar.decides);
    const LearnBar& next = task.bars[t + 1];
    stretch.returns.rows.push_back({next.bar_return, next.assumed, bar.scale, bar.decides});
  }
  return stretch;
}

Result<Adapted> adapt_one(const LearnTask& task, const LearnSubject& subject,
                          const LearnMarket& market) {
  BOOST_OUTCOME_TRY(const Stretch stretch, stretch_of(task, subject, market));
  AdaptSettings settings;
  settings.steps = task.steps;
  settings.rate = task.rate;
  settings.norm_max = task.norm_max;
  settings.kink = kKink;
  settings.held_share = task.held_share;
  if (task.part == AdaptedPart::Head) return adapt_head(*subject.base, stretch, settings);
  const auto* packed = dynamic_cast<const inference::PackedPolicy*>(subject.base.get());
  if (packed == nullptr)
    return error(ErrorCode::Unsupported, "all weights of this policy cannot be adapted");
  return adapt_all(*packed, stretch, settings);
}

}  // namespace

EventBody learn(const LearnTask& task, const LearnMarket& market) {
  if (task.bars.size() < task.rebuild + 2 || task.subjects.empty())
    return failure_of(task, "the stretch has too few bars");
  AdaptationProposed out;
  out.instrument = task.instrument;
  out.ordinal = task.ordinal;
  const double share = 1.0 / static_cast<double>(task.subjects.size());
  for (const LearnSubject& subject : task.subjects) {
    if (!task.remembers && task.part == AdaptedPart::All)
      return failure_of(task, "all weights adapt only where the memory lives: policy.adapt = both");
    LearnSubject read = subject;
    if (!task.remembers) read.base = std::make_shared<EmptyMemory>(subject.base);
    const auto adapted = adapt_one(task, read, market);
    if (adapted.has_error()) return failure_of(task, adapted.error().context);
    const Adapted& a = adapted.value();
    out.steps = static_cast<std::uint32_t>(a.steps);
    out.step_norm = std::max(out.step_norm, a.step_norm);
    out.kl = std::max(out.kl, a.kl);
    out.support_before += share * a.support_before;
    out.support_after += share * a.support_after;
    out.held_base += share * a.held_base;
    out.held_adapted += share * a.held_adapted;
    out.weights.insert(out.weights.end(), a.weights.begin(), a.weights.end());
  }
  return out;
}

}  // namespace proteus::online
