#include "models/learners/known_answers/drift_env.hpp"

#include <algorithm>
#include <cstdlib>

namespace proteus::learners {

using training::StepEnd;

DriftEnv::DriftEnv(std::size_t size, const evaluation::DriftMarket& market, double cost,
                   bool weighs)
    : ArrayEnv(size, 2, weighs ? 1 : 3, static_cast<std::size_t>(market.bars - 1)),
      market_(market),
      cost_(cost),
      weighs_(weighs),
      paths_(size) {}

void DriftEnv::begin(std::size_t i) {
  Path& path = paths_[i];
  evaluation::draw_path(market_, random_[i], path.returns);
  path.bar = 0;
  path.position = 0.0;
}

void DriftEnv::show(std::size_t i) {
  const Path& path = paths_[i];
  observation(i)[0] = static_cast<float>(path.returns[path.bar] / market_.sigma);
  observation(i)[1] = static_cast<float>(path.position);
}

void DriftEnv::reset(std::uint64_t seed) {
  this->seed(seed, "drift");
  for (std::size_t i = 0; i < size(); ++i) {
    begin(i);
    show(i);
  }
}

void DriftEnv::archive(Archive& a) {
  ArrayEnv::archive(a);
  archive_array(a, std::span(paths_));
}

void DriftEnv::step(std::span<const std::int32_t> actions) {
  for (std::size_t i = 0; i < size(); ++i) hold(i, actions[i] - 1);
}

void DriftEnv::step_weights(std::span<const float> weights) {
  for (std::size_t i = 0; i < size(); ++i)
    hold(i, std::clamp(static_cast<double>(weights[i]), -1.0, 1.0));
}

void DriftEnv::hold(std::size_t i, double wanted) {
  Path& path = paths_[i];
  const double paid = cost_ * std::abs(wanted - path.position);
  path.position = wanted;
  rewards_[i] = static_cast<float>(wanted * path.returns[++path.bar] - paid);
  ends_[i] = StepEnd::None;
  if (path.bar + 1 == path.returns.size()) {
    show(i);
    std::ranges::copy(observation(i), final_observation(i).begin());
    ends_[i] = StepEnd::TrialTerminated;
    begin(i);
  }
  show(i);
}

}  // namespace proteus::learners
