#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <csignal>

#include "connectors/net/loop.hpp"
#include "tools/app/kline_inputs.hpp"
#include "tools/app/replay.hpp"
#include "tools/app/text.hpp"
#include "tools/app/verbs.hpp"

namespace proteus::app {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t kClosesAtOnce = 1000;

volatile std::sig_atomic_t interrupted = 0;

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

/// Real time that it took.
Duration play(Replay& replay) {
  const Duration begin = net::Loop::steady_now();
  Duration told = begin;
  while (interrupted == 0 && replay.play(kClosesAtOnce)) {
    if (net::Loop::steady_now() - told < 1s) continue;
    told = net::Loop::steady_now();
    tell_progress(replay);
  }
  return net::Loop::steady_now() - begin;
}

void print_result(const Trading& trading, Duration took) {
  const EngineCounters& c = trading.engine().counters();
  const LedgerView ledger = trading.engine().ledger();
  const double seconds = std::chrono::duration<double>(took).count();
  fmt::print(
      "{} bars in {:.2f} s ({:.0f} a second), {} orders, {} refusals, {} fills\n"
      "equity {} (started with {}), ledger hash {:016x}\nThe session lies in {}\n",
      c.bars, seconds, static_cast<double>(c.bars) / seconds, c.orders, c.refusals, c.fills,
      ledger.equity.to_string(), ledger.initial.to_string(), trading.engine().ledger_hash(),
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
  auto overrides = overrides_of(options);
  if (overrides.has_error()) return fail(overrides.error(), kUsage);
  auto loaded = load(options.config, overrides.value());
  if (loaded.has_error()) return fail(loaded.error(), kConfig);
  auto replay = Replay::create(loaded.value(), net::Loop::wall_now());
  if (replay.has_error()) return fail(replay.error(), kError);
  for (const int signal : {SIGINT, SIGTERM}) std::signal(signal, [](int) { interrupted = 1; });
  const Duration took = play(*replay.value());
  replay.value()->finish(interrupted != 0 ? "interrupted" : "everything was played");
  print_result(replay.value()->trading(), took);
  return kOk;
}

}  // namespace proteus::app
