#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>

#include "tools/app/daemon_run.hpp"
#include "tools/app/verbs.hpp"

namespace proteus::app {

void declare_run(CLI::App& app, Options& options) {
  add_config(app, options);
  add_run_for(app, options);
}

int run_paper(const Options& options) {
  auto loaded = load(options.config, options.overrides);
  if (loaded.has_error()) return fail(loaded.error(), kConfig);
  const Settings& settings = loaded.value().settings;
  net::Loop loop;
  std::string cause;
  const RunEnd end(loop, options.run_for, cause);
  spdlog::info("Asking the venue for its time and its instruments. rest={}", settings.venue.rest);
  net::Timer waiting = loop.every(std::chrono::seconds{5}, [] {
    spdlog::info("Still waiting for the venue's answer; it is asked again and again.");
  });
  auto daemon = PaperDaemon::create(loop, loaded.value());
  waiting.cancel();
  if (daemon.has_error()) return fail(daemon.error(), kError);
  announce(*daemon.value(), loaded.value());
  daemon.value()->start();
  const net::Timer heartbeat = beat(loop, *daemon.value(), settings.session.heartbeat);
  loop.run();
  spdlog::info("Paper daemon ends. cause=\"{}\"", cause);
  daemon.value()->stop(cause);
  say_goodbye(*daemon.value(), options.program);
  return kOk;
}

}  // namespace proteus::app
