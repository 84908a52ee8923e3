// The engine with its log on: the real session log in a real file. Once as the daemon keeps it (one
// write(2) for each commit, before anything leaves) and once as file replay keeps it (commits
// gather until there is enough). Beside each the same bytes in the same pieces by bare write(2).
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <numeric>

#include "connectors/storage/wal_journal.hpp"
#include "connectors/storage/wal_reader.hpp"
#include "tests/bench/measure.hpp"
#include "tests/bench/world.hpp"

namespace proteus::bench {
namespace {

constexpr double kLogGoal = 1e9 / 400e3;  // 400 000 bars a second
constexpr std::size_t kGather = 256U << 10U;

storage::WalHeader header() { return {bench_session(), "bench", "replay", {}}; }

/// Passes everything on to the log and keeps the size of each write.
class Tally final : public Journal {
 public:
  explicit Tally(storage::WalJournal& log) : log_(log) {}
  void append(const Event& event) override { log_.append(event); }
  void append(const DecisionRecord& decision) override { log_.append(decision); }
  void append(const OrderIntent& intent) override { log_.append(intent); }
  void append(const CancelIntent& intent) override { log_.append(intent); }
  void append(const EquityPoint& point) override { log_.append(point); }
  [[nodiscard]] bool commit() override {
    const std::size_t pending = log_.pending_bytes();
    const bool written = log_.commit();
    if (pending > 0 && log_.pending_bytes() == 0) writes.push_back(pending);
    return written;
  }
  std::vector<std::size_t> writes;

 private:
  storage::WalJournal& log_;
};

/// Reads the log back: as many records as were written, and the last books are the engine's.
void check_log(const std::filesystem::path& path, std::uint64_t records, std::uint64_t ledger_hash,
               Report& report) {
  auto reader = storage::WalReader::open(path);
  report.require(reader.has_value(), "the log cannot be read back");
  if (!reader) return;
  std::uint64_t seen = 0;
  std::uint64_t last_hash = 0;
  for (;;) {
    const auto record = reader.value().next();
    report.require(record.has_value(), "a record of the log cannot be read back");
    if (!record || record.value() == nullptr) break;
    ++seen;
    if (const auto* point = std::get_if<EquityPoint>(record.value()))
      last_hash = point->ledger_hash;
  }
  report.require(seen == records, fmt::format("the log holds {} records of {}", seen, records));
  report.require(last_hash == ledger_hash, "the log's last books are not the engine's");
  report.mix(last_hash);
}

/// The same bytes in the same pieces, nothing else.
Took write_bare(const std::filesystem::path& path, const std::vector<std::size_t>& writes,
                const std::vector<std::byte>& bytes) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0640);
  if (file < 0) std::abort();
  const Took took = time_of([&] {
    for (const std::size_t size : writes)
      if (::write(file, bytes.data(), size) != static_cast<ssize_t>(size)) std::abort();
  });
  ::close(file);
  std::filesystem::remove(path);
  return took;
}

void measure_one(std::size_t instruments, std::size_t gather, const Size& size,
                 const std::filesystem::path& folder, Report& report) {
  const std::string name =
      fmt::format("engine, {} instrument{}, log, {}", instruments, instruments > 1 ? "s" : "",
                  gather == 0 ? "a write a commit" : "gathered");
  const Market market = make_market(instruments, size.logged);
  const std::filesystem::path path = folder / "bench.wal";
  const auto bars = static_cast<double>(market.bars.size());

  auto first = storage::WalJournal::create(path, header(), gather);
  report.require(first.has_value(), "the log cannot be written in " + folder.string());
  if (!first) return;
  Tally tally(*first.value());
  World world(market, tally);
  for (const Bar& bar : market.bars) world.feed(bar);
  const std::size_t rest = first.value()->pending_bytes();
  report.require(first.value()->flush(), "the log's rest cannot be written");
  if (rest > 0) tally.writes.push_back(rest);
  const std::uint64_t hash = world.engine().ledger_hash();
  check_log(path, first.value()->records(), hash, report);
  std::filesystem::remove(path);

  bool same = true;
  const auto logged = [&] {
    auto log = storage::WalJournal::create(path, header(), gather);
    if (!log) std::abort();
    World repeated(market, *log.value());
    const Took took = time_of([&] {
      for (const Bar& bar : market.bars) repeated.feed(bar);
      same = log.value()->flush() && same;
    });
    same = same && repeated.engine().ledger_hash() == hash;
    log.value().reset();
    std::filesystem::remove(path);
    return took / bars;
  };
  const std::vector<std::byte> bytes(*std::ranges::max_element(tally.writes), std::byte{0x5a});
  const auto bare = [&] { return write_bare(path, tally.writes, bytes) / bars; };
  const auto [reference, took] = take_turns(size.rounds, bare, logged);

  const std::size_t total =
      std::accumulate(tally.writes.begin(), tally.writes.end(), std::size_t{0});
  const EngineCounters& c = world.engine().counters();
  report.figures.push_back({name, took, "write(2) of the same bytes alone", reference, kLogGoal});
  report.facts.push_back(
      fmt::format("{}: {} bytes in {} writes ({:.0f} bytes a bar), {} orders, {} fills, ledger "
                  "{:016x}, read back whole",
                  name, total, tally.writes.size(), static_cast<double>(total) / bars, c.orders,
                  c.fills, hash));
  report.require(same, name + ": a repetition ended with other books");
}

}  // namespace

void measure_log(const Size& size, const std::string& folder, Report& report) {
  for (const std::size_t instruments : {1U, 3U, 8U})
    measure_one(instruments, 0, size, folder, report);
  measure_one(1, kGather, size, folder, report);
}

}  // namespace proteus::bench
