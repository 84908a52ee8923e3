#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <sstream>

#include "tools/app/json_object.hpp"
#include "tools/app/settings.hpp"
#include "tools/app/verbs.hpp"
#include "tools/app/version.hpp"

namespace proteus::app {

void declare_check(CLI::App& app, Options& options) {
  add_config(app, options);
  add_json(app, options);
}

void declare_show(CLI::App& app, Options& options) {
  add_config(app, options);
  app.add_flag("--markdown", options.markdown,
               "tables of all settings with their defaults, as in docs/reference/configuration.md");
}

namespace {

/// {"fine":bool,"kind","hash","errors":[one a complaint]}
std::string check_json(const Result<Inspected>& read) {
  JsonList errors;
  std::istringstream lines(read.has_error() ? read.error().context : "");
  for (std::string line; std::getline(lines, line);) {
    std::string text;
    json::append_text(text, line);
    errors.add_raw(text);
  }
  JsonObject out;
  out.add("fine", read.has_value());
  if (read.has_value()) out.add("kind", read.value().kind).add("hash", read.value().hash);
  return out.add_raw("errors", errors.text()).text();
}

}  // namespace

int run_config_check(const Options& options) {
  auto read = inspect(options.config, options.overrides);
  if (options.json) {
    fmt::print("{}\n", check_json(read));
    return read.has_error() ? kConfig : kOk;
  }
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
