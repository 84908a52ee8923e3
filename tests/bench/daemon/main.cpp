// bench_daemon: the figures a whole daemon is held to (docs/reference/benchmarks.md). It takes
// minutes and is run by hand; it fails when what was to be measured did not happen, never because
// it took long.
//
//   bench_daemon wire|live|account|many|bars|drops|cold|cold_policy|learner|all [--cpu N] [--runs
//   N]
//                [--rounds N] [--minutes N]
//                [--instruments N] [--push SECONDS] [--bars N] [--disconnects N] [--starts N]
//                [--folder DIR]
#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <map>
#include <string_view>

#include "tests/bench/daemon/parts.hpp"
#include "tests/bench/measure.hpp"

namespace {

using namespace proteus::bench;

constexpr const char* kUsage =
    "usage: bench_daemon wire|live|account|many|bars|drops|cold|cold_policy|learner|all [--cpu N] "
    "[--runs N] "
    "[--rounds N] [--rest "
    "US] "
    "[--minutes N] [--instruments N] [--push SECONDS] [--bars N] [--disconnects N] [--starts N] "
    "[--folder DIR]\n";

template <class T>
bool read(std::string_view text, T& value) {
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  return failed == std::errc{} && end == text.data() + text.size();
}

bool parse(int argc, char** argv, Plan& plan) {
  for (int i = 2; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    const std::string_view value = argv[i + 1];
    const bool ok = name == "--cpu"           ? read(value, plan.cpu)
                    : name == "--runs"        ? read(value, plan.runs)
                    : name == "--rounds"      ? read(value, plan.rounds)
                    : name == "--minutes"     ? read(value, plan.minutes)
                    : name == "--instruments" ? read(value, plan.instruments)
                    : name == "--push"        ? read(value, plan.push_seconds)
                    : name == "--bars"        ? read(value, plan.bars)
                    : name == "--disconnects" ? read(value, plan.disconnects)
                    : name == "--starts"      ? read(value, plan.starts)
                    : name == "--folder"      ? (plan.folder = value, true)
                                              : false;
    if (!ok) return false;
  }
  return argc % 2 == 0;
}

}  // namespace

int main(int argc, char** argv) {
  using Part = void (*)(const Plan&, Table&);
  const std::map<std::string_view, Part> parts = {{"wire", measure_wire},
                                                  {"live", measure_live},
                                                  {"account", measure_account},
                                                  {"cold", measure_cold},
                                                  {"cold_policy", measure_cold_policy},
                                                  {"many", measure_many},
                                                  {"drops", measure_drops},
                                                  {"learner", measure_learner},
                                                  {"bars", measure_bars}};
  Plan plan;
  plan.folder = std::filesystem::temp_directory_path();
  const std::string_view wanted = argc > 1 ? argv[1] : "";
  if ((wanted != "all" && !parts.contains(wanted)) || !parse(argc, argv, plan)) {
    fmt::print(stderr, "{}", kUsage);
    return 2;
  }
  plan.folder /= fmt::format("bench_daemon.{}", static_cast<long>(::getpid()));
  std::error_code failed;
  std::filesystem::create_directories(plan.folder, failed);
  if (failed) {
    fmt::print(stderr, "cannot make {}: {}\n", plan.folder.string(), failed.message());
    return 1;
  }
  for (const std::string& line : machine_lines()) fmt::print("{}\n", line);
  const MachineTime before = machine_time();
  Table table;
  for (const auto& [name, part] : parts)
    if (wanted == "all" || wanted == name) part(plan, table);
  table.facts.push_back("whole run: " + told(before, machine_time()));
  print(table);
  std::filesystem::remove_all(plan.folder, failed);
  return table.broken.empty() ? 0 : 1;
}
