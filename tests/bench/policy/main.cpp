// bench_policy: the figures that the policy that trades is held to (docs/reference/benchmarks.md),
// beside LibTorch and the bare reading of its weights in the same run. It is run by hand; it fails
// when what was to be measured did not happen, never because it took long.
//
//   bench_policy [--only action|adaptation|whole] [--rounds N] [--kernel auto|plain|avx2|avx512]
//   [--tiny]
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>

#include "tests/bench/measure.hpp"
#include "tests/bench/policy/parts.hpp"

namespace {

using namespace proteus::bench;

/// Nothing: the arguments are not understood.
std::optional<PolicyPlan> parse(int argc, char** argv) {
  using Names = proteus::EnumNames<proteus::inference::KernelChoice>;
  PolicyPlan plan;
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    if (name == "--tiny") {
      plan.tiny = true;
      plan.rounds = 1;
      plan.calls = 200;
      continue;
    }
    if (i + 1 == argc) return std::nullopt;
    const std::string_view value = argv[++i];
    if (name == "--only") {
      if (value != "action" && value != "adaptation" && value != "whole") return std::nullopt;
      plan.only = value;
    } else if (name == "--rounds") {
      const auto [end, failed] =
          std::from_chars(value.data(), value.data() + value.size(), plan.rounds);
      if (failed != std::errc{} || end != value.data() + value.size() || plan.rounds < 1)
        return std::nullopt;
    } else if (name == "--kernel") {
      const auto found = std::ranges::find(Names::names, value);
      if (found == Names::names.end()) return std::nullopt;
      plan.kernel = static_cast<proteus::inference::KernelChoice>(found - Names::names.begin());
    } else {
      return std::nullopt;
    }
  }
  return plan;
}

}  // namespace

int main(int argc, char** argv) {
  const auto plan = parse(argc, argv);
  if (!plan) {
    fmt::print(stderr,
               "usage: bench_policy [--only action|adaptation|whole] [--rounds N] [--kernel "
               "auto|plain|avx2|avx512] [--tiny]\n");
    return 2;
  }
  if (const auto kernel = proteus::inference::kernels(plan->kernel); !kernel) {
    fmt::print(stderr, "{}\n", kernel.error().context);
    return 1;
  }
  for (const std::string& line : machine_lines()) fmt::print("{}\n", line);
  const MachineTime before = machine_time();
  Table table;
  const auto wanted = [&](std::string_view part) {
    return plan->only.empty() || plan->only == part;
  };
  if (wanted("action")) measure_action(*plan, table);
  if (wanted("adaptation")) measure_adaptation(*plan, table);
  if (wanted("whole")) measure_whole(*plan, table);
  table.facts.push_back("whole run: " + told(before, machine_time()));
  print(table);
  return table.broken.empty() ? 0 : 1;
}
