#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>

#include "connectors/net/loop.hpp"
#include "tools/app/net_feed_io.hpp"
#include "tools/app/replay_grid.hpp"
#include "tools/app/replay_run.hpp"
#include "tools/app/screen.hpp"
#include "tools/app/shipped_settings.hpp"
#include "tools/app/status_json.hpp"
#include "tools/app/status_view.hpp"
#include "tools/app/told/verbs.hpp"
#include "tools/app/verbs.hpp"
#include "tools/evaluate/trained_until.hpp"

namespace proteus::app {
namespace {

/// What is played may be what the weights were trained on.
void tell_seen(const Loaded& loaded, Timestamp from) {
  const Settings& s = loaded.settings;
  for (const auto& [trades, files] :
       {std::pair{!loaded.policies.empty(), &s.policy.checkpoints},
        std::pair{!loaded.forecasters.empty(), &s.forecast.checkpoints}})
    if (const auto note = trades ? evaluate::seen_note(*files, from) : std::nullopt)
      spdlog::warn("Note: {}.", *note);
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
void print_result(const std::string& program, const Playing& playing, const Loaded& loaded,
                  Duration whole, Duration played) {
  const Trading& trading = playing.trading();
  const auto bars = static_cast<double>(trading.engine().counters().bars);
  const LedgerView ledger = trading.engine().ledger();
  fmt::print(
      "\n{}{:<10}{:.0f} bars in {:.2f} s ({:.0f} a second), reading and writing included; played "
      "in {:.2f} s\n{:<10}equity {} (started with {}), ledger hash {:016x}\n{:<10}{} report {}\n",
      render_summary(status_of(trading, loaded, whole), style_of_stdout()), "speed", bars,
      seconds(whole), bars / seconds(whole), seconds(played), "exactly", ledger.equity.to_string(),
      ledger.initial.to_string(), trading.engine().ledger_hash(), "report", program,
      trading.session().folder().string());
  for (const std::string& note : playing.notes()) fmt::print("{:<10}{}\n", "note", note);
  if (replay_interrupted()) fmt::print("{:<10}interrupted: not everything was played\n", "note");
}

}  // namespace

void declare_replay(CLI::App& app, Options& options) {
  add_config(app, options);
  app.add_option("SOURCE", options.files,
                 "kline files, which bring their instruments with them; or a session, or recorded "
                 "feeds (folders or parts). Default: replay.files")
      ->type_name("");
  app.add_option("--from", options.from,
                 "decisions begin with the bar that opens then: 2025-06-01 or "
                 "2025-06-01T12:00:00Z; as replay.from")
      ->type_name("TIME");
  app.add_option("--to", options.until, "bars that close later are not played; as replay.until")
      ->type_name("TIME");
  app.add_option("--speed", options.pace, "max, or so many times real time")
      ->type_name("max|N")
      ->capture_default_str();
  app.add_option("--grid", options.grid,
                 "a setting and its values, again for more: every combination is played. Where a "
                 "value holds a comma, '|' stands between them")
      ->type_name("KEY=V1,V2,...")
      ->take_all()
      ->expected(1)
      ->allow_extra_args(false);
  app.add_option("--jobs", options.jobs, "runs of a grid at once; 0: as many as there are cores")
      ->type_name("N")
      ->check(CLI::Range(0, 1024));
  app.add_flag("--keep", options.keep, "the sessions of a grid stay, each in its own folder");
  app.add_option("--verify", options.verify,
                 "tell a recorded session again from its log and compare every record; its folder, "
                 "or its name beside the socket")
      ->type_name("SESSION");
  add_socket(app, options);
  add_json(app, options);
}

int run_replay(const Options& given) {
  if (!given.verify.empty()) return run_told_again(given);
  const Duration begin = net::Loop::steady_now();
  Options options = given;
  for (std::string* time : {&options.from, &options.until})
    if (time->size() == 10) *time += "T00:00:00Z";
  const auto speed = parse_pace(options.pace);
  if (speed.has_error()) return fail(speed.error(), kUsage);
  if (!options.grid.empty()) return run_replay_grid(options);
  const auto sources = replay_sources(options);
  if (sources.has_error()) return fail(sources.error(), kUsage);
  auto loaded = load_for_replay(options, sources.value());
  if (loaded.has_error())
    return fail(loaded.error(), loaded.error().code == ErrorCode::NotFound ? kUsage : kConfig);
  // Long files take their time to be read: who looks on knows at once what is.
  spdlog::info("Replay of {}.", options.files.empty()
                                    ? std::string("replay.files")
                                    : fmt::format("{}", fmt::join(options.files, ", ")));
  auto replay = open_replay(loaded.value(), sources.value(), net::Loop::wall_now());
  if (replay.has_error()) return fail(replay.error(), kError);
  Playing& playing = *replay.value();
  hear_signals();
  tell_seen(loaded.value(), playing.from());
  const Duration played = play_through(playing, speed.value());
  const auto ended = playing.finish(replay_interrupted() ? "interrupted" : "everything was played");
  const Duration whole = net::Loop::steady_now() - begin;
  if (options.json)
    fmt::print("{}\n", status_of(playing.trading(), loaded.value(), whole));
  else
    print_result(options.program, playing, loaded.value(), whole, played);
  if (ended.has_error()) return fail(ended.error(), kError);
  return kOk;
}

}  // namespace proteus::app
