#include "strategies/policy/policy_model.hpp"

#include <fmt/format.h>

#include <cmath>

#include "engine/core/json.hpp"

namespace proteus::strategies {
namespace {

Error refused(const PolicySpec& spec, const std::string& what) {
  return error(ErrorCode::Refused, fmt::format("checkpoint {}: {}", spec.name, what));
}

/// The name of the first market setting that differs; nothing: none does.
std::string first_difference(const MarketSettings& a, const MarketSettings& b) {
  std::string found;
  const auto look = [&](const auto& entry) {
    if (found.empty() && a.*entry.member != b.*entry.member)
      found =
          fmt::format("{} is {} there and {} here", entry.name, a.*entry.member, b.*entry.member);
  };
  std::apply([&](const auto&... entry) { (look(entry), ...); }, MarketSettings::settings());
  return found;
}

}  // namespace

Result<void> check_model(const PolicyModel& model, std::size_t features, Interval interval) {
  const PolicySpec& spec = model.spec;
  if (spec.interval != interval)
    return refused(spec, fmt::format("it was trained on {} bars and engine.interval is {}: set "
                                     "engine.interval = \"{}\", or train one for {} bars",
                                     to_string(spec.interval), to_string(interval),
                                     to_string(spec.interval), to_string(interval)));
  for (const auto* list : {&spec.offset, &spec.factor, &spec.seen_min, &spec.seen_max})
    if (list->size() != features)
      return refused(spec, fmt::format("its scaling is of {} features, the {} features are {}",
                                       list->size(), to_string(spec.features), features));
  if (!(spec.limit > 0.0) || !std::isfinite(spec.limit))
    return refused(spec, "its scaled features are cut at a limit that is no positive number");
  const Policy::Shape& shape = model.policy->shape();
  if (shape.inputs != features + kOwnInputs || shape.actions != kPolicyActions)
    return refused(spec, fmt::format("its network reads {} inputs and chooses of {}; {} features "
                                     "need {} and {}",
                                     shape.inputs, shape.actions, to_string(spec.features),
                                     features + kOwnInputs, kPolicyActions));
  if (spec.market.rebuild_bars >= spec.market.trial_bars)
    return refused(spec, fmt::format("its trials of {} bars are over before {} bars have filled "
                                     "its memory",
                                     spec.market.trial_bars, spec.market.rebuild_bars));
  return success();
}

Result<void> check_ensemble(std::span<const PolicyModel> models) {
  if (models.empty())
    return error(ErrorCode::Refused, "policy.checkpoints names no file: name at least one");
  const PolicySpec& first = models.front().spec;
  for (const PolicyModel& model : models.subspan(1)) {
    const PolicySpec& spec = model.spec;
    if (spec.features != first.features || spec.interval != first.interval)
      return refused(spec,
                     fmt::format("it reads {} features of {} bars, {} reads {} of {}: they "
                                 "cannot trade together",
                                 to_string(spec.features), to_string(spec.interval), first.name,
                                 to_string(first.features), to_string(first.interval)));
    if (const std::string what = first_difference(first.market, spec.market); !what.empty())
      return refused(spec, fmt::format("it was trained for another market than {}: {}; they cannot "
                                       "trade together",
                                       first.name, what));
    // Their gradient steps are those of one task.
    if (spec.inner_steps != first.inner_steps || spec.inner_rate != first.inner_rate)
      return refused(spec, fmt::format("it was trained to adapt by {} gradient steps of rate {:g}, "
                                       "{} by {} of {:g}: they cannot trade together",
                                       spec.inner_steps, spec.inner_rate, first.name,
                                       first.inner_steps, first.inner_rate));
  }
  return success();
}

}  // namespace proteus::strategies
