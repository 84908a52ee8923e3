// KA-1, KA-2 and KA-3: bandits whose arm means are uniform.
#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "models/evaluation/known_answers/bandit.hpp"
#include "models/evaluation/known_answers/known_answer.hpp"
#include "models/evaluation/known_answers/seeds.hpp"

namespace proteus::evaluation {
namespace {

constexpr std::int64_t kInstances = 20'000;

/// The sizes that are asked for, the known answer's own where they are not. Errors: OutOfRange.
Result<Bandit> bandit_of(const Parameters& p, Bandit own) {
  const Bandit bandit{p.arms.value_or(own.arms), p.pulls.value_or(own.pulls)};
  if (bandit.arms < 1 || bandit.arms > 1000 || bandit.pulls < 1 || bandit.pulls > 10'000)
    return error(ErrorCode::OutOfRange,
                 fmt::format("a bandit of {} arms and {} pulls: arms go from 1 to 1000, pulls from "
                             "1 to 10000",
                             bandit.arms, bandit.pulls));
  return bandit;
}

bool is(const Bandit& bandit, const Bandit& own) {
  return bandit.arms == own.arms && bandit.pulls == own.pulls;
}

}  // namespace

Result<std::vector<Check>> bernoulli_bandit(const Parameters& p) {
  constexpr Bandit kOwn{5, 100};
  BOOST_OUTCOME_TRY(const Bandit bandit, bandit_of(p, kOwn));
  const std::int64_t instances = p.instances.value_or(kInstances);
  const double pulls = static_cast<double>(bandit.pulls);
  const auto earned = [&](BanditRule rule) {
    return median_over_seeds(p, [&](auto seed) { return play(bandit, rule, instances, seed); });
  };
  // A total spreads by at most half the pulls; four standard errors on top of the known tolerance
  // cover it where fewer instances are asked for.
  const double fewer = instances < kInstances ? 2.0 * pulls / std::sqrt(double(instances)) : 0.0;
  const double tolerance = 0.004 * pulls + fewer;
  std::vector<Check> checks;
  checks.push_back(Check::within("random rule, mean total reward", earned(BanditRule::Random),
                                 0.5 * pulls, tolerance, 2));
  const double greedy = earned(BanditRule::Greedy);
  const double thompson = earned(BanditRule::Thompson);
  if (is(bandit, kOwn)) {
    checks.push_back(Check::within("greedy rule", greedy, 75.56, tolerance, 2));
    checks.push_back(Check::within("Thompson sampling", thompson, 74.98, tolerance, 2));
    return checks;
  }
  // A variant: no rule beats the best one, which can be computed where the bandit is small.
  const auto best = bayes_optimal(bandit);
  for (const auto& [what, value] :
       {std::pair{"greedy rule", greedy}, std::pair{"Thompson sampling", thompson}})
    checks.push_back(best.has_value() ? Check::at_most(what, value, best.value() + tolerance, 2)
                                      : Check::shown(what, value, 2));
  return checks;
}

Result<std::vector<Check>> bandit_references(const Parameters& p) {
  constexpr Bandit kOwn{5, 10};
  BOOST_OUTCOME_TRY(const Bandit bandit, bandit_of(p, kOwn));
  BOOST_OUTCOME_TRY(const double best, bayes_optimal(bandit));
  const char* what = "best possible, by enumeration of posteriors";
  return std::vector<Check>{
      is(bandit, kOwn) ? Check::within(what, best, 6.660, 5e-4) : Check::shown(what, best),
      Check::not_built("RL2, mean total reward")};
}

Result<std::vector<Check>> dependent_arms(const Parameters& p) {
  constexpr std::int64_t kPulls = 30;
  constexpr double kLeastRegret = 0.9260;  // as exact fractions, and by integrating over p
  BOOST_OUTCOME_TRY(const Bandit bandit, bandit_of(p, {2, kPulls}));
  const double regret = dependent_arms_regret(bandit.pulls);
  const char* what = "least possible regret, summed exactly";
  return std::vector<Check>{bandit.pulls == kPulls ? Check::within(what, regret, kLeastRegret, 5e-5)
                                                   : Check::shown(what, regret),
                            Check::not_built("RL2, regret"),
                            Check::not_built("RL2 without the reward as an input, regret")};
}

}  // namespace proteus::evaluation
