// Memory over very many bars: what trades in the daemon (Trading: session folder, log, storage
// thread with its tables, gate, paper venue, engine), fed as fast as it goes.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "engine/market/generator.hpp"
#include "tests/bench/daemon/must.hpp"
#include "tests/bench/daemon/parts.hpp"
#include "tests/bench/daemon/process.hpp"
#include "tools/app/trading.hpp"

namespace proteus::bench {
namespace {

constexpr double kGrowthMib = 4.0;
constexpr std::int64_t kMillion = 1'000'000;

std::uintmax_t bytes_below(const std::filesystem::path& folder) {
  std::uintmax_t bytes = 0;
  std::error_code failed;
  for (std::filesystem::recursive_directory_iterator it(folder, failed), end; !failed && it != end;
       it.increment(failed))
    if (it->is_regular_file(failed)) bytes += it->file_size(failed);
  return bytes;
}

}  // namespace

void measure_bars(const Plan& plan, Table& table) {
  market::Settings market;
  market.instruments.resize(8);
  const Timestamp start = from_unix_ms(1'748'538'300'000);
  auto generator = must(market::MarketGenerator::create(market, 7, start));
  std::string names;
  InstrumentTable instruments;
  for (const Instrument& instrument : generator.instruments()) {
    names += (names.empty() ? "" : ",") + instrument.name();
    must(instruments.add(instrument));
  }
  const auto folder = plan.folder / "bars";
  const app::Loaded loaded =
      must(app::load({}, {"session.folder=" + folder.string(), "engine.instruments=" + names,
                          "engine.capital=1000000"}));
  auto trading = must(app::Trading::open(loaded, "paper", start));
  must(trading->build(instruments, start));

  std::vector<double> resident;
  const std::int64_t step = std::min(kMillion, std::max<std::int64_t>(1, plan.bars / 10));
  std::int64_t fed = 0;
  fmt::print("{:>12}{:>16}{:>16}{:>12}\n", "bars", "resident MiB", "on disk MiB", "orders");
  while (fed < plan.bars) {
    for (const std::int64_t until = fed + step; fed < until;) {
      const market::Minute minute = generator.next();
      for (const Bar& bar : minute.bars)
        trading->engine().on_input(BarClosed{bar, BarSource::File}, bar.close_time, bar.close_time);
      trading->keep_log();
      fed += static_cast<std::int64_t>(minute.bars.size());
    }
    trading->storage().drain();  // The tables keep up, as they do in a daemon.
    resident.push_back(resident_mib());
    fmt::print("{:>12}{:>16.1f}{:>16.0f}{:>12}\n", fed, resident.back(),
               static_cast<double>(bytes_below(folder)) / 1048576.0,
               trading->engine().counters().orders);
  }
  const std::uint64_t decided = trading->engine().counters().bars;
  must(trading->finish("the benchmark ends", trading->engine().now()));
  trading.reset();
  std::filesystem::remove_all(folder);
  const double grown = resident.back() - resident.front();
  table.rows.push_back(
      {fmt::format("{:.1f} million bars, memory grown since the first tenth",
                   static_cast<double>(plan.bars) / 1e6),
       fmt::format("{:.1f} MiB", grown), fmt::format("flat ({:.0f} MiB)", kGrowthMib),
       grown < kGrowthMib,
       fmt::format("{:.1f} MiB then, {:.1f} MiB at the end", resident.front(), resident.back())});
  table.require(decided == static_cast<std::uint64_t>(fed), "bars: not every bar was decided");
}

}  // namespace proteus::bench
