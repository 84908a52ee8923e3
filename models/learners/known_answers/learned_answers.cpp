#include "models/learners/known_answers/learned_answers.hpp"

#include <algorithm>
#include <array>

namespace proteus::learners {

using evaluation::Check;
using evaluation::Grade;
using evaluation::KnownAnswer;
using evaluation::Parameters;

std::span<const LearnedAnswer> learned_answers() {
  static constexpr std::array kAll{
      LearnedAnswer{"KA-2", learned_bandit},        LearnedAnswer{"KA-3", learned_dependent_arms},
      LearnedAnswer{"KA-4", learned_telling_arm},   LearnedAnswer{"KA-5", learned_grid_navi},
      LearnedAnswer{"KA-6", learned_cart_pole},     LearnedAnswer{"KA-12", learned_hidden_drift},
      LearnedAnswer{"KA-16", learned_noise_market},
  };
  return kAll;
}

std::vector<Check> joined(std::vector<Check> plain, std::vector<Check> learned) {
  std::erase_if(plain, [&](const Check& check) {
    return check.grade() == Grade::NotBuilt &&
           std::ranges::any_of(learned, [&](const Check& l) { return l.what == check.what; });
  });
  plain.insert(plain.end(), std::make_move_iterator(learned.begin()),
               std::make_move_iterator(learned.end()));
  return plain;
}

std::vector<KnownAnswer> all_known_answers() {
  const auto plain = evaluation::known_answers();
  std::vector<KnownAnswer> all{plain.begin(), plain.end()};
  for (const LearnedAnswer& learned : learned_answers())
    for (KnownAnswer& known : all) {
      if (known.id != learned.id) continue;
      known.run = [before = known.run,
                   run = learned.run](const Parameters& p) -> Result<std::vector<Check>> {
        BOOST_OUTCOME_TRY(auto checks, before(p));
        BOOST_OUTCOME_TRY(auto more, run(p));
        return joined(std::move(checks), std::move(more));
      };
    }
  return all;
}

}  // namespace proteus::learners
