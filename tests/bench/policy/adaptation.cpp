// Gradient steps as the learner thread takes them.
#include <fmt/format.h>

#include "models/online/adapt.hpp"
#include "tests/bench/measure.hpp"
#include "tests/bench/policy/parts.hpp"
#include "tests/support/policies.hpp"
#include "tests/unit/online/support.hpp"

namespace proteus::bench {

void measure_adaptation(const PolicyPlan& plan, Table& table) {
  const std::size_t bars = plan.tiny ? 25 : 250;
  const online::AdaptSettings settings{.steps = 5, .rate = 0.05, .held_share = 0.2};
  const auto policy = test::random_policy(test::default_architecture(), 1, plan.kernel);
  const auto stretch = online::testing::stretch_of(policy->shape(), bars, 1);
  std::vector<double> torch;
  for (int round = -1; round < plan.rounds; ++round) {
    const double other = torch_gradients(policy->weights(AdaptedPart::All), bars / 5 * 4);
    if (round >= 0 && other >= 0.0) torch.push_back(other / 1e6);
  }
  for (const auto& [part, name] :
       {std::pair{AdaptedPart::Head, "head"}, {AdaptedPart::All, "all"}}) {
    std::vector<double> took, wall;
    online::Adapted adapted;
    for (int round = -1; round < 3 * plan.rounds; ++round) {
      const Took once =
          time_of([&] { adapted = online::adapt(*policy, part, stretch, settings).value(); });
      if (round < 0) continue;
      took.push_back(once.thread / 1e6);
      wall.push_back(once.wall / 1e6);
    }
    table.require(adapted.steps == 5 && adapted.support_after > adapted.support_before,
                  fmt::format("adaptation of the {} did not learn", name));
    std::string beside =
        fmt::format("{} bars learned from, {} held back; by the wall clock {:.2f} ms", bars / 5 * 4,
                    bars / 5, median(wall));
    if (part == AdaptedPart::All && !torch.empty())
      beside += fmt::format("; LibTorch forwards and backwards alone {:.1f} ms", median(torch));
    const double ms = median(took);
    table.rows.push_back({fmt::format("gradient adaptation, 5 steps over 200 bars, {}", name),
                          fmt::format("{:.2f} ms", ms), "<= 12 ms", ms <= 12.0, beside});
  }
}

}  // namespace proteus::bench
