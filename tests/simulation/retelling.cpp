#include "tests/simulation/retelling.hpp"

#include <fmt/format.h>

#include <deque>
#include <optional>

#include "connectors/paper/paper_venue.hpp"
#include "connectors/storage/session_log.hpp"
#include "engine/core/json.hpp"
#include "engine/runtime/engine.hpp"
#include "risk/gate.hpp"
#include "strategies/make_strategy.hpp"
#include "tools/app/gate_costs.hpp"

namespace proteus::simulation {
namespace {

using storage::WalRecord;

template <class Record>
std::string told(const Record& record) {
  if constexpr (std::is_same_v<Record, Event>)
    return fmt::format(
        "event {} {} {}", record.sequence, event_name(record.body),
        std::visit([](const auto& body) { return json::to_json(body); }, record.body));
  else if constexpr (std::is_same_v<Record, storage::Snapshot>)
    return "a snapshot";
  else
    return json::to_json(record).substr(0, 300);
}

/// The log as it was written, in the place of the one that would be.
class Script final : public Journal {
 public:
  explicit Script(storage::SessionLog log) : log_(std::move(log)) {}

  void append(const Event& made) override { compare(made); }
  void append(const DecisionRecord& made) override { compare(made); }
  void append(const OrderIntent& made) override { compare(made); }
  void append(const CancelIntent& made) override { compare(made); }
  void append(const EquityPoint& made) override { compare(made); }
  /// As it was then: the engine wrote down when its log could not be written, and when it could
  /// again, and that is what it will say next.
  [[nodiscard]] bool commit() override {
    const auto* event = has(0) ? std::get_if<Event>(&ahead_[0]) : nullptr;
    const auto* hold = event == nullptr ? nullptr : std::get_if<HoldChanged>(&event->body);
    if (hold != nullptr && event->origin == Origin::Input && hold->hold == Hold::Backlog)
      full_ = hold->active;
    return !full_;
  }

  /// The next thing that came from outside; nothing: all was told, or something differs.
  std::optional<Event> next_input() {
    for (std::size_t i = 0; complaint_.empty() && has(i); ++i) {
      const auto* event = std::get_if<Event>(&ahead_[i]);
      if (event != nullptr && event->origin == Origin::Input) return *event;
    }
    if (complaint_.empty() && !ahead_.empty())
      complaint_ = "told again, nothing leads to the log's last records";
    return {};
  }
  [[nodiscard]] const std::string& complaint() const { return complaint_; }
  [[nodiscard]] std::uint64_t records() const { return records_; }

 private:
  /// Reads until that many records lie ahead.
  bool has(std::size_t index) {
    while (ahead_.size() <= index) {
      const Result<const WalRecord*> next = log_.next();
      if (next.has_error()) complaint_ = next.error().context;
      if (next.has_error() || next.value() == nullptr) return false;
      if (!std::holds_alternative<storage::Snapshot>(*next.value()))
        ahead_.push_back(*next.value());
    }
    return true;
  }
  template <class Record>
  void compare(const Record& made) {
    if (!complaint_.empty()) return;
    if (!has(0)) {
      complaint_ = "told again, there is more than in the log: " + told(made);
      return;
    }
    const auto* then = std::get_if<Record>(&ahead_.front());
    if (then == nullptr || !same(*then, made)) {
      complaint_ = fmt::format(
          "record {} is told again differently: the log has {}; now came {}", records_,
          std::visit([](const auto& r) { return told(r); }, ahead_.front()), told(made));
      return;
    }
    ahead_.pop_front();
    ++records_;
  }
  template <class Record>
  bool same(const Record& then, const Record& now) {
    a_.clear();
    b_.clear();
    storage::encode_record(then, 0, a_);
    storage::encode_record(now, 0, b_);
    return std::ranges::equal(a_.view(), b_.view());
  }

  storage::SessionLog log_;
  std::deque<WalRecord> ahead_;
  ByteBuffer a_, b_;
  bool full_ = false;
  std::string complaint_;
  std::uint64_t records_ = 0;
};

Result<InstrumentTable> first_named(storage::SessionLog log, std::size_t count) {
  InstrumentTable table;
  while (table.size() < count) {
    BOOST_OUTCOME_TRY(const WalRecord* const record, log.next());
    const auto* event = record == nullptr ? nullptr : std::get_if<Event>(record);
    const auto* named = event == nullptr ? nullptr : std::get_if<InstrumentChanged>(&event->body);
    if (named == nullptr) return error(ErrorCode::Corrupt, "the log does not begin with its names");
    BOOST_OUTCOME_TRY(table.add(named->instrument));
  }
  return table;
}

Result<Retold> again(const app::Settings& s, const std::filesystem::path& wal) {
  BOOST_OUTCOME_TRY(auto beginning, storage::SessionLog::open(wal));
  BOOST_OUTCOME_TRY(auto log, storage::SessionLog::open(wal));
  const SessionCode code = log.header().session;
  BOOST_OUTCOME_TRY(InstrumentTable table,
                    first_named(std::move(beginning), s.engine.instruments.size()));
  std::vector<std::unique_ptr<Strategy>> strategies;
  for (const Instrument& instrument : table) {
    BOOST_OUTCOME_TRY(auto strategy,
                      strategies::make_strategy(s.strategy, instrument, s.engine.interval));
    strategies.push_back(std::move(strategy));
  }
  const Money capital = Money::from_raw(to_fixed_raw(s.engine.capital));
  risk::Gate gate(s.sizing, s.limits, table, s.engine.interval, app::gate_costs(s.paper), capital);
  paper::PaperVenue venue(s.paper, s.engine.interval, capital, table);
  Script script(std::move(log));
  Engine engine(s.engine, table, code, std::move(strategies), gate, venue, script);
  while (std::optional<Event> input = script.next_input()) {
    engine.on_input(std::move(input->body), input->ts_event, input->ts_recv);
    if (!script.complaint().empty()) break;
  }
  return Retold{script.complaint(), script.records(), engine.ledger_hash()};
}

}  // namespace

Retold tell_again(const app::Loaded& loaded, const std::filesystem::path& wal) {
  Result<Retold> retold = again(loaded.settings, wal);
  if (retold.has_error()) return {retold.error().context, 0, 0};
  return std::move(retold.value());
}

}  // namespace proteus::simulation
