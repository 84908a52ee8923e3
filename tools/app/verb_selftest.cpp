#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "connectors/net/loop.hpp"
#include "tools/app/selftest/record.hpp"
#include "tools/app/selftest/selftest.hpp"
#include "tools/app/shipped_settings.hpp"
#include "tools/app/verbs.hpp"
#include "tools/app/version.hpp"

namespace proteus::app {

void declare_selftest(CLI::App& app, Options& options) {
  add_config(app, options);
  add_json(app, options);
}

int run_selftest(const Options& options) {
  auto loaded = load_for_verb(options.config, options.overrides);
  if (loaded.has_error()) return fail(loaded.error(), kConfig);
  if (loaded.value().settings.limits.profile == risk::LimitProfile::Research)
    return fail(error(ErrorCode::Unsupported,
                      "under risk.limits.profile = \"research\" what latches is only reported, and "
                      "live refuses it: there is nothing to test; set it to \"standard\""),
                kConfig);
  auto binary = selftest::running_binary();
  if (binary.has_error()) return fail(binary.error(), kError);
  const Settings& settings = loaded.value().settings;
  const std::vector<selftest::Line> lines = selftest::run(settings);
  const selftest::Counts counts = selftest::count_of(lines);
  const std::string json = selftest::record_json({binary.value(), loaded.value().hash}, kVersion,
                                                 net::Loop::wall_now(), lines);
  if (options.json) {
    fmt::print("{}\n", json);
  } else {
    for (const selftest::Line& line : lines) fmt::print("{}\n", selftest::text_of(line));
    fmt::print("{}; simulated accounts by seed {}\n", selftest::text_of(counts),
               selftest::kLiveSeed);
  }
  if (const auto stored = selftest::store(settings.session.folder, json); stored.has_error())
    return fail(stored.error(), kError);
  return counts.failed == 0 && counts.not_built == 0 ? kOk : kError;
}

}  // namespace proteus::app
