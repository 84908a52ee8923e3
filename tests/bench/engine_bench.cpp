// The engine over a seeded market, log off: bars a second and the time from a bar's arrival to the
// end of its decision. Beside it the same bars through an engine with nothing behind its ports.
#include <fmt/format.h>

#include <algorithm>

#include "tests/bench/measure.hpp"
#include "tests/bench/world.hpp"

namespace proteus::bench {
namespace {

constexpr double kEngineGoal = 1e9 / 1.5e6;  // 1.5 million bars a second

/// What a run over the bars came to; equal for every repetition.
struct Result {
  std::uint64_t ledger_hash = 0;
  std::uint64_t orders = 0;
  std::uint64_t fills = 0;
  friend bool operator==(const Result&, const Result&) = default;
};

Result result_of(const World& world) {
  const EngineCounters& c = world.engine().counters();
  return {world.engine().ledger_hash(), c.orders, c.fills};
}

template <class W>
Took run_bars(W& world, const Market& market) {
  const Took took = time_of([&] {
    for (const Bar& bar : market.bars) world.feed(bar);
  });
  return took / static_cast<double>(market.bars.size());
}

void measure_throughput(std::size_t instruments, const Size& size, Report& report) {
  const Market market = make_market(instruments, size.bars);
  NoJournal off;
  std::optional<Result> first;
  bool same = true;
  bool books_agree = true;
  const auto whole = [&] {
    World world(market, off);
    const Took took = run_bars(world, market);
    const Result result = result_of(world);
    if (!first) first = result;
    same = same && *first == result;
    books_agree = books_agree && world.venue().books().hash() == result.ledger_hash;
    return took;
  };
  const auto empty = [&] {
    EmptyWorld world(market, off);
    const Took took = run_bars(world, market);
    report.mix(world.engine().ledger_hash());
    return took;
  };
  const auto [reference, took] = take_turns(size.rounds, empty, whole);
  const std::string name =
      fmt::format("engine, {} instrument{}, log off", instruments, instruments > 1 ? "s" : "");
  report.figures.push_back(
      {name, took, "engine, nothing behind its ports", reference, kEngineGoal});
  report.facts.push_back(fmt::format("{}: {} bars, {} orders, {} fills, ledger {:016x}", name,
                                     market.bars.size(), first->orders, first->fills,
                                     first->ledger_hash));
  report.require(same, name + ": two repetitions did not end with the same books");
  report.require(books_agree, name + ": the engine's books are not the venue's");
  report.require(first->fills > 0, name + ": no order was filled, so nothing was measured");
  report.mix(first->ledger_hash);
}

/// Each bar by itself, by the wall clock: asking for thread time costs as much as a bar. The
/// clock's own cost stands beside it and is not taken off.
void measure_latency(const Size& size, Report& report) {
  const Market market = make_market(3, size.bars);
  NoJournal off;
  std::vector<Took> p50, p99, clock50, clock99;
  std::vector<double> times(market.bars.size());
  const auto percentile = [&](double share) {
    const auto at =
        times.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(times.size() - 1));
    std::nth_element(times.begin(), at, times.end());
    return Took{*at, *at};
  };
  for (int round = 0; round < size.rounds; ++round) {
    World world(market, off);
    for (std::size_t i = 0; i < times.size(); ++i)
      times[i] = wall_of([&] { world.feed(market.bars[i]); });
    p50.push_back(percentile(0.5));
    p99.push_back(percentile(0.99));
    for (double& time : times) time = wall_of([] {});
    clock50.push_back(percentile(0.5));
    clock99.push_back(percentile(0.99));
    report.mix(world.engine().ledger_hash());
  }
  report.figures.push_back({"one bar to its decision, p50",
                            spread(p50),
                            "two looks at the clock, p50",
                            spread(clock50),
                            {}});
  report.figures.push_back({"one bar to its decision, p99",
                            spread(p99),
                            "two looks at the clock, p99",
                            spread(clock99),
                            {}});
}

}  // namespace

void measure_engine(const Size& size, Report& report) {
  for (const std::size_t instruments : {1U, 3U, 8U}) measure_throughput(instruments, size, report);
  measure_latency(size, report);
}

}  // namespace proteus::bench
