#include "models/learners/belief_loss.hpp"

#include <algorithm>
#include <cmath>

namespace proteus::learners {
namespace {

using torch::Tensor;

/// Steps [begin, end) of one environment that belong to one trial; calls each(begin, end).
template <class Each>
void each_trial(const Rollout& rollout, std::size_t environment, Each each) {
  std::size_t begin = 0;
  for (std::size_t t = 0; t < rollout.steps; ++t) {
    const bool last =
        t + 1 == rollout.steps || ends_trial(rollout.ends[t * rollout.environments + environment]);
    if (!last) continue;
    each(begin, t + 1);
    begin = t + 1;
  }
}

}  // namespace

BeliefQuestions belief_questions(const Rollout& rollout, std::size_t columns, std::size_t actions,
                                 float reward_scale, std::uint64_t seed, std::size_t first) {
  const auto steps = static_cast<std::int64_t>(rollout.steps);
  const auto rows = static_cast<std::int64_t>(rollout.environments);
  const auto wide = [&](std::size_t width) {
    return torch::zeros({steps, rows, static_cast<std::int64_t>(width)});
  };
  BeliefQuestions out{wide(columns + actions), wide(1 + columns), wide(1)};
  const std::size_t n = rollout.environments;
  const std::size_t width = static_cast<std::size_t>(rollout.inputs.size(2));
  const float* inputs = rollout.inputs.data_ptr<float>();
  const auto write = [&](std::size_t at, std::size_t about) {
    float* asked = out.asked.data_ptr<float>() + at * (columns + actions);
    float* told = out.told.data_ptr<float>() + at * (1 + columns);
    std::copy_n(inputs + about * width, columns, asked);
    asked[columns + static_cast<std::size_t>(rollout.actions[about])] =
        rollout.weights.empty() ? 1.0F : std::clamp(rollout.weights[about], -1.0F, 1.0F);
    told[0] = rollout.rewards[about] * reward_scale;
    if (about + n >= rollout.rewards.size() || rollout.ends[about] != training::StepEnd::None)
      return;
    std::copy_n(inputs + (about + n) * width, columns, told + 1);
    out.has_next.data_ptr<float>()[at] = 1.0F;
  };
  Streams lots{seed, "belief", first, n};
  for (std::size_t i = 0; i < n; ++i) {
    each_trial(rollout, i, [&](std::size_t begin, std::size_t end) {
      const double length = static_cast<double>(end - begin);
      for (std::size_t t = begin; t < end; ++t)
        write(t * n + i, (begin + static_cast<std::size_t>(lots[i].uniform() * length)) * n + i);
    });
  }
  return out;
}

Tensor belief_loss(const policy::BeliefHead& belief, const Tensor& features,
                   const BeliefQuestions& questions) {
  const std::int64_t rows = features.size(0);
  const Tensor told = questions.told.reshape({rows, -1});
  const Tensor error =
      belief.foretell(belief.believe(features), questions.asked.reshape({rows, -1})) - told;
  const Tensor reward = error.narrow(1, 0, 1).square().mean();
  if (belief.columns() == 0) return 0.5 * reward;
  const Tensor next = error.narrow(1, 1, belief.columns()) * questions.has_next.reshape({rows, 1});
  return 0.5 * (reward + next.square().mean());
}

}  // namespace proteus::learners
