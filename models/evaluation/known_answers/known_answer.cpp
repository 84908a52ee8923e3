#include "models/evaluation/known_answers/known_answer.hpp"

#include <array>
#include <cmath>

namespace proteus::evaluation {
namespace {

/// What waits for its learner.
auto later(std::string what) {
  return [what = std::move(what)](const Parameters&) -> Result<std::vector<Check>> {
    return std::vector<Check>{Check::not_built(what)};
  };
}

}  // namespace

std::string_view to_string(Grade grade) {
  switch (grade) {
    case Grade::Pass:
      return "pass";
    case Grade::Fail:
      return "FAIL";
    case Grade::Shown:
      return "shown";
    case Grade::NotBuilt:
      return "not built";
  }
  return "?";
}

Check Check::within(std::string what, double value, double target, double tolerance, int digits) {
  return {std::move(what), value, target - tolerance, target + tolerance, digits};
}
Check Check::at_most(std::string what, double value, double bound, int digits) {
  return {std::move(what), value, std::nullopt, bound, digits};
}
Check Check::at_least(std::string what, double value, double bound, int digits) {
  return {std::move(what), value, bound, std::nullopt, digits};
}
Check Check::shown(std::string what, double value, int digits) {
  return {std::move(what), value, std::nullopt, std::nullopt, digits};
}
Check Check::not_built(std::string what) {
  return {std::move(what), std::nullopt, std::nullopt, std::nullopt, 0};
}

Grade Check::grade() const {
  if (!value) return Grade::NotBuilt;
  if (!low && !high) return Grade::Shown;
  const bool inside = (!low || *value >= *low) && (!high || *value <= *high);
  return inside && std::isfinite(*value) ? Grade::Pass : Grade::Fail;
}

std::span<const KnownAnswer> known_answers() {
  static const std::array<KnownAnswer, 16> all{{
      {"KA-1", "Bernoulli bandit, plain rules", bernoulli_bandit},
      {"KA-2", "Bernoulli bandit, RL2", bandit_references},
      {"KA-3", "two dependent arms, RL2", dependent_arms},
      {"KA-4", "one arm tells which pays, RL2", telling_arm},
      {"KA-5", "GridNavi, RL2", later("return over four episodes")},
      {"KA-6", "CartPole-v1, PPO", later("return after 500 000 steps")},
      {"KA-7", "CartPole-v1, discrete learners", later("return; mass of the projection")},
      {"KA-8", "sinusoids, MAML", sinusoids},
      {"KA-9", "point navigation, MAML", point_navigation},
      {"KA-10", "meta-gradient", meta_gradient},
      {"KA-11", "generalised advantages", advantages},
      {"KA-12", "hidden-drift market", hidden_drift},
      {"KA-13", "Kelly", kelly_bet},
      {"KA-14", "deflated Sharpe ratio", deflation},
      {"KA-15", "probability of overfitting", overfitting},
      {"KA-16", "noise market, whole pipeline", noise_market},
  }};
  return all;
}

}  // namespace proteus::evaluation
