#include "models/evaluation/splits.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>

namespace proteus::evaluation {

Result<std::vector<Fold>> walk_forward(std::size_t periods, const WalkForwardSettings& s) {
  const bool empty =
      s.train <= s.horizon || s.test == 0 || (s.validation > 0 && s.validation <= s.horizon);
  const std::size_t before = s.train + s.validation;
  if (empty || before + s.test > periods)
    return error(ErrorCode::OutOfRange,
                 fmt::format("{} periods hold no fold of {} to train, {} to choose on and {} to "
                             "judge, the first two each {} shorter for the labels' horizon: take "
                             "smaller blocks or more periods",
                             periods, s.train, s.validation, s.test, s.horizon));
  std::vector<Fold> folds;
  for (std::size_t test = before; test + s.test <= periods; test += s.test) {
    const std::size_t chosen_from = test - s.validation;
    Fold fold;
    fold.train = {s.expanding ? 0 : chosen_from - s.train, chosen_from - s.horizon};
    if (s.validation > 0) fold.validation = {chosen_from, test - s.horizon};
    fold.test = {test, test + s.test};
    folds.push_back(fold);
  }
  return folds;
}

namespace {

/// What lies outside of all `tests` and of the rows whose label or echo meets them.
std::vector<Stretch> purged(const std::vector<Stretch>& groups,
                            const std::vector<std::size_t>& tests, std::size_t horizon,
                            std::size_t embargo) {
  std::vector<Stretch> train;
  std::size_t from = 0;
  const std::size_t periods = groups.back().to;
  const auto close = [&](std::size_t to) {
    if (from < to) train.push_back({from, to});
  };
  for (const std::size_t test : tests) {
    close(groups[test].from - std::min(horizon, groups[test].from));
    // A test row's label reaches `horizon` beyond its group: rows there would share its returns.
    from = std::min(periods, groups[test].to + std::max(horizon, embargo));
  }
  close(periods);
  return train;
}

}  // namespace

Result<CombinatorialPlan> combinatorial_splits(std::size_t periods,
                                               const CombinatorialSettings& s) {
  if (s.groups < 2 || s.groups > 20 || s.test_groups == 0 || s.test_groups >= s.groups ||
      periods < s.groups || !(s.embargo >= 0.0 && s.embargo < 1.0))
    return error(ErrorCode::OutOfRange,
                 fmt::format("{} periods, {} groups of which {} judge, embargo {}: 2 to 20 groups, "
                             "fewer of them to judge, a period each at least and an embargo below "
                             "1 are needed",
                             periods, s.groups, s.test_groups, s.embargo));
  CombinatorialPlan plan;
  for (std::size_t g = 0; g < s.groups; ++g)
    plan.groups.push_back({g * periods / s.groups, (g + 1) * periods / s.groups});
  const auto embargo =
      static_cast<std::size_t>(std::ceil(s.embargo * static_cast<double>(periods)));
  std::vector<std::size_t> judged(s.groups, 0);  // how often a group was
  for (std::uint32_t set = 0; set < (1U << s.groups); ++set) {
    if (std::popcount(set) != static_cast<int>(s.test_groups)) continue;
    CombinatorialSplit split;
    for (std::size_t g = 0; g < s.groups; ++g) {
      if ((set >> g & 1U) == 0) continue;
      split.tests.push_back(g);
      split.paths.push_back(judged[g]++);
    }
    split.train = purged(plan.groups, split.tests, s.horizon, embargo);
    if (split.train.empty())
      return error(ErrorCode::OutOfRange,
                   fmt::format("a horizon of {} and an embargo of {} leave nothing of {} periods "
                               "to train on: take fewer groups or more periods",
                               s.horizon, embargo, periods));
    plan.splits.push_back(std::move(split));
  }
  plan.paths = judged.front();
  return plan;
}

}  // namespace proteus::evaluation
