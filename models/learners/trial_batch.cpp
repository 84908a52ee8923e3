#include "models/learners/trial_batch.hpp"

#include <algorithm>

namespace proteus::learners {
namespace {

using strategies::kPolicyActions;

strategies::MarketMove mirrored(strategies::MarketMove move) {
  move.bar_return = -move.bar_return;
  return move;
}

}  // namespace

PlayedTrials play(const policy::ActorCritic& policy, const strategies::MarketSettings& market,
                  std::span<const TrialStart> starts, std::size_t steps, const float* noise) {
  const auto inputs = static_cast<std::size_t>(policy.inputs());
  const std::size_t features = inputs - strategies::kOwnInputs;
  const std::size_t n = starts.size();
  PlayedTrials played;
  played.inputs = torch::zeros(
      {static_cast<std::int64_t>(steps), static_cast<std::int64_t>(n), policy.inputs()});
  played.moves.resize(steps * n);
  played.decides.resize(steps * n);
  played.exposures.resize(steps * n);
  const bool taught = std::ranges::all_of(
      starts, [](const TrialStart& start) { return start.panel->has_teacher(); });
  if (taught) played.teacher.resize(steps * n);
  std::vector<strategies::PolicyTrial> trials;
  trials.reserve(n);
  for (const TrialStart& start : starts)
    trials.emplace_back(market, start.panel->series().interval(), 0);
  torch::Tensor state = torch::zeros({static_cast<std::int64_t>(n), policy.state_size()});
  float* const all = played.inputs.data_ptr<float>();
  std::vector<float> row(features);
  for (std::size_t t = 0; t < steps; ++t) {
    for (std::size_t i = 0; i < n; ++i) {
      if (t >= starts[i].steps) continue;
      const training::PolicyPanel& panel = *starts[i].panel;
      const std::size_t bar = starts[i].bar + t;
      const auto& move = played.moves[t * n + i] =
          starts[i].mirrored ? mirrored(panel.move(bar)) : panel.move(bar);
      if (taught)
        played.teacher[t * n + i] = (starts[i].mirrored ? -1.0F : 1.0F) * panel.teacher(bar);
      std::ranges::copy(panel.features(bar), row.begin());
      if (starts[i].mirrored)
        for (std::size_t k = 0; k < features; ++k)
          if (panel.series().schema().features[k].odd) row[k] = -row[k];
      if (noise != nullptr)
        for (std::size_t k = 0; k < features; ++k) row[k] += noise[(t * n + i) * features + k];
      trials[i].observe(row, move, {all + (t * n + i) * inputs, inputs});
    }
    const torch::Tensor said = policy.step(played.inputs[static_cast<std::int64_t>(t)], state);
    const float* const outputs = said.data_ptr<float>();
    for (std::size_t i = 0; i < n; ++i) {
      if (t >= starts[i].steps) continue;
      const training::PolicyPanel& panel = *starts[i].panel;
      const std::size_t bar = starts[i].bar + t;
      const bool decides = strategies::decides_at(panel.series().bars()[bar].open_time,
                                                  panel.series().interval(), market.decide_every);
      played.decides[t * n + i] = decides ? 1 : 0;
      const auto& answer =
          trials[i].answer({outputs + i * (kPolicyActions + 1), kPolicyActions + 1},
                           played.moves[t * n + i], decides);
      played.finite = played.finite && answer.finite;
      played.exposures[t * n + i] = static_cast<float>(trials[i].account().exposure());
    }
  }
  return played;
}

}  // namespace proteus::learners
