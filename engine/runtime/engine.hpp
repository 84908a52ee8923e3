// The engine: one door, one event at a time, on one thread. It moves its state, asks a strategy
// what it wants, asks risk whether it may, writes down why, and hands the order to a venue. It
// holds no clock: time is that of the last event.
//
// Order of steps for one input:
//   1. the venue sees it first; what it reports (fills due by then, funding) passes the door before
//   the input does
//   2. the input gets its sequence number, is written to the log and moves the ledger
//   3. risk observes, the strategy speaks, the wish is sized and reviewed; every closed bar leaves
//   a DecisionRecord
//   4. the log is committed with one write, and only then do orders leave; what comes back is an
//   event again
//
// Bars of one close gather until all instruments' are there or the barrier is over, and are decided
// together. Only what comes in moves time: the first input after the barrier decides the set, and
// one that is no ClockTick is preceded by a ClockTick of the engine's making. OperatorCommand Stop
// decides the waiting set without orders and cancels what is open; nothing is sent after it until a
// SessionResumed. Flatten cancels what is open and closes every position, again at every bar until
// it is closed; only Resume takes that back.
//
// A log that cannot be written, and one that can again, are inputs (HoldChanged Backlog) of the
// engine's making: what follows from them could not be told again otherwise.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "engine/core/decision.hpp"
#include "engine/core/event.hpp"
#include "engine/ledger/ledger.hpp"
#include "engine/ports/event_sink.hpp"
#include "engine/ports/journal.hpp"
#include "engine/ports/risk_gate.hpp"
#include "engine/ports/strategy.hpp"
#include "engine/ports/venue.hpp"
#include "engine/runtime/settings.hpp"

namespace proteus {

/// What has happened so far, for status and summaries.
struct EngineCounters {
  std::uint64_t bars = 0;  ///< closed bars of the decision interval, warm-up apart
  std::uint64_t warmup_bars = 0;
  std::uint64_t late_bars = 0;
  std::uint64_t bars_set_aside = 0;
  std::uint64_t gaps = 0;  ///< holes in an instrument's bars that reached the engine
  std::uint64_t decisions = 0;
  std::uint64_t orders = 0;  ///< handed to the venue
  std::uint64_t refusals = 0;
  std::uint64_t fills = 0;
  std::uint64_t funding = 0;
  std::uint64_t adjustments = 0;  ///< what the venue did unasked
  std::uint64_t commit_failures = 0;
  std::array<std::uint64_t, 32> refusals_by_control{};
  std::array<std::uint64_t, 32> anomalies{};  ///< by AnomalyKind
  void archive(Archive& a) {
    a(bars, warmup_bars, late_bars, bars_set_aside, gaps, decisions, orders, refusals, fills,
      funding, adjustments, commit_failures, refusals_by_control, anomalies);
  }
};

class Engine final : public EventSink, private ReportSink {
 public:
  /// `strategies` are in instrument order. All references must outlive the engine.
  Engine(const EngineSettings& settings, InstrumentTable& instruments, const SessionCode& session,
         std::vector<std::unique_ptr<Strategy>> strategies, RiskGate& risk, Venue& venue,
         Journal& journal);

  /// The one door. `received` must not go back.
  void on_input(EventBody body, Timestamp happened, Timestamp received) override;

  [[nodiscard]] LedgerView ledger() const { return ledger_.view(); }
  [[nodiscard]] std::uint64_t ledger_hash() const { return ledger_.hash(); }
  [[nodiscard]] const InstrumentTable& instruments() const { return instruments_; }
  [[nodiscard]] const EngineCounters& counters() const { return counters_; }
  [[nodiscard]] std::uint64_t sequence() const { return sequence_; }
  [[nodiscard]] Timestamp now() const { return now_; }
  /// The last decision of an instrument; its `time` is the epoch before the first.
  [[nodiscard]] const DecisionRecord& last_decision(InstrumentId id) const {
    return slots_[id.index].record;
  }
  /// Null: no policy trades the instrument.
  [[nodiscard]] const PolicyStatus* policy_status(InstrumentId id) const {
    return slots_[id.index].strategy->policy_status();
  }
  [[nodiscard]] std::vector<Order> open_orders() const;
  /// Where an instrument's bars go on: the opening time of the one after the last that came, good
  /// or not; epoch: none came. `warming_up`: that was a bar of the warm-up.
  struct BarsSeen {
    Timestamp next_open{};
    bool warming_up = false;
    void archive(Archive& a) { a(next_open, warming_up); }
  };
  [[nodiscard]] BarsSeen bars_seen(InstrumentId id) const { return slots_[id.index].seen; }
  /// Positions that a person's flatten has not closed yet.
  [[nodiscard]] std::size_t flattening() const;

  /// The whole state between two inputs, with that of the strategies, the gate and the venue: an
  /// engine built from the same settings goes on from it as this one would.
  void archive(Archive& a);

 private:
  /// A decision that waits until an older order is out of the way.
  struct Wish {
    Bar bar;
    DecisionRecord record;
    void archive(Archive& a) { a(bar, record); }
  };
  /// Everything the engine keeps for one instrument.
  struct Slot {
    std::unique_ptr<Strategy> strategy;
    Timestamp next_open{};  ///< of the bar that comes next; epoch: none seen
    BarsSeen seen;
    bool skipped = false;  ///< the bar before `next_open` was set aside
    bool in_batch = false;
    bool flatten = false;        ///< a person wants it flat, and it is not yet
    bool ticker_marked = false;  ///< a ticker has told its mark: closes are none any more
    Bar bar;                     ///< waiting in the batch, or last decided
    DecisionRecord record;
    std::vector<Order> orders;  ///< open ones
    std::optional<Wish> wish;
    Timestamp id_second{};
    std::uint32_t id_ordinal = 0;
    void archive(Archive& a) {
      a(strategy, next_open, seen, skipped, in_batch, flatten, ticker_marked, bar, record, orders,
        wish, id_second, id_ordinal);
    }
  };

  void report(EventBody body, Timestamp happened) override;
  void take(Event input);
  void process(Event& event);
  void drain();
  void on_bar(const BarClosed& closed);
  void on_update(const OrderUpdate& update);
  [[nodiscard]] const char* unfit(const Bar& bar);
  void set_aside(Event& input, const Bar& bar, const char* reason);
  void note_seen(const BarClosed& closed);
  void set_aside_quote(Event& input);
  void warm_up(Slot& slot, const Bar& bar);
  void gather(Slot& slot, const Bar& bar);
  void decide_batch();
  Opinion hear(Slot& slot, const Bar& bar);
  void decide(Slot& slot);
  void place(Slot& slot);
  void place_one(Slot& slot, Side side, Quantity quantity, bool reduce_only, Purpose purpose);
  void place_wish(Slot& slot);
  void cancel(const Order& order);
  void cancel_all(Slot& slot);
  void cancel_increases(Slot& slot);
  void stop();
  void flatten_all();
  void flatten(Slot& slot);
  void obey(const OperatorCommand& command);
  void tell_news(Slot& slot);
  void begin_record(Slot& slot, const Bar& bar);
  void finish_record(Slot& slot, Outcome outcome, std::string_view reason);
  void dispatch();
  void refuse_unlogged();
  [[nodiscard]] bool gathers(const BarClosed& closed) const;
  [[nodiscard]] bool barrier_over() const;
  [[nodiscard]] bool late(const Bar& bar) const;
  [[nodiscard]] std::span<const OrderRequest> collect_open();
  [[nodiscard]] Quantity position(const Slot& slot) const;

  struct Outgoing {
    bool cancel = false;
    ClientOrderId id;
    InstrumentId instrument;
  };

  EngineSettings settings_;
  InstrumentTable& instruments_;
  SessionCode session_;
  RiskGate& risk_;
  Venue& venue_;
  Journal& journal_;
  Ledger ledger_;
  std::vector<Slot> slots_;
  std::vector<Event> derived_;  ///< reports and moves waiting for the door, in order
  std::vector<Outgoing> outbox_;
  std::vector<OrderRequest> open_scratch_;
  EngineCounters counters_;
  std::uint64_t sequence_ = 0;
  Timestamp now_{};
  Timestamp batch_close_{};
  std::size_t batch_size_ = 0;
  bool inside_ = false;
  bool unlogged_ = false;  ///< the last commit failed: nothing new leaves
  bool stopping_ = false;  ///< Stop was commanded: nothing is sent any more
};

}  // namespace proteus
