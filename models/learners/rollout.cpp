#include "models/learners/rollout.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace proteus::learners {
namespace {

std::optional<std::size_t> not_finite(std::span<const float> values) {
  const auto it = std::ranges::find_if(values, [](float v) { return !std::isfinite(v); });
  if (it == values.end()) return std::nullopt;
  return static_cast<std::size_t>(it - values.begin());
}

}  // namespace

Rollout::Rollout(std::size_t steps_, std::size_t environments_, std::size_t width, bool weighs)
    : steps(steps_),
      environments(environments_),
      inputs(
          torch::zeros({static_cast<std::int64_t>(steps), static_cast<std::int64_t>(environments),
                        static_cast<std::int64_t>(width)})),
      resets(
          torch::zeros({static_cast<std::int64_t>(steps), static_cast<std::int64_t>(environments)},
                       torch::kUInt8)),
      actions(steps * environments),
      weights(weighs ? steps * environments : 0),
      log_chances(steps * environments),
      values(steps * environments),
      rewards(steps * environments),
      truncated_values(steps * environments),
      ends(steps * environments),
      last_values(environments) {}

std::optional<std::string> Rollout::fault() const {
  const auto tell = [this](const char* what, std::size_t place) {
    return fmt::format("{} is no finite number in step {} of environment {}", what,
                       place / environments, place % environments);
  };
  const std::size_t width = static_cast<std::size_t>(inputs.size(2));
  const std::span<const float> told{inputs.data_ptr<float>(),
                                    static_cast<std::size_t>(inputs.numel())};
  if (const auto at = not_finite(rewards)) return tell("a reward", *at);
  if (const auto at = not_finite(told))
    return tell(fmt::format("column {} of the input", *at % width).c_str(), *at / width);
  if (const auto at = not_finite(values)) return tell("a value of the policy", *at);
  if (const auto at = not_finite(log_chances)) return tell("a chance of the policy", *at);
  if (const auto at = not_finite(truncated_values)) return tell("a cut-off state's value", *at);
  return std::nullopt;
}

void collect(Actor& actor, const VectorEnv& env, ReturnScale& scale, Rollout& rollout) {
  const std::size_t n = rollout.environments;
  const std::size_t width = static_cast<std::size_t>(rollout.inputs.size(2));
  const std::span<float> inputs{rollout.inputs.data_ptr<float>(), rollout.steps * n * width};
  auto* resets = rollout.resets.data_ptr<std::uint8_t>();
  rollout.start = actor.state().clone();
  std::ranges::fill(rollout.truncated_values, 0.0F);
  std::fill_n(resets, n,
              std::uint8_t{0});  // The stored start is zero where a trial begins with it.
  for (std::size_t t = 0; t < rollout.steps; ++t) {
    const auto place = static_cast<std::ptrdiff_t>(t * n);
    actor.decide(inputs.subspan(t * n * width, n * width));
    actor.advance(std::span(rollout.truncated_values).subspan(t * n, n));
    std::ranges::copy(actor.actions(), rollout.actions.begin() + place);
    if (!rollout.weights.empty())
      std::ranges::copy(actor.weights(), rollout.weights.begin() + place);
    std::ranges::copy(actor.log_chances(), rollout.log_chances.begin() + place);
    std::ranges::copy(actor.values(), rollout.values.begin() + place);
    std::ranges::copy(env.rewards(), rollout.rewards.begin() + place);
    std::ranges::copy(env.ends(), rollout.ends.begin() + place);
    scale.count(env.rewards(), env.ends());
    if (t + 1 < rollout.steps)
      for (std::size_t i = 0; i < n; ++i)
        resets[(t + 1) * n + i] = ends_trial(env.ends()[i]) ? 1 : 0;
  }
  std::vector<float> scratch(n * width);
  actor.value_now(scratch, rollout.last_values);
}

}  // namespace proteus::learners
