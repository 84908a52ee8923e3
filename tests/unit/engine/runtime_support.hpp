// An engine between scripted ports: a strategy that plays a list of opinions, a gate that says what
// the test says, a venue that answers what the test says, a journal that keeps everything. All four
// write into one trace, so that a test can state the order of steps.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/core/binary.hpp"
#include "engine/core/json.hpp"
#include "engine/runtime/engine.hpp"

namespace proteus::runtime_test {

using namespace literals;
using namespace std::chrono_literals;

inline const Timestamp kStart = parse_time("2025-03-01").value();

/// "append bar_closed #3", "commit", "submit 0 buy 2", ...
using Trace = std::vector<std::string>;

/// The steps that start with one of `words`, in order.
inline Trace only(const Trace& trace, std::initializer_list<std::string_view> words) {
  Trace found;
  for (const std::string& step : trace)
    for (const std::string_view word : words)
      if (step.starts_with(word)) found.push_back(step);
  return found;
}

struct FakeStrategy final : Strategy {
  struct Heard {
    Bar bar;
    Quantity position;
    Price mark;
    Money equity;
  };
  FakeStrategy(std::uint32_t i, Trace& t) : index(i), trace(t) {}

  [[nodiscard]] std::string_view name() const override { return "scripted"; }
  [[nodiscard]] std::size_t warm_up_bars() const override { return 0; }
  Opinion on_bar(const Bar& bar, const PositionView& position, Money equity) override {
    trace.push_back(fmt::format("on_bar {}", index));
    heard.push_back({bar, position.quantity, position.mark, equity});
    if (script.empty()) improvise(*this);
    if (script.empty()) return {std::nullopt, "the script is over", observation};
    const Opinion next = script.front();
    script.pop_front();
    return next;
  }
  void on_ticker(const TickerUpdated&) override { ++tickers; }
  void gather(const Bar& bar) override { on_gather(bar); }
  void on_adaptation(const AdaptationProposed& p) override { proposals.push_back(p); }
  void on_adaptation(const AdaptationFailed& f) override { failures.push_back(f); }
  bool take_news(EventBody& out) override {
    if (news.empty()) return false;
    out = std::move(news.front());
    news.pop_front();
    return true;
  }
  void archive(Archive&) override {}  // Its script is the test's.
  void reset() override { ++resets; }

  /// Wants these positions, one a bar. What a weight means here says FakeGate::size.
  void wants(std::initializer_list<double> weights) {
    for (const double w : weights)
      script.push_back({Target{w, 1.0}, "as the script says", observation});
  }
  void silent(std::string_view reason = "nothing to say") {
    script.push_back({std::nullopt, reason, observation});
  }
  void warming_up() { script.push_back({std::nullopt, "windows are filling", observation, true}); }

  std::uint32_t index;
  Trace& trace;
  std::deque<Opinion> script;
  std::function<void(FakeStrategy&)> improvise = [](FakeStrategy&) {};  ///< the script is over
  std::function<void(const Bar&)> on_gather = [](const Bar&) {};
  std::deque<EventBody> news;
  std::vector<AdaptationProposed> proposals;
  std::vector<AdaptationFailed> failures;
  std::vector<double> observation{1.5, -2.5};
  std::vector<Heard> heard;
  int resets = 0;
  int tickers = 0;
};

struct FakeGate final : RiskGate {
  explicit FakeGate(Trace& t) : trace(t) {}

  [[nodiscard]] const char* absurd(const Bar& bar) override { return absurd_if(bar); }
  [[nodiscard]] const char* absurd_quote(const Event& event) const override {
    return absurd_quote_if(event);
  }
  void on_cancel(Timestamp now) override { cancels.push_back(now); }
  void observe(const Event& event, const LedgerView& ledger, ReportSink& moves) override {
    trace.push_back(fmt::format("observe {}", event_name(event.body)));
    observed.push_back(event);
    equity_at_observe.push_back(ledger.equity);
    on_observe(event, moves);
  }
  void on_equity(const LedgerView& ledger, Timestamp at, ReportSink& moves) override {
    trace.push_back("on_equity");
    measured_at.push_back(at);
    equities.push_back(ledger.equity);
    on_equity_do(moves);
  }
  /// The weight is the position itself, in units of base.
  Sized size(const SizingInput& input, SizingSteps& steps) override {
    sized.push_back(input.may_trade);
    ledger_marks.clear();
    for (const PositionView& p : input.ledger.positions) ledger_marks.push_back(p.mark);
    Sized out;
    out.wanted = input.ledger[input.instrument.id].quantity;
    out.unchanged = true;
    if (!input.target) return out;
    steps.push_back({SizingStepId::Target, input.target->weight, 1.0});
    out.weight = input.target->weight;
    out.wanted = Quantity::from_raw(to_fixed_raw(out.weight));
    out.unchanged = band;
    if (band) out.reason = "within the band";
    out.control = sizing_control;
    return out;
  }
  Verdict review(const OrderRequest& order, const ReviewInput& input,
                 ControlWords& results) override {
    trace.push_back(fmt::format("review {}", order.instrument.index));
    reviewed.push_back(order);
    open_seen.emplace_back(input.open_orders.begin(), input.open_orders.end());
    const Verdict verdict = on_review(order);
    if (const auto* refused = std::get_if<Refused>(&verdict))
      results.push_back(refused->by);
    else
      results.push_back({Control::OrderValue, true, {}, {}});
    return verdict;
  }
  [[nodiscard]] RiskStatus status(const LedgerView&) const override { return {}; }
  void archive(Archive&) override {}

  Trace& trace;
  std::function<const char*(const Bar&)> absurd_if = [](const Bar&) -> const char* {
    return nullptr;
  };
  std::function<const char*(const Event&)> absurd_quote_if = [](const Event&) -> const char* {
    return nullptr;
  };
  std::vector<Timestamp> cancels;
  std::function<void(const Event&, ReportSink&)> on_observe = [](const Event&, ReportSink&) {};
  std::function<void(ReportSink&)> on_equity_do = [](ReportSink&) {};
  std::function<Verdict(const OrderRequest&)> on_review = [](const OrderRequest& order) {
    return Verdict{Approved{order}};
  };
  bool band = false;
  ControlResult sizing_control;
  std::vector<Event> observed;
  std::vector<Money> equity_at_observe;
  std::vector<Money> equities;
  std::vector<Timestamp> measured_at;  ///< the times that on_equity was given
  std::vector<bool> sized;
  std::vector<Price> ledger_marks;  ///< as the last call of size() saw them
  std::vector<OrderRequest> reviewed;
  std::vector<std::vector<OrderRequest>> open_seen;
};

inline Verdict refuse(Control control) { return Refused{{control, false, {}, {}}}; }

struct FakeVenue final : Venue {
  explicit FakeVenue(Trace& t) : trace(t) {}

  void before(const Event& input, ReportSink& reports) override {
    trace.push_back(fmt::format("before {}", event_name(input.body)));
    on_before(input, reports);
  }
  void submit(const OrderRequest& order, Timestamp now, ReportSink& reports) override {
    trace.push_back(fmt::format("submit {} {} {}", order.instrument.index, to_string(order.side),
                                order.quantity.to_string()));
    submitted.push_back(order);
    submitted_at.push_back(now);
    on_submit(order, reports);
  }
  void cancel(const ClientOrderId& id, Timestamp, ReportSink& reports) override {
    trace.push_back("cancel");
    cancelled.push_back(id);
    on_cancel(id, reports);
  }
  void archive(Archive&) override {}

  Trace& trace;
  std::function<void(const Event&, ReportSink&)> on_before = [](const Event&, ReportSink&) {};
  std::function<void(const OrderRequest&, ReportSink&)> on_submit = [](const OrderRequest&,
                                                                       ReportSink&) {};
  std::function<void(const ClientOrderId&, ReportSink&)> on_cancel = [](const ClientOrderId&,
                                                                        ReportSink&) {};
  std::vector<OrderRequest> submitted;
  std::vector<Timestamp> submitted_at;
  std::vector<ClientOrderId> cancelled;
};

struct FakeJournal final : Journal {
  using Entry = std::variant<Event, DecisionRecord, OrderIntent, CancelIntent, EquityPoint>;
  explicit FakeJournal(Trace& t) : trace(t) {}

  void append(const Event& e) override {
    trace.push_back(fmt::format("append {} #{}", event_name(e.body), e.sequence));
    add(e);
    encode(e.sequence);
    encode(e.origin);
    encode(e.ts_event);
    encode(e.ts_recv);
    encode(static_cast<std::uint8_t>(e.body.index()));
    std::visit([this](const auto& body) { encode(body); }, e.body);
  }
  void append(const DecisionRecord& d) override {
    trace.push_back(fmt::format("append decision {} {}", d.instrument.index, to_string(d.outcome)));
    add(d);
    encode(d);
  }
  void append(const OrderIntent& i) override {
    trace.push_back("append intent");
    add(i);
    encode(i);
  }
  void append(const CancelIntent& i) override {
    trace.push_back("append cancel");
    add(i);
    encode(i);
  }
  void append(const EquityPoint& p) override {
    trace.push_back("append equity");
    add(p);
    encode(p);
  }
  [[nodiscard]] bool commit() override {
    trace.push_back(writable ? "commit" : "commit fails");
    if (writable) committed = entries.size();
    return writable;
  }

  template <class T>
  [[nodiscard]] std::vector<T> all() const {
    std::vector<T> found;
    for (const Entry& entry : entries)
      if (const auto* is = std::get_if<T>(&entry)) found.push_back(*is);
    return found;
  }
  /// Bodies of one kind, in order.
  template <class T>
  [[nodiscard]] std::vector<T> bodies() const {
    std::vector<T> found;
    for (const Event& event : all<Event>())
      if (const auto* is = std::get_if<T>(&event.body)) found.push_back(*is);
    return found;
  }
  /// True if the order's intent is among what was committed.
  [[nodiscard]] bool holds(const ClientOrderId& id) const {
    for (std::size_t i = 0; i < committed; ++i)
      if (const auto* intent = std::get_if<OrderIntent>(&entries[i]);
          intent && intent->order.id == id)
        return true;
    return false;
  }

  Trace& trace;
  bool writable = true;
  std::vector<Entry> entries;
  std::size_t committed = 0;
  std::vector<std::byte> bytes;  ///< all that was appended, in the binary form of the log

 private:
  void add(Entry entry) { entries.push_back(std::move(entry)); }
  template <class T>
  void encode(const T& value) {
    const std::size_t at = bytes.size();
    bytes.resize(at + binary::encoded_size(value));
    binary::encode(value, bytes.data() + at);
  }
};

inline InstrumentTable make_table(std::size_t linear, std::size_t spot = 0) {
  InstrumentTable table;
  for (std::size_t i = 0; i < linear + spot; ++i) {
    const std::string symbol = fmt::format("X{}USDT", i);
    Instrument instrument;
    instrument.category = i < linear ? Category::Linear : Category::Spot;
    instrument.symbol = InlineText<32>{std::string_view{symbol}};
    instrument.tick_size = "0.5"_px;
    instrument.lot_step = "0.1"_qty;
    EXPECT_TRUE(table.add(instrument).has_value());
  }
  return table;
}

inline EngineSettings with_barrier(Duration barrier) {
  EngineSettings settings;
  settings.barrier = barrier;
  return settings;
}
inline EngineSettings with_limits(double offset_bps = 0.0) {
  EngineSettings settings;
  settings.order_style = OrderStyle::Limit;
  settings.limit_offset_bps = offset_bps;
  return settings;
}

/// Bars are numbered: bar k opens k intervals after kStart.
class Rig {
 public:
  explicit Rig(std::size_t linear = 1, EngineSettings given = {}, std::size_t spot = 0)
      : settings(std::move(given)), table(make_table(linear, spot)) {
    std::vector<std::unique_ptr<Strategy>> owned;
    for (std::uint32_t i = 0; i < table.size(); ++i) {
      auto strategy = std::make_unique<FakeStrategy>(i, trace);
      strategies.push_back(strategy.get());
      owned.push_back(std::move(strategy));
    }
    engine = std::make_unique<Engine>(settings, table, SessionCode{"0123456789abc"},
                                      std::move(owned), gate, venue, journal);
  }

  [[nodiscard]] Bar bar(std::uint32_t instrument, int k, Price close = "100"_px) const {
    const Duration length = bar_length(kStart, settings.interval);
    return {.instrument = InstrumentId{instrument},
            .interval = settings.interval,
            .open_time = kStart + k * length,
            .close_time = kStart + (k + 1) * length,
            .open = close,
            .high = close,
            .low = close,
            .close = close,
            .volume = 1.0};
  }
  [[nodiscard]] Timestamp close_of(int k) const { return bar(0, k).close_time; }

  void input(EventBody body, Timestamp at) { engine->on_input(std::move(body), at, at); }
  void close(std::uint32_t instrument, int k, Price price = "100"_px, Duration after = 0s,
             BarSource source = BarSource::Stream) {
    const Bar b = bar(instrument, k, price);
    engine->on_input(BarClosed{b, source}, b.close_time, b.close_time + after);
  }
  void tick(Timestamp at) { input(ClockTick{}, at); }
  /// The venue's word from outside, as a live venue would bring it, at the engine's own time.
  void update(const ClientOrderId& id, OrderState state, Quantity filled = {},
              OrderEnd end = OrderEnd::None, std::uint32_t instrument = 0) {
    input(OrderUpdate{.id = id,
                      .instrument = InstrumentId{instrument},
                      .state = state,
                      .end = end,
                      .filled = filled},
          engine->now());
  }
  void fill(const OrderRequest& order, Quantity quantity, Price price = "100"_px, Money fee = {}) {
    input(fill_of(order, quantity, price, fee), engine->now());
  }
  void fill_whole(const OrderRequest& order, Price price = "100"_px) {
    fill(order, order.quantity, price);
    update(order.id, OrderState::Filled, order.quantity, OrderEnd::None, order.instrument.index);
  }
  /// Gives instrument 0 a position: one bar of bar number k, one market order, one fill.
  void hold(double position, int k = 0) {
    strategies[0]->wants({position});
    close(0, k);
    fill_whole(last_order());
    ASSERT_EQ(held(), Quantity::from_raw(to_fixed_raw(position)));
  }
  static Fill fill_of(const OrderRequest& order, Quantity quantity, Price price, Money fee = {}) {
    return {.id = order.id,
            .execution = "x",
            .instrument = order.instrument,
            .side = order.side,
            .quantity = quantity,
            .price = price,
            .fee = fee};
  }

  [[nodiscard]] const OrderRequest& last_order() const { return venue.submitted.back(); }
  [[nodiscard]] Quantity held(std::uint32_t instrument = 0) const {
    return engine->ledger().positions[instrument].quantity;
  }
  [[nodiscard]] std::vector<DecisionRecord> decisions() const {
    return journal.all<DecisionRecord>();
  }
  [[nodiscard]] DecisionRecord last_decision() const {
    const auto all = decisions();
    EXPECT_FALSE(all.empty());
    return all.empty() ? DecisionRecord{} : all.back();
  }

  EngineSettings settings;
  InstrumentTable table;
  Trace trace;
  FakeGate gate{trace};
  FakeVenue venue{trace};
  FakeJournal journal{trace};
  std::vector<FakeStrategy*> strategies;
  std::unique_ptr<Engine> engine;
};

}  // namespace proteus::runtime_test

namespace proteus {
// Readable failures.
inline void PrintTo(Outcome outcome, std::ostream* os) { *os << to_string(outcome); }
inline void PrintTo(Quantity q, std::ostream* os) { *os << q.to_string(); }
inline void PrintTo(Price p, std::ostream* os) { *os << p.to_string(); }
inline void PrintTo(Money m, std::ostream* os) { *os << m.to_string(); }
}  // namespace proteus
