// `proteus doctor`: is everything here that a daemon needs? It trades nothing and leaves nothing.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "tools/app/doctor.hpp"
#include "tools/app/keys.hpp"
#include "tools/app/operator_client.hpp"
#include "tools/app/policy_files.hpp"
#include "tools/app/screen.hpp"
#include "tools/app/shipped_settings.hpp"
#include "tools/app/verbs.hpp"

namespace proteus::app {
namespace {

std::string what_trades(const Loaded& loaded) {
  if (!loaded.policies.empty()) return policy_name(loaded);
  const auto kind = static_cast<std::size_t>(loaded.settings.strategy.name);
  return std::string(EnumNames<strategies::StrategyKind>::names[kind]);
}

}  // namespace

void declare_doctor(CLI::App& app, Options& options) {
  add_config(app, options);
  add_json(app, options);
  app.add_flag(
      "--live", options.live,
      "look at the account of a live run as well; so it does by itself where API keys are");
  app.footer(
      "Looks at settings, disk, socket, metrics, clock, limits, libraries and the venue, and at "
      "the "
      "account of a live run; trades nothing. Exit code 1: something would stop a daemon.");
}

int run_doctor(const Options& options) {
  std::signal(SIGPIPE, SIG_IGN);
  const Style style = style_of_stdout();
  std::vector<Finding> all;
  const Tell tell = [&](Finding finding) {
    all.push_back(std::move(finding));
    if (options.json) return;
    fmt::print("{}", clip_lines(render_finding(all.back(), style),
                                stdout_is_terminal() ? style.width : std::size_t{400}));
    std::fflush(stdout);
  };
  const auto loaded = load_for_verb(options.config, options.overrides);
  if (loaded.has_error()) {
    tell(failure_of("settings", loaded.error().context,
                    "proteus config check tells each on a line of its own"));
  } else {
    tell(fine("settings", fmt::format("{}, hash {}, trades {}",
                                      options.config.empty() ? "defaults" : options.config,
                                      loaded.value().hash, what_trades(loaded.value()))));
    const Settings& settings = loaded.value().settings;
    check_disk(settings, tell);
    check_socket(settings, tell);
    check_metrics_port(settings, tell);
    check_machine(settings, tell);
    check_venue(settings, tell);
    const bool keys = std::getenv(kKeyVariable) != nullptr || !settings.live.key_file.empty();
    const bool real = settings.live.profile != live::Profile::Sim;
    if (options.live || keys || real)
      check_live_account(loaded.value(), tell);
    else
      tell(fine("account",
                "not looked at: there is no API key, and paper needs none; --live looks"));
  }
  if (options.json)
    print_line(findings_json(all));
  else
    fmt::print("\n{}", render_verdict(all, style));
  return healthy(all) ? kOk : kError;
}

}  // namespace proteus::app
