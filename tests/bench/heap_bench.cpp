// Allocations on the decision path in steady state: the second half of a run, log off and on. The
// first half is allowed to grow buffers.
#include <fmt/format.h>

#include <filesystem>
#include <span>

#include "connectors/storage/wal_journal.hpp"
#include "tests/bench/heap.hpp"
#include "tests/bench/measure.hpp"
#include "tests/bench/world.hpp"

namespace proteus::bench {
namespace {

/// A ticker and then a bar, as the daemon sees them.
void feed(World& world, std::span<const Bar> bars) {
  for (const Bar& bar : bars) {
    world.feed_ticker(bar);
    world.feed(bar);
  }
}

void count(std::string_view name, const Market& market, Journal& journal, OrderStyle style,
           Report& report) {
  World world(market, journal, style);
  const std::span<const Bar> bars{market.bars};
  const std::size_t half = bars.size() / 2;
  feed(world, bars.first(half));
  const EngineCounters first = world.engine().counters();
  const std::uint64_t before = allocations();
  feed(world, bars.subspan(half));
  const std::uint64_t made = allocations() - before;
  const EngineCounters& last = world.engine().counters();
  const std::string words = fmt::format(
      "heap, {}: {} allocations in {} bars, {} orders, {} fills and {} funding settlements", name,
      made, bars.size() - half, last.orders - first.orders, last.fills - first.fills,
      last.funding - first.funding);
  report.facts.push_back(words);
  report.require(made == 0, words + "; there must be none");
  report.require(last.fills > first.fills, words + "; without a fill this proves nothing");
  report.mix(world.engine().ledger_hash());
}

}  // namespace

void measure_heap(const Size& size, const std::string& folder, Report& report) {
  const std::uint64_t before = allocations();
  report.facts.push_back(std::string(100, ' '));
  report.require(allocations() > before, "the count of allocations does not count");
  report.facts.pop_back();

  const std::filesystem::path path = std::filesystem::path(folder) / "heap.wal";
  for (const std::size_t instruments : {1U, 3U, 8U})
    for (const OrderStyle style : {OrderStyle::Market, OrderStyle::Limit}) {
      const Market market = make_market(instruments, size.bars);
      const std::string name =
          fmt::format("{} instrument{}, {} orders", instruments, instruments > 1 ? "s" : "",
                      style == OrderStyle::Market ? "market" : "limit");
      NoJournal off;
      count(name + ", log off", market, off, style, report);
      auto log = storage::WalJournal::create(path, {bench_session(), "bench", "replay", {}});
      report.require(log.has_value(), "the log cannot be written in " + folder);
      if (!log) return;
      count(name + ", log on", market, *log.value(), style, report);
      log.value().reset();
      std::filesystem::remove(path);
    }
}

}  // namespace proteus::bench
