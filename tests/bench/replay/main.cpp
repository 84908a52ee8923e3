// bench_replay: what replay is held to (docs/reference/benchmarks.md): recorded frames and kline
// files through the path that trades, with and without the log, with a rule and with the shipped
// networks, each beside a bare reader of the same bytes in the same rounds; memory over ten million
// bars; the time to the first word; and a grid on one core and on two. By hand; it fails when what
// was to be measured did not happen, never because it took long.
//
//   bench_replay [--only frames|files|policy|memory|program] [--rounds N] [--tiny] [--folder DIR]
#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string_view>

#include "tests/bench/measure.hpp"
#include "tests/bench/replay/parts.hpp"

namespace {

using namespace proteus::bench;

std::optional<ReplayPlan> parse(int argc, char** argv) {
  ReplayPlan plan;
  plan.folder = std::filesystem::temp_directory_path();
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    if (name == "--tiny") {
      plan.rounds = 1;
      plan.bars = 2'000;
      plan.long_bars = 20'000;
      continue;
    }
    if (i + 1 == argc) return std::nullopt;
    const std::string value = argv[++i];
    if (name == "--only")
      plan.only = value;
    else if (name == "--folder")
      plan.folder = value;
    else if (name == "--rounds")
      plan.rounds = std::max(1, std::atoi(value.c_str()));
    else
      return std::nullopt;
  }
  return plan;
}

}  // namespace

int main(int argc, char** argv) {
  auto plan = parse(argc, argv);
  if (!plan) {
    fmt::print(stderr,
               "usage: bench_replay [--only frames|files|policy|memory|program] [--rounds N] "
               "[--tiny] [--folder DIR]\n");
    return 2;
  }
  std::string made = (plan->folder / "proteus-replay-XXXXXX").string();
  if (::mkdtemp(made.data()) == nullptr) {
    fmt::print(stderr, "bench_replay: no folder can be made below {}\n", plan->folder.string());
    return 1;
  }
  plan->folder = made;
  for (const std::string& line : machine_lines()) fmt::print("{}\n", line);
  const MachineTime before = machine_time();
  Table table;
  const auto wanted = [&](std::string_view part) {
    return plan->only.empty() || plan->only == part;
  };
  if (wanted("frames")) measure_frames(*plan, table);
  if (wanted("policy")) measure_policy_frames(*plan, table);
  if (wanted("files")) measure_files(*plan, table);
  if (wanted("memory")) measure_memory(*plan, table);
  if (wanted("program")) measure_program(*plan, table);
  table.facts.push_back("whole run: " + told(before, machine_time()));
  print(table);
  std::filesystem::remove_all(plan->folder);
  return table.broken.empty() ? 0 : 1;
}
