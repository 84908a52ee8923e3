// Allocations on the decision path in steady state: the second half of a run, log off and on. The
// first half is allowed to grow buffers.
#include <fmt/format.h>

#include <filesystem>

#include "connectors/storage/wal_journal.hpp"
#include "tests/bench/heap.hpp"
#include "tests/bench/measure.hpp"
#include "tests/bench/world.hpp"

namespace proteus::bench {
namespace {

void count(std::string_view name, const Market& market, Journal& journal, Report& report) {
  World world(market, journal);
  const std::size_t half = market.bars.size() / 2;
  for (std::size_t i = 0; i < half; ++i) world.feed(market.bars[i]);
  const std::uint64_t orders = world.engine().counters().orders;
  const std::uint64_t before = allocations();
  for (std::size_t i = half; i < market.bars.size(); ++i) world.feed(market.bars[i]);
  const std::uint64_t made = allocations() - before;
  const std::string words =
      fmt::format("heap, {}: {} allocations in {} bars with {} orders", name, made,
                  market.bars.size() - half, world.engine().counters().orders - orders);
  report.facts.push_back(words);
  report.require(made == 0, words + "; there must be none");
  report.mix(world.engine().ledger_hash());
}

}  // namespace

void measure_heap(const Size& size, const std::string& folder, Report& report) {
  const std::uint64_t before = allocations();
  report.facts.push_back(std::string(100, ' '));
  report.require(allocations() > before, "the count of allocations does not count");
  report.facts.pop_back();

  const std::filesystem::path path = std::filesystem::path(folder) / "heap.wal";
  for (const std::size_t instruments : {1U, 3U, 8U}) {
    const Market market = make_market(instruments, size.bars);
    NoJournal off;
    count(fmt::format("{} instruments, log off", instruments), market, off, report);
    auto log = storage::WalJournal::create(path, {bench_session(), "bench", "replay", {}});
    report.require(log.has_value(), "the log cannot be written in " + folder);
    if (!log) return;
    count(fmt::format("{} instruments, log on", instruments), market, *log.value(), report);
    log.value().reset();
    std::filesystem::remove(path);
  }
}

}  // namespace proteus::bench
