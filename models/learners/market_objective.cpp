#include "models/learners/market_objective.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "engine/core/assert.hpp"
#include "strategies/policy/policy_trial.hpp"

namespace proteus::learners {
namespace {

using strategies::kPolicyActions;

constexpr std::size_t kOutputs = kPolicyActions + 1;

double magnitude(double x) { return std::sqrt(x * x + kKink * kKink) - kKink; }
double slope(double x) { return x / std::sqrt(x * x + kKink * kKink); }

}  // namespace

ObjectiveResult market_objective(const TrialRows& in, const ObjectiveSettings& settings,
                                 std::span<const float> outputs, std::span<float> gradient) {
  const std::size_t rows = in.steps * in.trials;
  PROTEUS_ASSERT(in.warm_up + 1 < in.steps && in.trials > 0 && in.moves.size() == rows &&
                 in.decides.size() == rows);
  PROTEUS_ASSERT(outputs.size() == rows * kOutputs && gradient.size() == outputs.size());
  const std::size_t last = in.steps - 1;
  const double count = static_cast<double>((last - in.warm_up) * in.trials);
  const auto at = [&](std::size_t t, std::size_t i) { return t * in.trials + i; };

  // Forward: chances, exposures and what each decision brought.
  std::vector<std::array<double, kPolicyActions>> chances(rows);
  std::vector<double> exposure(rows);
  std::vector<double> net(rows, 0.0);
  ObjectiveResult result;
  double squares = 0.0;
  for (std::size_t i = 0; i < in.trials; ++i) {
    double held = 0.0;
    for (std::size_t t = 0; t < in.steps; ++t) {
      const std::size_t k = at(t, i);
      auto& p = chances[k];
      p = strategies::chances_of(outputs.subspan(k * kOutputs, kPolicyActions));
      const double before = held;
      if (in.decides[k] != 0) held = (p[2] - p[0]) * in.moves[k].scale;
      exposure[k] = held;
      if (t == last) continue;
      const auto& next = in.moves[at(t + 1, i)];
      net[k] = (held * next.bar_return - magnitude(held) * next.assumed -
                in.cost * magnitude(held - before)) /
               in.unit;
      if (t < in.warm_up) continue;
      result.mean += net[k];
      squares += net[k] * net[k];
      result.turnover += std::abs(held - before);
      result.exposure += std::abs(held);
      result.long_share += held;
    }
  }
  result.mean /= count;
  result.turnover /= count;
  result.exposure /= count;
  result.long_share /= count;
  result.deviation = std::sqrt(std::max(0.0, squares / count - result.mean * result.mean) + 1e-12);

  // d J / d n of one decision.
  const bool sharpe = settings.objective == Objective::Sharpe;
  result.objective =
      sharpe ? result.mean / result.deviation : result.mean - 0.5 * settings.risk * squares / count;
  const auto pull = [&](double n) {
    return sharpe
               ? (1.0 - result.mean * (n - result.mean) / (result.deviation * result.deviation)) /
                     (result.deviation * count)
               : (1.0 - settings.risk * n) / count;
  };

  // Backward: an exposure earns over the next bar, costs what it changes, and is what the next
  // change starts from; between decisions all of that belongs to the last one.
  const double value_weight = settings.value_share / count;
  for (std::size_t i = 0; i < in.trials; ++i) {
    double carried = 0.0;  // d J / d exposure of the bars that this decision still holds over
    double to_go = 0.0;
    for (std::size_t t = in.steps; t-- > 0;) {
      const std::size_t k = at(t, i);
      float* by = gradient.data() + k * kOutputs;
      std::fill_n(by, kOutputs, 0.0F);
      if (t == last) continue;
      to_go = net[k] + settings.value_horizon * to_go;
      const double before = t > 0 ? exposure[at(t - 1, i)] : 0.0;
      const double change = in.cost * slope(exposure[k] - before) / in.unit;
      const bool counts = t >= in.warm_up;
      const double g = counts ? pull(net[k]) : 0.0;
      const auto& next = in.moves[at(t + 1, i)];
      carried += g * ((next.bar_return - slope(exposure[k]) * next.assumed) / in.unit - change);
      const auto& p = chances[k];
      if (in.decides[k] != 0) {
        const double weight = p[2] - p[0];
        double by_weight = carried * in.moves[k].scale;
        if (counts && !in.teacher.empty()) {
          const double away = weight - static_cast<double>(in.teacher[k]);
          by_weight -= settings.teacher_share / count * away;
          result.astray += away * away / count;
        }
        for (std::size_t a = 0; a < kPolicyActions; ++a)
          by[a] = static_cast<float>(-by_weight * p[a] * (static_cast<double>(a) - 1.0 - weight));
        carried = 0.0;
      }
      carried += g * change;  // The exposure before is what this change started from.
      if (!counts) continue;
      double entropy = 0.0;
      for (const double x : p) entropy -= x * std::log(std::max(x, 1e-30));
      result.entropy += entropy / count;
      for (std::size_t a = 0; a < kPolicyActions; ++a)
        by[a] += static_cast<float>(settings.entropy_share / count * p[a] *
                                    (std::log(std::max(p[a], 1e-30)) + entropy));
      const double error = static_cast<double>(outputs[k * kOutputs + kPolicyActions]) - to_go;
      by[kPolicyActions] = static_cast<float>(value_weight * error);
      result.value_error += 0.5 * error * error / count;
    }
  }
  return result;
}

}  // namespace proteus::learners
