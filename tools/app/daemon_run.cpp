#include "tools/app/daemon_run.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>

#include "connectors/net/local_client.hpp"
#include "tools/app/forecast_files.hpp"
#include "tools/app/policy_files.hpp"
#include "tools/app/screen.hpp"
#include "tools/app/status_view.hpp"
#include "tools/app/version.hpp"

namespace proteus::app {
namespace {

constexpr unsigned kLastWordsSeconds = 3;
volatile std::sig_atomic_t exit_code = kError;  // until a run has gone well

}  // namespace

void leave_soon(int code) {
  exit_code = code;
  std::signal(SIGALRM, [](int) { ::_exit(exit_code); });
  ::alarm(kLastWordsSeconds);
}

RunEnd::~RunEnd() { leave_soon(exit_code); }

RunEnd::RunEnd(net::Loop& loop, Duration run_for, std::string& cause) {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // A limit on the size of files is a full disk, and no death.
  cause = "ended by the operator";
  const auto end = [&loop, &cause](int number) {
    cause = number == SIGINT    ? "ended by SIGINT (Ctrl-C)"
            : number == SIGTERM ? "ended by SIGTERM"
                                : "ended by SIGHUP (the terminal was closed)";
    loop.stop();
  };
  loop.on_signals({SIGINT, SIGTERM}, end);
  // A terminal that closes ends a run in good order; under nohup it does not.
  struct sigaction hangup {};
  if (::sigaction(SIGHUP, nullptr, &hangup) == 0 && hangup.sa_handler != SIG_IGN)
    loop.on_signals({SIGHUP}, end);
  if (run_for == Duration{0}) return;
  timer_ = loop.after(run_for, [&loop, &cause] {
    cause = "the time of --for was over";
    loop.stop();
  });
}

Result<void> socket_is_free(const std::string& socket) {
  if (net::LocalClient::connect(socket).has_error()) return success();
  return error(ErrorCode::Busy,
               fmt::format("a daemon already answers at {}: stop it (proteus stop --socket {}), or "
                           "set session.socket for this one",
                           socket, socket));
}

void announce(const TradingDaemon& daemon, const Loaded& loaded) {
  const Settings& s = loaded.settings;
  if (daemon.live())
    spdlog::warn("Live daemon: orders leave this process. version={} venue={}", kVersion,
                 s.venue.rest);
  else
    spdlog::info("Paper daemon: simulated money, no order leaves this process. version={} venue={}",
                 kVersion, s.venue.stream);
  for (const Instrument& i : daemon.instruments())
    spdlog::info("Instrument. name={} tick={} lot={} value_min={} leverage_max={}", i.name(),
                 i.tick_size.to_string(), i.lot_step.to_string(), i.notional_min.to_string(),
                 format_fixed(i.leverage_max_e9));
  spdlog::info(
      "Account. capital={} strategy={} interval={}",
      fixed(fmt::format("{:.9f}", s.engine.capital), 2),
      EnumNames<strategies::StrategyKind>::names[static_cast<std::size_t>(s.strategy.name)],
      to_string(s.engine.interval));
  for (const std::string& line : policy_lines(loaded)) spdlog::info("Policy. {}", line);
  for (const std::string& line : forecast_lines(loaded)) spdlog::info("Forecaster. {}", line);
  const risk::LimitSettings& l = s.limits;
  spdlog::info(
      "Limits, of equity. order={} position={} all_positions={} drawdown={} halt={}; of the "
      "starting capital: at_risk={}",
      percent(l.order_value_max), percent(l.position_max), percent(l.gross_max),
      percent(l.drawdown_max), percent(l.drawdown_halt), percent(l.capital_at_risk_max));
  spdlog::info("Session. folder={} config_hash={} socket={}", daemon.folder(), loaded.hash,
               s.session.socket);
}

int say_goodbye(const TradingDaemon& daemon, const std::string& program,
                const Result<void>& written) {
  const int code = written ? kOk : kError;
  leave_soon(code);  // The session is written as far as it can be; only words are left.
  const std::string folder = daemon.folder();
  const std::string out =
      "\n" + render_summary(daemon.status_json(), style_of_stdout()) +
      fmt::format(
          "\nNext:\n  {0} why --session {1}   # the last decisions, step by step\n"
          "  {0} report {1}   # a page about the whole session\n"
          "  sqlite3 {1}/journal.sqlite 'select time, instrument, side, quantity, price, fee "
          "from fills'\n",
          program, folder);
  std::fputs(out.c_str(), stdout);
  std::fflush(stdout);
  return written ? kOk : fail(written.error(), kError);
}

net::Timer beat(net::Loop& loop, const TradingDaemon& daemon, Duration period) {
  return loop.every(
      period, [&daemon] { spdlog::info("Heartbeat. {}", render_heartbeat(daemon.status_json())); });
}

}  // namespace proteus::app
