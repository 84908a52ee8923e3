#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <optional>

#include "connectors/klines/kline_reader.hpp"
#include "connectors/replay/feed_player.hpp"
#include "connectors/replay/market_player.hpp"
#include "connectors/storage/feed_merge.hpp"
#include "connectors/storage/wal_journal.hpp"
#include "tests/bench/daemon/must.hpp"
#include "tests/bench/measure.hpp"
#include "tests/bench/replay/made_market.hpp"
#include "tests/bench/replay/parts.hpp"
#include "tests/bench/whole_engine.hpp"
#include "tests/support/no_journal.hpp"

namespace proteus::bench {
namespace {

constexpr std::size_t kGathered = 256U << 10U;  // as a replay's log gathers

/// What a run came to; two runs of one market come to the same.
struct Outcome {
  std::uint64_t bars = 0;
  std::uint64_t orders = 0;
  std::uint64_t ledger = 0;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};
Outcome outcome_of(WholeEngine& engine) {
  return {engine->counters().bars, engine->counters().orders, engine->ledger_hash()};
}

struct Who {
  Models models;  ///< empty: sma_cross
  risk::SizingSettings sizing;
};

Outcome play_feed(const std::vector<storage::FeedStream>& streams, Interval interval,
                  const Who& who, Journal& journal) {
  replay::FeedSource source;
  source.streams = streams;
  source.instrument_pages[Category::Linear] = {made_page()};
  source.instruments = made_instruments();
  source.settings.intervals = {std::string(to_string(interval))};
  source.settings.tickers = false;
  source.settings.clock = bybit::ClockMode::Frames;
  source.interval = interval;
  auto player = must(replay::FeedPlayer::open(source, [](const std::string& what) {
    fmt::print(stderr, "bench_replay: damaged: {}\n", what);
    std::exit(1);
  }));
  InstrumentTable table = must(player->learn());
  WholeEngine engine(std::move(table), who.models, who.sizing, interval, player->now(), journal);
  must(player->begin(*engine));
  while (player->step()) {
  }
  player->stop();
  return outcome_of(engine);
}

Outcome play_files(const std::vector<sim::KlineInput>& inputs, const Who& who, Journal& journal) {
  auto source = must(sim::FileSource::open_as(inputs, Interval::M1));
  InstrumentTable table;
  for (const Instrument& instrument : source.instruments()) must(table.add(instrument));
  WholeEngine engine(std::move(table), who.models, who.sizing, Interval::M1, source.first(),
                     journal);
  auto player = must(replay::MarketPlayer::create(source, Interval::M1, {}, *engine));
  while (player.step()) {
  }
  return outcome_of(engine);
}

std::uint64_t read_feed(const std::vector<storage::FeedStream>& streams) {
  storage::FeedMerge merge(streams);
  std::uint64_t frames = 0;
  while (must(merge.next())) ++frames;
  return frames;
}

std::uint64_t read_rows(const std::vector<sim::KlineInput>& inputs) {
  std::uint64_t rows = 0;
  for (const sim::KlineInput& input : inputs) {
    auto reader = must(klines::KlineReader::open(input.klines, InstrumentId{0}, Interval::M1));
    while (must(reader.next())) ++rows;
  }
  return rows;
}

std::string thousands(double a_second) { return fmt::format("{:.0f} k/s", a_second / 1e3); }

using Play = std::function<Outcome(Journal&)>;

/// Two rows: log off and log on, beside the bare reading, turn by turn.
void rows(const ReplayPlan& plan, Table& table, const std::string& name,
          const std::function<std::uint64_t()>& bare, const Play& play, double off_demand,
          double on_demand) {
  test::NoJournal none;
  std::optional<Outcome> first;
  bool same = true;
  const auto timed = [&](Journal& journal) {
    Outcome outcome;
    const Took took = time_of([&] { outcome = play(journal); });
    if (!first) first = outcome;
    same = same && outcome == *first;
    return took / static_cast<double>(outcome.bars);
  };
  const auto reading = [&] {
    std::uint64_t items = 0;
    const Took took = time_of([&] { items = bare(); });
    return took / static_cast<double>(items);
  };
  const auto logged = [&] {
    const std::filesystem::path path = plan.folder / "bench.wal";
    auto log =
        must(storage::WalJournal::create(path, {bench_code(), "bench", "replay", {}}, kGathered));
    const Took took = timed(*log);
    table.require(log->flush(), "the log cannot be written to " + path.string());
    log.reset();
    std::filesystem::remove(path);
    return took;
  };
  const auto [alone, off, on] = take_turns(
      plan.rounds, reading, [&] { return timed(none); }, logged);
  const auto speed = [](const Spread& spread) { return 1e9 / spread.median; };
  const auto add = [&](const char* log, const Spread& spread, double demand) {
    table.rows.push_back({fmt::format("{}, log {}", name, log), thousands(speed(spread)),
                          demand > 0.0 ? fmt::format(">= {}", thousands(demand)) : "",
                          speed(spread) >= demand,
                          fmt::format("read alone {}; best {}", thousands(speed(alone)),
                                      thousands(1e9 / spread.best))});
  };
  add("off", off, off_demand);
  add("on", on, on_demand);
  table.require(same, name + ": two runs did not end with the same books");
  table.require(first->orders > 0, name + ": nothing was traded");
  table.facts.push_back(fmt::format("{}: {} bars decided, {} orders, ledger {:016x}", name,
                                    first->bars, first->orders, first->ledger));
}

}  // namespace

void measure_frames(const ReplayPlan& plan, Table& table) {
  const auto streams = made_feed({Interval::M1, plan.bars}, plan.folder / "minutes");
  rows(
      plan, table, "recorded kline frames, sma_cross", [&] { return read_feed(streams); },
      [&](Journal& journal) { return play_feed(streams, Interval::M1, {}, journal); }, 800e3,
      400e3);
}

void measure_policy_frames(const ReplayPlan& plan, Table& table) {
  const auto streams = made_feed({Interval::H1, std::max<std::uint64_t>(2'500, plan.bars / 4)},
                                 plan.folder / "hours");
  const Models models = shipped_models(inference::KernelChoice::Auto);
  const Who who{models, sizing_of(models.front().spec.market)};
  rows(
      plan, table, "recorded kline frames, the 5 shipped networks",
      [&] { return read_feed(streams); },
      [&](Journal& journal) { return play_feed(streams, Interval::H1, who, journal); }, 200e3, 0.0);
}

void measure_files(const ReplayPlan& plan, Table& table) {
  const std::filesystem::path folder = plan.folder / "files";
  std::filesystem::create_directories(folder);
  const auto inputs = made_files({Interval::M1, plan.bars}, 3, folder);
  rows(
      plan, table, "kline CSV.gz, sma_cross", [&] { return read_rows(inputs); },
      [&](Journal& journal) { return play_files(inputs, {}, journal); }, 1e6, 400e3);
}

void measure_memory(const ReplayPlan& plan, Table& table) {
  const std::filesystem::path folder = plan.folder / "long";
  std::filesystem::create_directories(folder);
  const auto inputs = made_files({Interval::M1, plan.long_bars}, 1, folder);
  const pid_t child = ::fork();
  if (child == 0) {
    test::NoJournal none;
    ::_exit(play_files(inputs, {}, none).bars == plan.long_bars ? 0 : 1);
  }
  int status = 0;
  rusage use{};
  ::wait4(child, &status, 0, &use);
  table.require(WIFEXITED(status) && WEXITSTATUS(status) == 0,
                fmt::format("not all of {} bars were decided on", plan.long_bars));
  const double mebibytes = static_cast<double>(use.ru_maxrss) / 1024.0;
  table.rows.push_back({fmt::format("{:.0f} million bars of one file, greatest memory",
                                    static_cast<double>(plan.long_bars) / 1e6),
                        fmt::format("{:.0f} MiB", mebibytes), "< 300 MiB", mebibytes < 300.0, ""});
}

}  // namespace proteus::bench
