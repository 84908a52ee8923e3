// `proteus demo`: the exchange in a thread of its own, the daemon in this one, and a page that
// shows what goes on. In a pipe the log's lines tell it instead.
#include <fmt/format.h>
#include <spdlog/sinks/ringbuffer_sink.h>
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <thread>

#include "tools/app/daemon_run.hpp"
#include "tools/app/demo_settings.hpp"
#include "tools/app/policy_files.hpp"
#include "tools/app/screen.hpp"
#include "tools/app/shipped_settings.hpp"
#include "tools/app/sim_host.hpp"
#include "tools/app/status_policy.hpp"
#include "tools/app/status_view.hpp"
#include "tools/app/verbs.hpp"

namespace proteus::app {
namespace {

using namespace std::chrono_literals;

constexpr Duration kPageEvery = 500ms;
constexpr Duration kBeatInPipe = 3s;
constexpr std::size_t kLogLines = 5;
constexpr double kUsualSpeedMax = 3600.0;
constexpr double kPushesASecond = 30.0;
constexpr double kPushSecondsMax = 20.0;  // A ticker older than 30 s is stale.
// A day of its own, the same at each start: who looks twice sees the same market twice.
constexpr std::string_view kDemoStart = "2026-01-01T00:00:00Z";

/// The exchange and its loop: it shares nothing with the daemon but a loopback socket.
class DemoExchange {
 public:
  static Result<std::unique_ptr<DemoExchange>> start(const SimSettings& settings) {
    auto demo = std::unique_ptr<DemoExchange>(new DemoExchange);
    BOOST_OUTCOME_TRY(demo->host_,
                      SimHost::create(demo->loop_, settings,
                                      generated_market_start(settings.exchange, Timestamp{})));
    demo->thread_ = std::thread([loop = &demo->loop_] { loop->run(); });
    return demo;
  }
  ~DemoExchange() {
    loop_.stop();
    if (thread_.joinable()) thread_.join();
  }
  DemoExchange(const DemoExchange&) = delete;
  DemoExchange& operator=(const DemoExchange&) = delete;
  [[nodiscard]] std::uint16_t port() const { return host_->port(); }

 private:
  DemoExchange() = default;
  net::Loop loop_;
  std::unique_ptr<SimHost> host_;
  std::thread thread_;
};

std::string key_of(const std::string& assignment) {
  return assignment.substr(0, assignment.find('='));
}

/// `given` on top of the demo's own settings: what the user says wins.
std::vector<std::string> merge(std::vector<std::string> own,
                               const std::vector<std::string>& given) {
  for (const std::string& assignment : given)
    std::erase_if(own, [&](const auto& mine) { return key_of(mine) == key_of(assignment); });
  own.insert(own.end(), given.begin(), given.end());
  return own;
}

/// The exchange's settings start with sim. or market., all others are the daemon's.
bool is_for_exchange(const std::string& assignment) {
  return assignment.starts_with("sim.") || assignment.starts_with("market.");
}

/// A bar closes every second, and never faster than an hour's.
double usual_speed(const Settings& daemon) {
  const std::chrono::duration<double> bar = bar_length(Timestamp{}, daemon.engine.interval);
  return std::clamp(bar.count(), 1.0, kUsualSpeedMax);
}

/// Prices move a few times a second, however fast the clock runs.
std::vector<std::string> exchange_overrides(const Options& options, double speed) {
  std::vector<std::string> given;
  for (const std::string& o : options.overrides)
    if (is_for_exchange(o)) given.push_back(o);
  return merge({fmt::format("sim.speed={}", speed), "sim.server.port=0",
                fmt::format("sim.start={}", kDemoStart),
                fmt::format("sim.push_interval={:.0f}s",
                            std::clamp(speed / kPushesASecond, 1.0, kPushSecondsMax))},
               given);
}

/// Time is what the exchange's frames say: at this speed a machine that is slow for a moment would
/// else make bars late.
std::vector<std::string> daemon_overrides(const Options& options, std::uint16_t port,
                                          double speed) {
  std::vector<std::string> given;
  for (const std::string& o : options.overrides)
    if (!is_for_exchange(o)) given.push_back(o);
  const std::string address = fmt::format("127.0.0.1:{}", port);
  return merge({"venue.rest=http://" + address, "venue.stream=ws://" + address, "feed.clock=frames",
                fmt::format("feed.speed={}", speed)},
               given);
}

/// Enough of a past for what the daemon wants to see before its first decision, and a day of room;
/// what the user says wins.
void give_history(const Options& options, const Settings& daemon, sim::SimSettings& exchange) {
  for (const std::string& o : options.overrides)
    if (key_of(o) == "sim.history_bars") return;
  const Duration past = daemon.feed.warm_up_bars * bar_length(Timestamp{}, daemon.engine.interval);
  exchange.history_bars = std::max(exchange.history_bars, (past + 24h) / 1min);
}

/// Where the exchange's clock begins, for people.
std::string clock_start(const Options& options) {
  for (const std::string& o : options.overrides)
    if (key_of(o) == "sim.start") return o.substr(o.find('=') + 1);
  return std::string(kDemoStart);
}

/// What of the user's file the demo does not follow; empty: all is followed.
std::string unused_settings(const Options& options) {
  const std::vector<std::string> unused = settings_without_effect(options.config);
  if (unused.empty()) return "";
  return fmt::format("Not followed here, the demo has an exchange of its own: {}\n",
                     fmt::join(unused, ", "));
}

/// What trades, and what of it changes while it does.
std::string trader(const Loaded& loaded) {
  const Settings& s = loaded.settings;
  const auto name = [](const auto& value) {
    using T = std::remove_cvref_t<decltype(value)>;
    return EnumNames<T>::names[static_cast<std::size_t>(value)];
  };
  if (!loaded.forecasters.empty())
    return fmt::format(
        "What trades: a trained forecaster (the mean of {}), which adapts on the last bars before "
        "each forecast.\n",
        loaded.forecasters.size());
  if (loaded.policies.empty())
    return fmt::format("What trades: the plain rule {}.\n", name(s.strategy.name));
  return fmt::format(
      "What trades: {}, a trained recurrent policy (the mean of {} networks). It decides every {} "
      "bars and adapts\n{}.\n",
      policy_name(loaded), loaded.policies.size(), loaded.policies.front().spec.market.decide_every,
      adapting_text(name(s.policy.adapt), static_cast<double>(s.policy.adapt_every)));
}

std::string introduction(const Options& options, const Loaded& loaded, double speed,
                         const Style& style) {
  const Settings& daemon = loaded.settings;
  const std::string& socket = daemon.session.socket;
  const std::chrono::duration<double> bar = bar_length(Timestamp{}, daemon.engine.interval);
  std::error_code gone;
  const std::string here = std::filesystem::current_path(gone).string();
  const bool usual = socket == Options{}.socket;
  const auto ask = [&](std::string_view verb) {
    return fmt::format("  {}{} {}{}\n", gone ? "" : "cd " + here + " && ", options.program, verb,
                       usual ? "" : " --socket " + socket);
  };
  return painted(style, "1", "proteus demo") +
         ": a paper account trades on a simulated exchange with a generated market. No keys, no\n"
         "network, no real money; prices are invented. " +
         fmt::format("One second here is {} there: a bar of {} closes every {}.\n", age_text(speed),
                     to_string(daemon.engine.interval), age_text(bar.count() / speed)) +
         fmt::format(
             "Its clock starts at {} each time, so that the same seed shows the same market.\n",
             clock_start(options)) +
         trader(loaded) + unused_settings(options) + "Ctrl-C ends both. Ask the daemon (socket " +
         socket + ") from another terminal:\n" + ask("status --watch") + ask("why linear:BTCUSDT");
}

/// Keeps the log's last lines for the page instead of writing them over it.
class LogBox {
 public:
  explicit LogBox(bool on) {
    if (!on) return;
    before_ = spdlog::default_logger();
    sink_ = std::make_shared<spdlog::sinks::ringbuffer_sink_mt>(kLogLines);
    auto logger = std::make_shared<spdlog::logger>("demo", sink_);
    logger->set_pattern("%H:%M:%S %l %v", spdlog::pattern_time_type::utc);
    spdlog::set_default_logger(logger);
  }
  ~LogBox() {
    if (before_) spdlog::set_default_logger(before_);
  }
  LogBox(const LogBox&) = delete;
  LogBox& operator=(const LogBox&) = delete;
  [[nodiscard]] std::string text(std::size_t width) const {
    std::string out;
    for (const std::string& entry : sink_->last_formatted()) out += entry;
    return clip_lines(out, width);
  }

 private:
  std::shared_ptr<spdlog::logger> before_;
  std::shared_ptr<spdlog::sinks::ringbuffer_sink_mt> sink_;
};

/// The whole page within the terminal: what the demo is, its state, what happened last.
std::string demo_page(const std::string& intro, const std::string& status, const std::string& log,
                      const Style& style) {
  std::vector<Block> page = status_blocks(status, style);
  page.insert(page.begin(), {{clip_lines(intro, style.width), 6}, {"\n", 9}});
  page.insert(page.end(), {{"\n", 9}, {log, 4}});
  return fit(std::move(page), rows_of_stdout());
}

/// Shows the daemon until its loop ends.
void watch(net::Loop& loop, TradingDaemon& daemon, const std::string& intro) {
  Screen screen;
  const LogBox log(screen.terminal());
  daemon.start();
  net::Timer timer;
  if (screen.terminal()) {
    const auto draw = [&] {
      const Style style = style_of_stdout();
      screen.show(demo_page(intro, daemon.status_json(), log.text(style.width), style));
    };
    draw();
    timer = loop.every(kPageEvery, draw);
    loop.run();
    draw();
  } else {
    timer = beat(loop, daemon, kBeatInPipe);
    loop.run();
  }
}

}  // namespace

void declare_demo(CLI::App& app, Options& options) {
  add_config(app, options);
  add_run_for(app, options);
  options.speed = 0.0;  // As fits the bars.
  app.add_option(
         "--speed", options.speed,
         "seconds of the simulated market in a real one; without it a bar closes every second")
      ->check(CLI::Range(1.0, kUsualSpeedMax))
      ->type_name("N");
}

int run_demo(const Options& options) {
  if (const auto fits = fits_demo(options); fits.has_error()) return fail(fits.error(), kConfig);
  auto checked = load_for_verb(options.config, daemon_overrides(options, 1, 1.0));
  if (checked.has_error()) return fail(checked.error(), kConfig);
  const double speed = options.speed > 0.0 ? options.speed : usual_speed(checked.value().settings);
  auto sim = load_sim("", exchange_overrides(options, speed));
  if (sim.has_error()) return fail(sim.error(), kConfig);
  const std::string& socket = checked.value().settings.session.socket;
  if (const auto free = socket_is_free(socket); free.has_error()) return fail(free.error(), kError);
  give_history(options, checked.value().settings, sim.value().settings.exchange);
  auto exchange = DemoExchange::start(sim.value().settings);
  if (exchange.has_error()) return fail(exchange.error(), kError);
  auto loaded =
      load_for_verb(options.config, daemon_overrides(options, exchange.value()->port(), speed));
  if (loaded.has_error()) return fail(loaded.error(), kConfig);

  net::Loop loop;
  std::string cause;
  const RunEnd end(loop, options.run_for, cause);
  const std::string intro = introduction(options, loaded.value(), speed, style_of_stdout());
  const bool terminal = stdout_is_terminal();
  if (!terminal) {
    fmt::print("{}\n", intro);
    std::fflush(stdout);
  }
  auto daemon = TradingDaemon::create(loop, loaded.value());
  if (daemon.has_error()) return fail(daemon.error(), kError);
  if (!terminal) announce(*daemon.value(), loaded.value());
  watch(loop, *daemon.value(), intro);
  const Result<void> written = daemon.value()->stop(cause);
  return say_goodbye(*daemon.value(), options.program, written);
}

}  // namespace proteus::app
