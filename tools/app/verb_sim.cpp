#include <spdlog/spdlog.h>

#include "tools/app/daemon_run.hpp"
#include "tools/app/sim_host.hpp"
#include "tools/app/verbs.hpp"

namespace proteus::app {

int run_sim(const Options& options) {
  auto loaded = load_sim(options.config, options.overrides);
  if (loaded.has_error()) return fail(loaded.error(), kConfig);
  net::Loop loop;
  std::string cause;
  const RunEnd end(loop, options.run_for, cause);
  SimSettings& settings = loaded.value().settings;
  const Timestamp now = net::Loop::wall_now();
  start_by_the_clock(settings, now);
  auto host = SimHost::create(loop, settings, generated_market_start(settings.exchange, now));
  if (host.has_error()) return fail(host.error(), kError);
  const SimHostSettings& where = settings.host;
  spdlog::info("Simulated exchange listens. rest={}://{}:{} {}", where.tls ? "https" : "http",
               where.bind, host.value()->port(), host.value()->exchange().describe());
  loop.run();
  leave_soon(kOk);
  spdlog::info("Simulated exchange ends. cause=\"{}\" frames={} faults=\"{}\"", cause,
               host.value()->exchange().frames_sent(), host.value()->exchange().describe_faults());
  return kOk;
}

}  // namespace proteus::app
