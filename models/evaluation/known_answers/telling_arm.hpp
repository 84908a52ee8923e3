// Eleven arms, of which the last tells which of the others pays (Wang et al. 2016, "Learning to
// reinforcement learn", bandits with dependent arms II): one of the ten, uniformly drawn, pays 5,
// the other nine pay 1, and the telling one pays a tenth of the target's number. Exact values.
#pragma once

#include <cstdint>

namespace proteus::evaluation {

struct TellingArm {
  std::int64_t choices = 10;  ///< arms beside the telling one, 1 to 20
  std::int64_t pulls = 5;     ///< of the whole trial, 1 to 20
};

/// Expected total reward of the best rule.
double telling_arm_best(const TellingArm& game);
/// Of the best rule that never pulls the telling arm.
double telling_arm_untold(const TellingArm& game);

/// What is left where the first pull is an episode of its own and credit ends with it: it goes for
/// the best single pull, which is not the telling arm.
struct CutCredit {
  double blind = 0.0;    ///< the second episode then asks, whatever the first pull has shown
  double mindful = 0.0;  ///< it makes the best of what the first pull has shown
};
/// With at least two pulls.
CutCredit telling_arm_cut(const TellingArm& game);

}  // namespace proteus::evaluation
