// The known answers that need a learner, one line each, and the list that a user sees: the plain
// known answers with what the learners add to them.
#pragma once

#include <span>
#include <vector>

#include "models/evaluation/known_answers/known_answer.hpp"

namespace proteus::learners {

/// What a learner adds to the known answer `id`. Its checks take the place of those that
/// evaluation::known_answers() calls not built under the same words; others come after them.
struct LearnedAnswer {
  std::string_view id;
  Result<std::vector<evaluation::Check>> (*run)(const evaluation::Parameters&);
};

/// In the order of ids; a new one is a line in learned_answers.cpp and a declaration below.
std::span<const LearnedAnswer> learned_answers();

/// evaluation::known_answers() with the learners' checks.
std::vector<evaluation::KnownAnswer> all_known_answers();

/// `plain` with `learned` in the places of what was not built.
std::vector<evaluation::Check> joined(std::vector<evaluation::Check> plain,
                                      std::vector<evaluation::Check> learned);

// Each in the file of its name, bandits.cpp the first two.
using LearnedChecks = Result<std::vector<evaluation::Check>>;
LearnedChecks learned_bandit(const evaluation::Parameters&);          ///< KA-2
LearnedChecks learned_dependent_arms(const evaluation::Parameters&);  ///< KA-3
LearnedChecks learned_telling_arm(const evaluation::Parameters&);     ///< KA-4
LearnedChecks learned_grid_navi(const evaluation::Parameters&);       ///< KA-5
LearnedChecks learned_cart_pole(const evaluation::Parameters&);       ///< KA-6
LearnedChecks learned_hidden_drift(const evaluation::Parameters&);    ///< KA-12
LearnedChecks learned_noise_market(const evaluation::Parameters&);    ///< KA-16

}  // namespace proteus::learners
