// The parts of bench_learning. Each adds its rows; none decides about time.
#pragma once

#include <map>
#include <string>

#include "tests/bench/daemon/table.hpp"

namespace proteus::bench {

/// How much is measured.
struct LearningPlan {
  int rounds = 7;           ///< repetitions that medians are taken over
  std::size_t steps = 600;  ///< of each environment in a rollout: three episodes of a third of it
  std::size_t environments = 64;
  int iterations = 12;    ///< of a training in a process of its own
  std::string python;     ///< interpreter of the plain programs
  std::string baselines;  ///< folder that they lie in; empty: left out
  bool tiny = false;
};

/// Figures of the plain programs by name, such as "rl2.overall.cpu"; empty where they did not run.
using Reference = std::map<std::string, double>;

/// Runs the plain programs, if there are any, and tells in the table what was run.
Reference run_plain_programs(const LearningPlan& plan, Table& table);
/// Training beside its own matrix products, and the time to an action.
void measure_rl2(const LearningPlan& plan, const Reference& reference, Table& table);
/// The learner of a few steps: outer step, adaptation, a back-test that adapts at every bar.
void measure_maml(const LearningPlan& plan, const Reference& reference, Table& table);
/// Features of bars and steps of the environment, without any learner.
void measure_market(const LearningPlan& plan, const Reference& reference, Table& table);
/// Memory of a training in a process of its own, and two of them beside one.
void measure_processes(const LearningPlan& plan, Table& table);

/// What a process of its own does for measure_processes: trains and says its rate and its memory.
int train_and_tell(const LearningPlan& plan);

}  // namespace proteus::bench
