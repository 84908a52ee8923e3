// bench_learning: the figures that the learners are held to (docs/reference/benchmarks.md), beside
// the floor and the plain PyTorch programs in the same run. It is run by hand; it fails when what
// was to be measured did not happen, never because it took long.
//
//   bench_learning [--only rl2|maml|market|processes] [--rounds N] [--baselines DIR]
//                  [--python PROGRAM] [--tiny]
#include <fmt/format.h>

#include <charconv>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "tests/bench/learning/parts.hpp"
#include "tests/bench/measure.hpp"
#include "tools/app/verify/learner.hpp"

namespace {

using namespace proteus::bench;

struct Options {
  LearningPlan plan;
  std::string only;
  bool child = false;
};

/// Nothing: the arguments are not understood.
std::optional<Options> parse(int argc, char** argv) {
  Options options;
  options.plan.python = "/usr/bin/python3";  // whose packages have PyTorch
  if (const char* folder = std::getenv("PROTEUS_BASELINES_DIR")) options.plan.baselines = folder;
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    if (name == "--tiny") {
      options.plan.tiny = true;
      options.plan.rounds = 1;
      options.plan.iterations = 1;
      options.plan.environments = 4;
      options.plan.steps = 30;
      options.plan.baselines.clear();
    } else if (name == "--child") {
      options.child = true;
    } else if (i + 1 == argc) {
      return std::nullopt;
    } else if (name == "--only") {
      options.only = argv[++i];
    } else if (name == "--baselines") {
      options.plan.baselines = argv[++i];
    } else if (name == "--python") {
      options.plan.python = argv[++i];
    } else if (name == "--rounds") {
      const std::string_view text = argv[++i];
      const auto [end, failed] =
          std::from_chars(text.data(), text.data() + text.size(), options.plan.rounds);
      if (failed != std::errc{} || end != text.data() + text.size() || options.plan.rounds < 1)
        return std::nullopt;
    } else {
      return std::nullopt;
    }
  }
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  proteus::app::verify::ensure_learning_environment();
  proteus::app::verify::keep_memory();
  const auto options = parse(argc, argv);
  if (!options) {
    fmt::print(stderr,
               "usage: bench_learning [--only rl2|maml|market|processes] [--rounds N] "
               "[--baselines DIR] [--python PROGRAM] [--tiny]\n");
    return 2;
  }
  const LearningPlan& plan = options->plan;
  if (options->child) return train_and_tell(plan);
  for (const std::string& line : machine_lines()) fmt::print("{}\n", line);
  for (const auto& [name, value] : proteus::app::verify::learning_environment())
    fmt::print("{}={}\n", name, value);
  const auto wanted = [&](std::string_view part) {
    return options->only.empty() || options->only == part;
  };
  const MachineTime before = machine_time();
  Table table;
  const Reference reference = run_plain_programs(plan, table);
  if (wanted("rl2")) measure_rl2(plan, reference, table);
  if (wanted("maml")) measure_maml(plan, reference, table);
  if (wanted("market")) measure_market(plan, reference, table);
  if (wanted("processes")) measure_processes(plan, table);
  table.facts.push_back("whole run: " + told(before, machine_time()));
  print(table);
  return table.broken.empty() ? 0 : 1;
}
