#include "models/learners/agent_file.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "models/inference/setting_lines.hpp"
#include "models/learners/weight_loss.hpp"

namespace proteus::learners {
namespace {

using inference::Checkpoint;

/// All groups of settings, in the order of the file.
template <class Settings, class Visit>
void for_each_group(Settings& s, Visit visit) {
  visit(s.policy);
  visit(s.policy.core);
  visit(s.inputs);
  visit(s.ppo);
  visit(s.env);
  visit(s.venue);
  visit(s.actions);
  visit(s.reward);
  visit(s.sampler);
  visit(s);
}

std::string action_map(const training::ActionSettings& actions) {
  const auto of = [&](std::string_view words) {
    return fmt::format(
        "{}; a full position is {} of equity, wishes within {} of what is held "
        "change nothing",
        words, actions.exposure_max, actions.no_trade_band);
  };
  switch (actions.set) {
    case training::ActionSet::BuySellHold:
      return of("buy_sell_hold: 0 long, 1 short (spot: flat), 2 as it is");
    case training::ActionSet::Target:
      return of("target: 0 short, 1 flat, 2 long");
    case training::ActionSet::Adjust:
      return of(
          fmt::format("adjust: 0 up and 1 down by {}, 2 as it is, 3 flat", actions.adjust_step));
    case training::ActionSet::Weight:
      break;
  }
  return of("weight: the share itself");
}

std::vector<std::uint64_t> shape_of(const torch::Tensor& tensor) {
  std::vector<std::uint64_t> shape;
  for (const std::int64_t n : tensor.sizes()) shape.push_back(static_cast<std::uint64_t>(n));
  return shape;
}

Error corrupt(std::string what) {
  return error(ErrorCode::Corrupt, "the checkpoint's " + std::move(what));
}

Result<Rl2Settings> read_settings(inference::SettingLines& lines) {
  Rl2Settings settings;
  for_each_group(settings, [&](auto& group) { lines.read_all(group); });
  if (!lines.bad().empty())
    return corrupt(fmt::format("setting {} is missing or cannot be read", lines.bad()));
  return settings;
}

/// Copies every tensor into the parameter of its name.
Result<void> fill(policy::ActorCritic& policy, const Checkpoint& checkpoint) {
  std::vector<float> all;
  std::size_t used = 0;
  for (const auto& entry : policy.named_parameters()) {
    BOOST_OUTCOME_TRY(const inference::Tensor* tensor, checkpoint.tensor(entry.key()));
    if (tensor->shape != shape_of(entry.value()))
      return corrupt(fmt::format("tensor {} has the shape [{}], and [{}] is wanted", entry.key(),
                                 fmt::join(tensor->shape, ", "),
                                 fmt::join(shape_of(entry.value()), ", ")));
    BOOST_OUTCOME_TRY(const std::vector<float> values, tensor->floats());
    all.insert(all.end(), values.begin(), values.end());
    ++used;
  }
  // What a run that goes on needs stands beside the policy (models/runs/run.hpp).
  const auto stored = static_cast<std::size_t>(std::ranges::count_if(
      checkpoint.tensors, [](const auto& t) { return !t.name.starts_with("training."); }));
  if (used != stored)
    return corrupt(fmt::format("tensors are {}, and its settings make {}", stored, used));
  std::ranges::copy(all, policy.values().begin());
  return success();
}

/// What the settings make has to be what is stored beside them.
Result<void> check_made(inference::SettingLines& lines, const policy::ActorCritic& policy,
                        std::size_t trial_steps) {
  for (const auto& [name, made] :
       {std::pair<std::string_view, std::int64_t>{"inputs", policy.inputs()},
        {"choices", policy.actions()},
        {"state_size", policy.state_size()},
        {"trial_steps", static_cast<std::int64_t>(trial_steps)}}) {
    std::int64_t stored = -1;
    lines.read(name, stored);
    if (stored != made)
      return corrupt(fmt::format("{} is {}, and its settings make {}", name, stored, made));
  }
  return success();
}

}  // namespace

Checkpoint agent_checkpoint(const policy::ActorCritic& policy, const Inputs& inputs,
                            const features::PolicyObservation& observation,
                            const Rl2Settings& settings) {
  Checkpoint c;
  c.kind = kAgentKind;
  c.schema = observation.canonical_text();
  c.action_map = action_map(settings.actions);
  if (inputs.settings().normalise)
    c.normaliser = {{inputs.offset().begin(), inputs.offset().end()},
                    {inputs.factor().begin(), inputs.factor().end()},
                    Inputs::kLimit};
  for_each_group(settings, [&](const auto& group) { c.config += inference::setting_lines(group); });
  c.config +=
      fmt::format("inputs = {}\nchoices = {}\nstate_size = {}\ntrial_steps = {}\n", policy.inputs(),
                  policy.actions(), policy.state_size(), inputs.shape().trial_steps);
  for (const auto& entry : policy.named_parameters()) {
    const torch::Tensor& p = entry.value();
    c.tensors.push_back(inference::Tensor::of(
        entry.key(), shape_of(p),
        std::span<const float>(p.data_ptr<float>(), static_cast<std::size_t>(p.numel()))));
  }
  return c;
}

Result<LoadedAgent> load_agent(const Checkpoint& checkpoint, const features::Schema& features) {
  if (checkpoint.kind != kAgentKind)
    return inference::check_fits(checkpoint, kAgentKind, checkpoint.schema).error();
  inference::SettingLines lines{checkpoint.config};
  BOOST_OUTCOME_TRY(const Rl2Settings settings, read_settings(lines));
  BOOST_OUTCOME_TRY(auto observation,
                    features::PolicyObservation::create(features, time_share(settings.time)));
  BOOST_OUTCOME_TRY(inference::check_fits(checkpoint, kAgentKind, observation.canonical_text()));
  const auto choices = training::choices(settings.actions.set);
  const bool weighs = settings.actions.set == training::ActionSet::Weight;
  const InputShape shape{1, observation.columns(), static_cast<std::size_t>(weighs ? 1 : choices),
                         trial_steps(settings.sampler)};
  const std::size_t scaled = settings.inputs.normalise ? shape.columns + 1 : 0;
  if (checkpoint.normaliser.factor.size() != scaled)
    return corrupt(fmt::format("normaliser has {} columns, and its settings make {}",
                               checkpoint.normaliser.factor.size(), scaled));
  Inputs inputs = scaled > 0 ? Inputs(settings.inputs, shape, checkpoint.normaliser.offset,
                                      checkpoint.normaliser.factor)
                             : Inputs(settings.inputs, shape);
  auto policy = std::make_unique<policy::ActorCritic>(
      settings.policy, static_cast<std::int64_t>(inputs.width()),
      weighs ? static_cast<std::int64_t>(kWeightOutputs) : choices, 0,
      static_cast<std::int64_t>(shape.columns));
  BOOST_OUTCOME_TRY(check_made(lines, *policy, shape.trial_steps));
  BOOST_OUTCOME_TRY(fill(*policy, checkpoint));
  return LoadedAgent{std::move(policy), std::move(inputs), std::move(observation), settings};
}

}  // namespace proteus::learners
