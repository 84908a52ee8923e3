#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>

#include "tools/app/settings.hpp"
#include "tools/app/verbs.hpp"
#include "tools/app/version.hpp"

namespace proteus::app {

void declare_check(CLI::App& app, Options& options) { add_config(app, options); }

void declare_show(CLI::App& app, Options& options) {
  add_config(app, options);
  app.add_flag("--markdown", options.markdown,
               "tables of all settings with their defaults, as in docs/reference/configuration.md");
}

int run_config_check(const Options& options) {
  auto read = inspect(options.config, options.overrides);
  if (read.has_error()) return fail(read.error(), kConfig);
  fmt::print("{}: fine, {}, hash {}\n", options.config.empty() ? "defaults" : options.config,
             read.value().kind, read.value().hash);
  for (const std::string& warning : read.value().warnings) fmt::print("warning: {}\n", warning);
  return kOk;
}

int run_config_show(const Options& options) {
  if (options.markdown) {
    fmt::print("{}", settings_markdown());
    return kOk;
  }
  auto read = inspect(options.config, options.overrides);
  if (read.has_error()) return fail(read.error(), kConfig);
  fmt::print("{}", read.value().shown);
  return kOk;
}

int run_version(const Options&) {
  fmt::print("proteus {}\n", kVersion);
  return kOk;
}

}  // namespace proteus::app
