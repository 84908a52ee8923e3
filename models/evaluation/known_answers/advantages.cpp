// KA-11.
#include <array>

#include "models/evaluation/known_answers/known_answer.hpp"
#include "models/training/gae.hpp"

namespace proteus::evaluation {

Result<std::vector<Check>> advantages(const Parameters&) {
  using training::StepEnd;
  constexpr std::array<float, 3> kRewards{1.0F, 2.0F, 3.0F};
  constexpr std::array<float, 3> kValues{0.5F, 1.0F, 1.5F};
  constexpr std::array<float, 3> kBootstrap{0.0F, 0.0F, 2.0F};
  constexpr std::array<float, 1> kBeyond{100.0F};  // of the next trial: must not be read
  struct Case {
    const char* name;
    StepEnd end;
    std::array<double, 3> known;
  };
  const std::array<Case, 2> cases{
      {{"terminated", StepEnd::TrialTerminated, {3.8696, 3.43, 1.5}},
       {"truncated, V(s') = 2", StepEnd::TrialTruncated, {4.80272, 4.726, 3.3}}}};
  std::vector<Check> checks;
  for (const Case& c : cases) {
    const std::array<StepEnd, 3> ends{StepEnd::None, StepEnd::None, c.end};
    std::array<float, 3> got{};
    std::array<float, 3> returns{};
    training::gae({3, 1, kRewards, kValues, ends, kBootstrap, kBeyond}, {0.9, 0.8}, got, returns);
    for (std::size_t t = 0; t < 3; ++t)
      checks.push_back(Check::within(std::string(c.name) + ", A_" + std::to_string(t), got[t],
                                     c.known[t], 1e-6, 6));
  }
  return checks;
}

}  // namespace proteus::evaluation
