#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "tools/app/selftest/selftest.hpp"
#include "tools/app/verbs.hpp"

namespace proteus::app {

void declare_selftest(CLI::App& app, Options& options) {
  add_config(app, options);
  add_json(app, options);
}

int run_selftest(const Options& options) {
  auto loaded = load(options.config, options.overrides);
  if (loaded.has_error()) return fail(loaded.error(), kConfig);
  const std::vector<selftest::Line> lines = selftest::run(loaded.value().settings);
  const selftest::Counts counts = selftest::count_of(lines);
  for (const selftest::Line& line : lines)
    fmt::print("{}\n", options.json ? selftest::json_of(line) : selftest::text_of(line));
  if (!options.json) fmt::print("{}\n", selftest::text_of(counts));
  return counts.failed == 0 ? kOk : kError;
}

}  // namespace proteus::app
