#include "models/learners/adam.hpp"

#include <array>
#include <cmath>

#include "engine/core/assert.hpp"
#include "models/inference/kernels.hpp"

namespace proteus::learners {
namespace {
constexpr double kBeta1 = 0.9;
constexpr double kBeta2 = 0.999;
}  // namespace

double norm(std::span<const float> values) {
  std::array<double, 8> sums{};  // Eight chains: one alone waits for each addition.
  std::size_t i = 0;
  for (; i + 8 <= values.size(); i += 8)
    for (std::size_t k = 0; k < 8; ++k)
      sums[k] += static_cast<double>(values[i + k]) * static_cast<double>(values[i + k]);
  for (; i < values.size(); ++i)
    sums[0] += static_cast<double>(values[i]) * static_cast<double>(values[i]);
  double sum = 0.0;
  for (const double s : sums) sum += s;
  return std::sqrt(sum);
}

void Adam::step(std::span<float> parameters, std::span<const float> gradients, double scale,
                double rate) {
  PROTEUS_ASSERT(parameters.size() == first_.size() && gradients.size() == first_.size());
  ++steps_;
  const double t = static_cast<double>(steps_);
  inference::AdamStep step;
  step.size = first_.size();
  step.parameters = parameters.data();
  step.gradients = gradients.data();
  step.first = first_.data();
  step.second = second_.data();
  step.scale = static_cast<float>(scale);
  step.rate = static_cast<float>(rate / (1.0 - std::pow(kBeta1, t)));
  step.beta1 = static_cast<float>(kBeta1);
  step.beta2 = static_cast<float>(kBeta2);
  step.correction = static_cast<float>(1.0 / (1.0 - std::pow(kBeta2, t)));
  step.epsilon = static_cast<float>(epsilon_);
  inference::kernels().adam(step);
}

}  // namespace proteus::learners
