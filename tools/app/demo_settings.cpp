#include "tools/app/demo_settings.hpp"

#include <fmt/format.h>

#include "config/bounds.hpp"
#include "config/document.hpp"
#include "tools/app/settings.hpp"

namespace proteus::app {
namespace {

std::string key_of(std::string_view assignment) {
  std::string key;
  for (const char c : assignment.substr(0, assignment.find('=')))
    if (c != ' ' && c != '\t') key += c;
  return key;
}

/// What to do instead; empty: the demo takes it.
std::string instead_of(std::string_view key) {
  if (key == "sim.speed" || key == "feed.speed")
    return "exchange and daemon must run at one speed: write --speed N";
  if (key.starts_with("venue."))
    return "the demo trades on its own exchange and leaves this machine alone: for another venue "
           "start proteus paper";
  if (key.starts_with("sim.server."))
    return "the demo's exchange listens where its daemon looks, on a generated market: start "
           "proteus sim and proteus paper for another";
  return "";
}

}  // namespace

Result<void> fits_demo(const Options& options) {
  for (const std::string& assignment : options.overrides) {
    const std::string key = key_of(assignment);
    if (const std::string instead = instead_of(key); !instead.empty())
      return error(ErrorCode::Refused,
                   fmt::format("demo does not take the setting {}: {}", key, instead));
  }
  if (options.config.empty()) return success();
  const auto read = inspect(options.config, {});
  if (read.has_value() && read.value().kind == "settings of the simulated exchange")
    return error(
        ErrorCode::Refused,
        fmt::format("{0} holds settings of the simulated exchange, and demo --config takes those "
                    "of the daemon: write --set sim.KEY=VALUE, or start proteus sim --config {0} "
                    "and proteus paper",
                    options.config));
  return success();
}

std::vector<std::string> settings_without_effect(const std::string& file) {
  std::vector<std::string> unused;
  if (file.empty()) return unused;
  const auto text = config::read_file(file);
  if (text.has_error()) return unused;  // Said where the file is read for its settings.
  for (const config::Entry& entry : config::parse_document(text.value()).entries) {
    const std::string key = entry.section + "." + entry.key;
    if (!instead_of(key).empty())
      unused.push_back(fmt::format("{} ({}:{})", key, file, entry.line));
  }
  return unused;
}

}  // namespace proteus::app
