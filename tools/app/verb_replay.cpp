#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <csignal>

#include "connectors/net/loop.hpp"
#include "tools/app/kline_inputs.hpp"
#include "tools/app/net_feed_io.hpp"
#include "tools/app/replay.hpp"
#include "tools/app/screen.hpp"
#include "tools/app/shipped_settings.hpp"
#include "tools/app/status_json.hpp"
#include "tools/app/status_view.hpp"
#include "tools/app/verbs.hpp"
#include "tools/evaluate/trained_until.hpp"

namespace proteus::app {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t kClosesAtOnce = 1000;

volatile std::sig_atomic_t replay_interrupted = 0;

/// Files on the command line bring their instruments with them.
Result<std::vector<std::string>> overrides_of(const Options& options) {
  std::vector<std::string> overrides;
  if (!options.files.empty()) {
    std::vector<std::string> instruments;
    for (const std::string& file : options.files) {
      BOOST_OUTCOME_TRY(const auto input, kline_input(file));
      instruments.push_back(
          fmt::format("{}:{}", to_string(input.name.category), input.name.symbol));
    }
    overrides = {fmt::format("replay.files={}", fmt::join(options.files, ",")),
                 fmt::format("engine.instruments={}", fmt::join(instruments, ","))};
  }
  overrides.insert(overrides.end(), options.overrides.begin(), options.overrides.end());
  return overrides;
}

void tell_progress(const Replay& replay) {
  const Engine& engine = replay.trading().engine();
  spdlog::info("Replay. at={} until={} bars={} equity={}", format_time(engine.now()),
               format_time(replay.until()), engine.counters().bars,
               fixed(engine.ledger().equity.to_string(), 2));
}

/// What is played may be what the weights were trained on.
void tell_seen(const Loaded& loaded, Timestamp from) {
  const Settings& s = loaded.settings;
  for (const auto& [trades, files] :
       {std::pair{!loaded.policies.empty(), &s.policy.checkpoints},
        std::pair{!loaded.forecasters.empty(), &s.forecast.checkpoints}})
    if (const auto note = trades ? evaluate::seen_note(*files, from) : std::nullopt)
      spdlog::warn("Note: {}.", *note);
}

/// Real time that it took.
Duration play(Replay& replay) {
  const Duration begin = net::Loop::steady_now();
  Duration told = begin;
  while (replay_interrupted == 0 && replay.play(kClosesAtOnce)) {
    if (net::Loop::steady_now() - told < 1s) continue;
    told = net::Loop::steady_now();
    tell_progress(replay);
  }
  return net::Loop::steady_now() - begin;
}

/// The replay as `status` would show a daemon that has just ended.
std::string status_of(const Trading& trading, const Loaded& loaded, Duration took) {
  const bybit::VenueClock clock(loaded.settings.feed.clock, 1.0, steady_time);
  return status_json({.mode = "replay",
                      .loaded = loaded,
                      .folder = trading.session().folder().string(),
                      .instruments = trading.instruments(),
                      .engine = trading.engine(),
                      .gate = trading.gate(),
                      .watched = trading.watched(),
                      .log = trading.log(),
                      .storage = trading.storage(),
                      .recorder = nullptr,
                      .clock = clock,
                      .feed = nullptr,
                      .now = steady_time(),
                      .uptime = took});
}

/// `whole`: from the reading of the files to the last row of the tables; `played`: the bars alone.
void print_result(const std::string& program, const Trading& trading, const Loaded& loaded,
                  Duration whole, Duration played) {
  const auto bars = static_cast<double>(trading.engine().counters().bars);
  const LedgerView ledger = trading.engine().ledger();
  fmt::print(
      "\n{}{:<10}{:.0f} bars in {:.2f} s ({:.0f} a second), reading and writing included; played "
      "in {:.2f} s\n{:<10}equity {} (started with {}), ledger hash {:016x}\n{:<10}{} report {}\n",
      render_summary(status_of(trading, loaded, whole), style_of_stdout()), "speed", bars,
      seconds(whole), bars / seconds(whole), seconds(played), "exactly", ledger.equity.to_string(),
      ledger.initial.to_string(), trading.engine().ledger_hash(), "report", program,
      trading.session().folder().string());
}

}  // namespace

void declare_replay(CLI::App& app, Options& options) {
  add_config(app, options);
  app.add_option("FILE", options.files,
                 "kline files; they bring their instruments with them. Default: replay.files")
      ->type_name("");
}

int run_replay(const Options& options) {
  const Duration begin = net::Loop::steady_now();
  auto overrides = overrides_of(options);
  if (overrides.has_error()) return fail(overrides.error(), kUsage);
  auto loaded = load_for_verb(options.config, overrides.value());
  if (loaded.has_error()) return fail(loaded.error(), kConfig);
  auto replay = Replay::create(loaded.value(), net::Loop::wall_now());
  if (replay.has_error()) return fail(replay.error(), kError);
  for (const int signal : {SIGINT, SIGTERM})
    std::signal(signal, [](int) { replay_interrupted = 1; });
  tell_seen(loaded.value(), replay.value()->from());
  const Duration played = play(*replay.value());
  const auto ended =
      replay.value()->finish(replay_interrupted != 0 ? "interrupted" : "everything was played");
  print_result(options.program, replay.value()->trading(), loaded.value(),
               net::Loop::steady_now() - begin, played);
  if (ended.has_error()) return fail(ended.error(), kError);
  return kOk;
}

}  // namespace proteus::app
