// Whatever comes in: money is conserved, refused orders change nothing, no order leaves unlogged or
// twice, every bar has its record, and one stream of inputs gives one run.
#include <map>
#include <random>
#include <set>

#include "tests/unit/engine/runtime_support.hpp"

namespace proteus::runtime_test {
namespace {

/// Numbers of one seed; the generator's raw output is the same everywhere.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : bits_(seed) {}
  std::uint64_t below(std::uint64_t n) { return bits_() % n; }
  bool one_in(std::uint64_t n) { return below(n) == 0; }
  Duration up_to(Duration longest) {
    return Duration{static_cast<std::int64_t>(below(static_cast<std::uint64_t>(longest.count())))};
  }

 private:
  std::mt19937_64 bits_;
};

/// Whole lots of 0.1 between 0 and `most`, both included.
Quantity some_lots(Dice& dice, Quantity most) {
  const auto lots = static_cast<std::uint64_t>(most.raw() / "0.1"_qty.raw());
  return "0.1"_qty * static_cast<std::int64_t>(dice.below(lots + 1));
}

/// A venue that fills what it likes, when it likes, and confirms cancels at once or later.
class WilfulVenue {
 public:
  WilfulVenue(Rig& rig, std::uint64_t seed) : rig_(rig), dice_(seed), position_(rig.table.size()) {
    rig.venue.on_submit = [this](const OrderRequest& o, ReportSink& r) { submit(o, r); };
    rig.venue.on_cancel = [this](const ClientOrderId& id, ReportSink& r) { cancel(id, r); };
    rig.venue.on_before = [this](const Event& e, ReportSink& r) { before(e, r); };
  }
  struct Working {
    OrderRequest order;
    Quantity filled;
    bool cancel_asked = false;
  };
  [[nodiscard]] std::set<std::string> open() const {
    std::set<std::string> ids;
    for (const Working& w : working_) ids.emplace(w.order.id.view());
    return ids;
  }

 private:
  void submit(const OrderRequest& order, ReportSink& reports) {
    EXPECT_TRUE(rig_.journal.holds(order.id)) << "left before it was in the log";
    EXPECT_TRUE(ever_.emplace(order.id.view()).second) << "sent twice: " << order.id.view();
    if (dice_.one_in(8)) return say(reports, {order, {}}, OrderState::Rejected);
    working_.push_back({order, {}});
    say(reports, working_.back(), OrderState::Acknowledged);
    if (dice_.one_in(8)) execute(working_.back(), order.reference, reports);
    sweep();
  }
  void cancel(const ClientOrderId& id, ReportSink& reports) {
    for (Working& w : working_) {
      if (w.order.id != id) continue;
      w.cancel_asked = true;
      if (dice_.one_in(2)) end(w, reports);
    }
    sweep();
  }
  void before(const Event& event, ReportSink& reports) {
    const auto* closed = std::get_if<BarClosed>(&event.body);
    for (Working& w : working_) {
      if (closed != nullptr && w.order.instrument == closed->bar.instrument && !dice_.one_in(4))
        execute(w, closed->bar.open, reports);
      if (w.cancel_asked && is_open(w) && dice_.one_in(2)) end(w, reports);
    }
    sweep();
    if (closed != nullptr && dice_.one_in(10))
      reports.report(FundingSettled{.instrument = closed->bar.instrument,
                                    .amount = Money::from_raw(
                                        static_cast<std::int64_t>(dice_.below(2'000'000'001)) -
                                        1'000'000'000)},
                     event.ts_event);
  }

  /// Fills some of the order, or all; a reducing one no more than there is to reduce.
  void execute(Working& w, Price price, ReportSink& reports) {
    Quantity& held = position_[w.order.instrument.index];
    Quantity most = w.order.quantity - w.filled;
    if (w.order.reduce_only) {
      const bool reduces = (held > Quantity{}) == (w.order.side == Side::Sell) && !held.is_zero();
      if (!reduces) return end(w, reports);
      most = std::min(most, abs(held));
    }
    const Quantity quantity = dice_.one_in(3) ? some_lots(dice_, most) : most;
    if (quantity.is_zero()) return;
    held += signed_quantity(w.order.side, quantity);
    w.filled += quantity;
    const Money fee = share(notional(price, quantity), 550'000, Rounding::Up);
    reports.report(Rig::fill_of(w.order, quantity, price, fee), rig_.engine->now());
    say(reports, w, is_open(w) ? OrderState::PartiallyFilled : OrderState::Filled);
  }
  void end(Working& w, ReportSink& reports) {
    if (!is_open(w)) return;
    say(reports, w, OrderState::Cancelled);
    w.order.quantity = w.filled;
  }
  static bool is_open(const Working& w) { return w.filled < w.order.quantity; }
  void sweep() {
    std::erase_if(working_, [](const Working& w) { return !is_open(w); });
  }
  void say(ReportSink& reports, const Working& w, OrderState state) {
    const OrderUpdate update{
        .id = w.order.id, .instrument = w.order.instrument, .state = state, .filled = w.filled};
    reports.report(update, rig_.engine->now());
    if (dice_.one_in(10)) reports.report(update, rig_.engine->now());  // Venues repeat themselves.
  }

  Rig& rig_;
  Dice dice_;
  std::vector<Working> working_;
  std::vector<Quantity> position_;
  std::set<std::string> ever_;
};

/// Strategies and a gate that say anything their ports allow.
void let_ports_improvise(Rig& rig, Dice& dice) {
  for (FakeStrategy* strategy : rig.strategies)
    strategy->improvise = [&rig, &dice](FakeStrategy& self) {
      const bool spot = rig.table[InstrumentId{self.index}].category == Category::Spot;
      if (dice.one_in(8)) return self.silent();
      if (dice.one_in(16)) return self.warming_up();
      self.wants({static_cast<double>(dice.below(41)) / 10.0 - (spot ? 0.0 : 2.0)});
    };
  rig.gate.on_review = [&dice](const OrderRequest& order) {
    if (dice.one_in(6)) return refuse(static_cast<Control>(1 + dice.below(31)));
    Approved approved{order};
    if (dice.one_in(6))
      approved.order.quantity =
          std::max("0.1"_qty, std::min(order.quantity, some_lots(dice, order.quantity)));
    return Verdict{approved};
  };
  rig.gate.on_observe = [](const Event& event, ReportSink& moves) {
    const auto* command = std::get_if<OperatorCommand>(&event.body);
    if (command != nullptr && command->action == OperatorAction::Halt)
      moves.report(TradingStateChanged{.to = TradingState::Halted}, event.ts_recv);
  };
  rig.gate.on_equity_do = [&dice](ReportSink& moves) {
    if (dice.one_in(50)) moves.report(TradingStateChanged{.to = TradingState::Halted}, kStart);
  };
  rig.gate.absurd_if = [](const Bar& bar) -> const char* {
    return bar.close > "900"_px ? "absurd" : nullptr;
  };
}

EngineSettings settings_of(std::uint64_t seed) {
  EngineSettings settings = seed % 2 == 0 ? with_limits(5.0) : EngineSettings{};
  settings.barrier = seed % 4 < 2 ? Duration{0} : Duration{2s};
  return settings;
}

/// An engine among wilful ports, all from one seed, and a driver that feeds it.
class Session {
 public:
  explicit Session(std::uint64_t seed)
      : rig(2, settings_of(seed), 1), ports_(seed + 1), venue(rig, seed + 2), world_(seed) {
    let_ports_improvise(rig, ports_);
  }

  void drive(int closes, bool log_may_fail, const std::function<void()>& after) {
    after_ = after;
    for (int k = 0; k < closes; ++k) {
      std::vector<std::uint32_t> order{0, 1, 2};
      for (std::size_t i = 2; i > 0; --i) std::swap(order[i], order[world_.below(i + 1)]);
      for (const std::uint32_t i : order) {
        rig.journal.writable = !log_may_fail || !world_.one_in(12);
        if (!world_.one_in(20)) one_bar(i, k);
        something_else(i, k);
      }
    }
    rig.journal.writable = true;
    input(OperatorCommand{.action = OperatorAction::Stop}, now_);
  }

  Rig rig;

 private:
  void input(EventBody body, Timestamp happened) {
    rig.engine->on_input(std::move(body), happened, now_);
    after_();
  }
  void one_bar(std::uint32_t i, int k) {
    const Price price = "90"_px + "0.5"_px * static_cast<std::int64_t>(world_.below(41));
    const Bar bar = rig.bar(i, k, world_.one_in(25) ? "1000"_px : price);
    now_ = std::max(now_, bar.close_time + world_.up_to(world_.one_in(15) ? 20s : 1s));
    input(BarClosed{bar, k < 2 ? BarSource::Warmup : BarSource::Stream}, bar.close_time);
  }
  void something_else(std::uint32_t i, int k) {
    now_ += world_.up_to(2s);
    const Bar old = rig.bar(i, std::max(0, k - 1), "95"_px);
    Instrument changed = rig.table[InstrumentId{i}];
    changed.tick_size = world_.one_in(2) ? "0.5"_px : "0.25"_px;
    Bar hour = old;
    hour.interval = Interval::H1;
    switch (world_.below(14)) {
      case 0:
        return input(ClockTick{}, now_);
      case 1:
        return input(TickerUpdated{.instrument = InstrumentId{i}, .mark = "99"_px}, now_);
      case 2:
        return input(BarClosed{old}, old.close_time);
      case 3:
        return input(InstrumentChanged{changed}, now_);
      case 4:
        return input(FeedAnomaly{.kind = AnomalyKind::Malformed}, now_);
      case 5:
        return input(BarClosed{hour}, now_);
      case 6:
        if (!world_.one_in(6)) return;
        return input(OperatorCommand{.action = OperatorAction::Halt}, now_);
      default:
        return;
    }
  }

  Dice ports_;

 public:
  WilfulVenue venue;

 private:
  Dice world_;
  Timestamp now_ = kStart;
  std::function<void()> after_;
};

/// capital - all that was paid for fills, fees and funding + what is held at its mark: from the
/// journal's fills alone, without the ledger.
Money equity_from_fills(const Rig& rig) {
  Money equity = Money::from_raw(to_fixed_raw(rig.settings.capital));
  std::map<std::uint32_t, Quantity> held;
  for (const Fill& fill : rig.journal.bodies<Fill>()) {
    const Quantity change = signed_quantity(fill.side, fill.quantity);
    equity -= notional(fill.price, change, Rounding::Up);
    equity -= fill.fee;
    held[fill.instrument.index] += change;
  }
  for (const FundingSettled& funding : rig.journal.bodies<FundingSettled>())
    equity -= funding.amount;
  for (const auto& [i, quantity] : held)
    equity += notional(rig.engine->ledger().positions[i].mark, quantity);
  return equity;
}

/// Cash and positions are equity, by the view's own numbers.
void expect_conserved(const LedgerView& view) {
  Money equity = view.cash;
  Money earned;
  for (const PositionView& p : view.positions) {
    equity += p.category == Category::Linear ? p.unrealised : p.value;
    earned += p.realised + p.unrealised - p.fees - p.funding;
  }
  EXPECT_EQ(equity, view.equity);
  EXPECT_EQ(view.equity - view.initial, earned);
}

class RandomStream : public ::testing::TestWithParam<std::uint64_t> {
 protected:
  RandomStream() { RecordProperty("seed", std::to_string(GetParam())); }
};
INSTANTIATE_TEST_SUITE_P(Seeds, RandomStream, ::testing::Range<std::uint64_t>(100, 112));

TEST_P(RandomStream, ConservesMoneyAndLosesNoOrder) {
  Session run{GetParam()};
  run.drive(150, true, [&] {
    expect_conserved(run.rig.engine->ledger());
    std::set<std::string> open;
    for (const Order& order : run.rig.engine->open_orders()) {
      open.emplace(order.request().id.view());
      EXPECT_NE(order.state(), OrderState::Created) << "neither sent nor dropped";
    }
    EXPECT_EQ(open, run.venue.open());
  });
  EXPECT_EQ(run.rig.engine->ledger().equity, equity_from_fills(run.rig));
  EXPECT_GT(run.rig.engine->counters().fills, 50U);
  EXPECT_GT(run.rig.engine->counters().commit_failures, 5U);
  EXPECT_EQ(run.rig.engine->counters().orders, run.rig.venue.submitted.size());
}

TEST_P(RandomStream, ARefusedOrderLeavesNoTrace) {
  Session run{GetParam()};
  std::map<std::string, bool> approved;
  run.drive(150, false, [] {});
  for (const DecisionRecord& record : run.rig.decisions())
    for (const DecisionOrder& order : record.orders)
      approved.emplace(order.id.view(), order.approved);
  std::set<std::string> sent;
  for (const OrderRequest& order : run.rig.venue.submitted) sent.emplace(order.id.view());
  std::set<std::string> logged;
  for (const OrderIntent& intent : run.rig.journal.all<OrderIntent>())
    logged.emplace(intent.order.id.view());
  std::uint64_t refused = 0;
  for (const auto& [id, yes] : approved) {
    EXPECT_EQ(sent.contains(id), yes) << id;
    EXPECT_EQ(logged.contains(id), yes) << id;
    refused += yes ? 0 : 1;
  }
  EXPECT_EQ(sent.size() + refused, approved.size());
  EXPECT_EQ(run.rig.engine->counters().refusals, refused);
  EXPECT_GT(refused, 10U);
}

TEST_P(RandomStream, EveryIntentThatDidNotLeaveHasItsEndInTheLog) {
  Session run{GetParam()};
  run.drive(150, true, [] {});
  std::set<std::string> sent;
  for (const OrderRequest& order : run.rig.venue.submitted) sent.emplace(order.id.view());
  std::set<std::string> ended;
  for (const OrderUpdate& update : run.rig.journal.bodies<OrderUpdate>())
    if (update.end == OrderEnd::Unlogged) ended.emplace(update.id.view());
  for (const OrderIntent& intent : run.rig.journal.all<OrderIntent>()) {
    const std::string id{intent.order.id.view()};
    EXPECT_NE(sent.contains(id), ended.contains(id)) << id;
  }
  EXPECT_FALSE(ended.empty());
}

TEST_P(RandomStream, EveryEventHasTheNextNumberAndIsObserved) {
  Session run{GetParam()};
  run.drive(150, true, [] {});
  const auto events = run.rig.journal.all<Event>();
  ASSERT_EQ(events.size(), run.rig.gate.observed.size());
  Timestamp last{};
  for (std::size_t i = 0; i < events.size(); ++i) {
    ASSERT_EQ(events[i].sequence, i + 1);
    ASSERT_EQ(run.rig.gate.observed[i].sequence, i + 1);
    ASSERT_GE(events[i].ts_recv, last);
    last = events[i].ts_recv;
  }
}

TEST_P(RandomStream, EveryClosedBarOfTheIntervalHasItsRecord) {
  Session run{GetParam()};
  run.drive(150, true, [] {});
  using Key = std::tuple<std::uint32_t, Timestamp, Price>;
  std::multiset<Key> missing;
  for (const BarClosed& closed : run.rig.journal.bodies<BarClosed>())
    if (closed.bar.interval == run.rig.settings.interval)
      missing.emplace(closed.bar.instrument.index, closed.bar.open_time, closed.bar.close);
  EXPECT_GT(missing.size(), 400U);
  for (const DecisionRecord& record : run.rig.decisions()) {
    // A wish that was placed later has a second record.
    const auto at = missing.find({record.instrument.index, record.bar_open, record.close});
    if (at != missing.end()) missing.erase(at);
  }
  EXPECT_TRUE(missing.empty());
}

TEST_P(RandomStream, GivesTheSameBytesTwice) {
  Session first{GetParam()};
  Session second{GetParam()};
  Session other{GetParam() + 1000};
  for (Session* run : {&first, &second, &other}) run->drive(150, true, [] {});
  EXPECT_EQ(first.rig.journal.bytes, second.rig.journal.bytes);
  EXPECT_EQ(first.rig.engine->ledger_hash(), second.rig.engine->ledger_hash());
  EXPECT_EQ(first.rig.trace, second.rig.trace);
  EXPECT_NE(first.rig.journal.bytes, other.rig.journal.bytes);
  EXPECT_NE(first.rig.engine->ledger_hash(), other.rig.engine->ledger_hash());
}

TEST_P(RandomStream, CanBeToldAgainFromItsInputs) {
  Session first{GetParam()};
  first.drive(150, false, [] {});
  Session again{GetParam()};
  for (const Event& event : first.rig.journal.all<Event>())
    if (event.origin == Origin::Input)
      again.rig.engine->on_input(event.body, event.ts_event, event.ts_recv);
  EXPECT_EQ(again.rig.journal.bytes, first.rig.journal.bytes);
  EXPECT_EQ(again.rig.engine->ledger_hash(), first.rig.engine->ledger_hash());
}

}  // namespace
}  // namespace proteus::runtime_test
