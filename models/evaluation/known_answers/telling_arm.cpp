// KA-4.
#include "models/evaluation/known_answers/telling_arm.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "models/evaluation/known_answers/known_answer.hpp"

namespace proteus::evaluation {
namespace {

constexpr double kTarget = 5.0;
constexpr double kOther = 1.0;

/// Value of what is left while the target is not known, over sets of arms that were tried in vain.
class Search {
 public:
  Search(std::int64_t choices, bool may_ask) : choices_(choices), may_ask_(may_ask) {}

  /// tried: bit i stands for arm i + 1.
  double value(std::uint32_t tried, std::int64_t pulls) {
    if (pulls == 0) return 0.0;
    const auto known = known_.find({tried, pulls});
    if (known != known_.end()) return known->second;
    // An arm that was tried pays little for certain, and tells nothing.
    double best = tried != 0 ? kOther + value(tried, pulls - 1) : 0.0;
    double hints = 0.0;
    double left = 0.0;
    for (std::int64_t i = 0; i < choices_; ++i)
      if ((tried >> i & 1U) == 0) {
        left += 1.0;
        hints += static_cast<double>(i + 1) / static_cast<double>(choices_);
      }
    const double rest = static_cast<double>(pulls - 1);
    if (may_ask_) best = std::max(best, hints / left + kTarget * rest);
    for (std::int64_t i = 0; i < choices_; ++i) {
      if ((tried >> i & 1U) != 0) continue;
      const double hit = kTarget * (rest + 1.0) / left;
      const double miss =
          left > 1.0 ? (left - 1.0) / left * (kOther + value(tried | 1U << i, pulls - 1)) : 0.0;
      best = std::max(best, hit + miss);
      if (!may_ask_) break;  // Without the telling arm its neighbours' numbers make no difference.
    }
    known_.emplace(std::pair{tried, pulls}, best);
    return best;
  }

 private:
  std::int64_t choices_;
  bool may_ask_;
  std::map<std::pair<std::uint32_t, std::int64_t>, double> known_;
};

double hint_mean(std::int64_t choices) {
  return 0.5 * static_cast<double>(choices + 1) / static_cast<double>(choices);
}

}  // namespace

double telling_arm_best(const TellingArm& game) {
  return Search(game.choices, true).value(0, game.pulls);
}

double telling_arm_untold(const TellingArm& game) {
  return Search(game.choices, false).value(0, game.pulls);
}

CutCredit telling_arm_cut(const TellingArm& game) {
  const double n = static_cast<double>(game.choices);
  const double later = static_cast<double>(game.pulls - 1);
  const double first = (kTarget + (n - 1.0) * kOther) / n;
  CutCredit cut;
  cut.blind = first + hint_mean(game.choices) + kTarget * (later - 1.0);
  Search search(game.choices, true);
  for (std::int64_t i = 0; i < game.choices; ++i) {
    const double missed = game.choices > 1 ? search.value(1U << i, game.pulls - 1) : 0.0;
    cut.mindful = std::max(cut.mindful, first + kTarget * later / n + (n - 1.0) / n * missed);
  }
  return cut;
}

Result<std::vector<Check>> telling_arm(const Parameters& p) {
  const TellingArm own;
  const TellingArm game{p.arms.value_or(own.choices + 1) - 1, p.pulls.value_or(own.pulls)};
  if (game.choices < 2 || game.choices > 14 || game.pulls < 2 || game.pulls > 12)
    return error(ErrorCode::OutOfRange,
                 fmt::format("{} arms with {} pulls, one of which tells: arms go from 3 to 15, "
                             "pulls from 2 to 12",
                             game.choices + 1, game.pulls));
  const bool is_own = game.choices == own.choices && game.pulls == own.pulls;
  const auto check = [&](std::string what, double value, double known) {
    return is_own ? Check::within(std::move(what), value, known, 1e-9)
                  : Check::shown(std::move(what), value);
  };
  const CutCredit cut = telling_arm_cut(game);
  return std::vector<Check>{
      check("best possible, enumerated", telling_arm_best(game), 20.55),
      check("credit cut after the first pull, then asks anyway", cut.blind, 16.95),
      Check::shown("credit cut after the first pull, then the best", cut.mindful),
      check("best that never asks", telling_arm_untold(game), 11.0),
      Check::not_built("RL2, one episode of all pulls"),
      Check::not_built("RL2, episodes of 1 and 4 pulls in one trial")};
}

}  // namespace proteus::evaluation
