// Which periods train, choose and judge. Rows are decided at their period and labelled by the next
// `horizon` ones, so a row whose label reaches into a block that judges must not train: it is
// purged. Rows right behind such a block still carry its echo in their windows: they are embargoed.
#pragma once

#include <cstddef>
#include <vector>

#include "engine/core/result.hpp"

namespace proteus::evaluation {

/// Periods [from, to).
struct Stretch {
  std::size_t from = 0;
  std::size_t to = 0;
  [[nodiscard]] std::size_t size() const { return to - from; }
  friend bool operator==(const Stretch&, const Stretch&) = default;
};

struct WalkForwardSettings {
  std::size_t train = 0;       ///< periods of the first fold's training
  std::size_t validation = 0;  ///< to choose on; 0: none
  std::size_t test = 0;        ///< judged once
  std::size_t horizon = 0;     ///< periods that a label looks ahead
  bool expanding = true;       ///< later folds train on all of the past; else on as much of it
};
struct Fold {
  Stretch train;
  Stretch validation;
  Stretch test;
};
/// Folds whose test blocks follow one another without overlap, the first right behind the first
/// training and validation; training and validation each end `horizon` before what comes next. What
/// is left at the end and fills no test block is not used. Errors: OutOfRange, where not one fold
/// fits or a block would be empty.
Result<std::vector<Fold>> walk_forward(std::size_t periods, const WalkForwardSettings& settings);

struct CombinatorialSettings {
  std::size_t groups = 6;
  std::size_t test_groups = 2;
  std::size_t horizon = 0;
  double embargo = 0.01;  ///< share of all periods behind each test group, in [0, 1)
};
struct CombinatorialSplit {
  std::vector<Stretch> train;      ///< in order, none empty
  std::vector<std::size_t> tests;  ///< groups that judge, ascending
  std::vector<std::size_t> paths;  ///< of each of them: the path that its result belongs to
};
struct CombinatorialPlan {
  std::vector<Stretch> groups;
  std::vector<CombinatorialSplit> splits;  ///< C(groups, test_groups)
  std::size_t paths = 0;  ///< whole histories out of sample: test_groups / groups of the splits
};
/// Combinatorial purged cross-validation (Lopez de Prado 2018, chapter 12): every choice of test
/// groups once; each path has every group exactly once. Groups differ by one period at most.
/// Errors: OutOfRange for groups outside of 2 .. 20, not fewer test groups than groups, or a split
/// that leaves nothing to train on.
Result<CombinatorialPlan> combinatorial_splits(std::size_t periods,
                                               const CombinatorialSettings& settings);

}  // namespace proteus::evaluation
