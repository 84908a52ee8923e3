// The plain PyTorch programs, which are no part of the project: where they are not found they are
// left out, and the table says so.
#include <fmt/format.h>

#include <filesystem>

#include "tests/bench/learning/child.hpp"

namespace proteus::bench {

Reference run_plain_programs(const LearningPlan& plan, Table& table) {
  Reference all;
  if (plan.baselines.empty()) {
    table.facts.emplace_back(
        "the plain PyTorch programs were not run: no folder was named (--baselines)");
    return all;
  }
  using Command = std::vector<std::string>;
  const Command wanted[] = {
      {"rl2_pytorch.py", "--repeats", "5", "--feature-rows", "20000"},
      {"maml_pytorch.py", "--repeats", "7", "--feature-rows", "20000", "--epochs", "0"}};
  for (const Command& words : wanted) {
    Command command{plan.python, plan.baselines + "/" + words.front()};
    command.insert(command.end(), words.begin() + 1, words.end());
    std::optional<Reference> figures;
    if (std::filesystem::exists(command[1])) figures = Started(command).figures();
    if (figures) all.insert(figures->begin(), figures->end());
    table.facts.push_back(fmt::format("{}: {}", words.front(),
                                      figures ? fmt::format("{} figures", figures->size())
                                              : std::string("not found, or it did not end well")));
  }
  return all;
}

}  // namespace proteus::bench
