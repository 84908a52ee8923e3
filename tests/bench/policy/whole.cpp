// The whole engine with the policy, fed from kline files as `proteus replay` feeds it: files read,
// ledger, gate, features, unit account, networks, sizing, paper venue, orders and fills, decision
// records; on one thread, once without a log and once with the log that a replay keeps. Beside it
// the files read and nothing else, and the same engine with sma_cross.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include "connectors/replay/market_player.hpp"
#include "connectors/storage/wal_journal.hpp"
#include "tests/bench/daemon/must.hpp"
#include "tests/bench/measure.hpp"
#include "tests/bench/policy/kline_files.hpp"
#include "tests/bench/policy/parts.hpp"
#include "tests/bench/whole_engine.hpp"
#include "tests/support/no_journal.hpp"
#include "tests/support/policies.hpp"

namespace proteus::bench {
namespace {

constexpr double kDemand = 200e3;  // bars a second
constexpr std::size_t kGather = 256U << 10U;
constexpr Interval kInterval = Interval::H1;
/// One network of the default size in the place of those five, seeded and untrained.
Models of_default_size(const Models& like, inference::KernelChoice kernel) {
  strategies::PolicyModel model = like.front();
  inference::Architecture architecture = test::default_architecture();
  architecture.inputs = model.policy->shape().inputs;
  model.policy = test::random_policy(architecture, 1, kernel);
  return {model};
}

/// Writes nothing and keeps a hash of all that would be written: two runs of one hash said and did
/// the same, bit for bit.
class Hashing final : public Journal {
 public:
  void append(const Event& event) override { add(event); }
  void append(const DecisionRecord& decision) override { add(decision); }
  void append(const OrderIntent& intent) override { add(intent); }
  void append(const CancelIntent& intent) override { add(intent); }
  void append(const EquityPoint& point) override { add(point); }
  [[nodiscard]] bool commit() override { return true; }
  std::uint64_t hash = 14695981039346656037ULL;

 private:
  template <class T>
  void add(const T& record) {
    bytes_.clear();
    storage::encode_record(record, 0, bytes_);
    for (std::size_t i = 0; i < bytes_.size(); ++i)
      hash = (hash ^ std::to_integer<std::uint64_t>(bytes_.data()[i])) * 1099511628211ULL;
  }
  ByteBuffer bytes_;
};

/// What a run came to.
struct Played {
  std::uint64_t bars = 0;  ///< that were decided on; those of the warm-up are not counted
  std::uint64_t orders = 0;
  std::uint64_t ledger = 0;
  friend bool operator==(const Played&, const Played&) = default;
};

/// From the files to the last bar. No models: sma_cross trades.
Played play(const KlineFiles& files, const Models& models, const Models& like, Journal& journal) {
  auto source = must(sim::FileSource::open(files.inputs()));
  InstrumentTable table;
  for (const Instrument& instrument : source.instruments()) must(table.add(instrument));
  WholeEngine engine(std::move(table), models, sizing_of(like.front().spec.market), kInterval,
                     source.first(), journal);
  const auto warm_up = must(strategies::policy_warm_up(like.front().spec));
  const replay::PlaySpan span{.warm_up_bars = static_cast<std::int64_t>(warm_up)};
  auto player = must(replay::MarketPlayer::create(source, kInterval, span, *engine));
  while (player.step()) {
  }
  return {engine->counters().bars, engine->counters().orders, engine->ledger_hash()};
}

/// The files alone.
std::uint64_t read_files(const KlineFiles& files) {
  std::uint64_t rows = 0;
  for (const sim::KlineInput& input : files.inputs()) {
    auto reader = must(klines::KlineReader::open(input.klines, InstrumentId{0}, kInterval));
    while (must(reader.next())) ++rows;
  }
  return rows;
}

std::string rate(double bars_a_second) { return fmt::format("{:.0f} k/s", bars_a_second / 1e3); }

class Whole {
 public:
  Whole(const PolicyPlan& plan, Table& table)
      : plan_(plan),
        table_(table),
        files_(plan.tiny ? 1'800 : 40'000, plan.tiny),
        shipped_(shipped_models(plan.kernel)),
        log_(std::filesystem::temp_directory_path() /
             fmt::format("bench_policy.{}.wal", ::getpid())) {}

  /// Bars a second of the thread's own time, in turn: files alone, sma_cross, with `models`, and
  /// with these and a log.
  void row(const std::string& name, const Models& models, bool demanded) {
    std::optional<Played> first;
    bool same = true;
    const auto once = [&](const Models& who, Journal& journal) {
      Played played;
      const Took took = time_of([&] { played = play(files_, who, shipped_, journal); });
      if (!who.empty()) {
        if (!first) first = played;
        same = same && played == *first;
      }
      return took / static_cast<double>(played.bars);
    };
    const auto bare = [&] {
      std::uint64_t rows = 0;
      const Took took = time_of([&] { rows = read_files(files_); });
      return took / static_cast<double>(rows);
    };
    const auto crossing = [&] { return once({}, off_); };
    const auto whole = [&] { return once(models, off_); };
    const auto logged = [&] {
      auto log =
          must(storage::WalJournal::create(log_, {bench_code(), "bench", "replay", {}}, kGather));
      const Took took = once(models, *log);
      table_.require(log->flush(), "the log cannot be written to " + log_.string());
      log.reset();
      std::filesystem::remove(log_);
      return took;
    };
    const auto [files, cross, off, on] = take_turns(plan_.rounds, bare, crossing, whole, logged);
    const auto speed = [](const Spread& spread) { return 1e9 / spread.median; };
    const std::string beside =
        fmt::format("files read alone {}, sma_cross {}; best {}", rate(speed(files)),
                    rate(speed(cross)), rate(1e9 / off.best));
    table_.rows.push_back({name + ", log off", rate(speed(off)), demanded ? ">= 200 k/s" : "",
                           speed(off) >= kDemand, beside});
    table_.rows.push_back({name + ", log on", rate(speed(on)), "", true,
                           fmt::format("best {}", rate(1e9 / on.best))});
    Hashing hashing;
    same = same && play(files_, models, shipped_, hashing) == *first;
    table_.require(same, name + ": two runs did not end with the same books");
    table_.require(first->orders > 0, name + ": nothing was traded");
    table_.facts.push_back(
        fmt::format("{}: {}; {} bars decided, {} orders, ledger {:016x}, all records {:016x}", name,
                    files_.told(), first->bars, first->orders, first->ledger, hashing.hash));
  }
  void rows() {
    row("engine with the 5 shipped networks from files", shipped_, true);
    row("engine with one of the default size from files", of_default_size(shipped_, plan_.kernel),
        false);
  }

 private:
  PolicyPlan plan_;
  Table& table_;
  KlineFiles files_;
  Models shipped_;
  test::NoJournal off_;
  std::filesystem::path log_;
};

}  // namespace

void measure_whole(const PolicyPlan& plan, Table& table) { Whole(plan, table).rows(); }

}  // namespace proteus::bench
