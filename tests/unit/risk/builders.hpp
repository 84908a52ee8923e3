// A small world for the gate: two instruments, books that a test sets by hand, and a sink that
// keeps the moves.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "risk/gate.hpp"

namespace proteus::risk {

using namespace literals;

inline const Timestamp kStart =
    from_unix_ms(1'750'000'020'000);  // 15 June 2025 15:07 UTC, whole minute
inline constexpr InstrumentId kBtc{0};
inline constexpr InstrumentId kEth{1};

/// linear:BTCUSDT (lot 0.001, minimum 5 USDT, at most 100 a market order) and spot:ETHUSDT.
inline InstrumentTable table() {
  InstrumentTable all;
  Instrument btc;
  btc.symbol = "BTCUSDT";
  btc.tick_size = "0.1"_px;
  btc.lot_step = "0.001"_qty;
  btc.quantity_min = "0.001"_qty;
  btc.quantity_max_limit = "1000"_qty;
  btc.quantity_max_market = "100"_qty;
  btc.notional_min = "5"_usdt;
  (void)all.add(btc).value();
  Instrument eth;
  eth.category = Category::Spot;
  eth.symbol = "ETHUSDT";
  eth.tick_size = "0.01"_px;
  eth.lot_step = "0.00001"_qty;
  eth.notional_min = "5"_usdt;
  (void)all.add(eth).value();
  return all;
}

struct Moves final : ReportSink {
  std::vector<EventBody> all;
  void report(EventBody body, Timestamp) override { all.push_back(std::move(body)); }
  template <class T>
  [[nodiscard]] std::vector<T> of() const {
    std::vector<T> found;
    for (const EventBody& body : all)
      if (const auto* move = std::get_if<T>(&body)) found.push_back(*move);
    return found;
  }
};

/// Books as a test wants them.
struct Books {
  std::vector<PositionView> positions = {{}, {.category = Category::Spot}};
  Money equity = "10000"_usdt;

  void hold(InstrumentId id, Quantity quantity, Price mark) {
    PositionView& p = positions[id.index];
    p.quantity = quantity;
    p.mark = mark;
    p.value = notional(mark, quantity);
  }
  [[nodiscard]] LedgerView view() const {
    Money gross;
    for (const PositionView& p : positions) gross += abs(p.value);
    return {"10000"_usdt, equity, equity, gross, positions};
  }
};

inline Bar bar_at(InstrumentId id, Timestamp open, Price close, double volume = 1e6) {
  Bar bar;
  bar.instrument = id;
  bar.interval = Interval::M1;
  bar.open_time = open;
  bar.close_time = next_open(open, Interval::M1);
  bar.open = bar.high = bar.low = bar.close = close;
  bar.volume = volume;
  return bar;
}

inline Event event_of(EventBody body, Timestamp time) {
  return Event{1, Origin::Input, time, time, std::move(body)};
}

/// The defaults, but for the day's loss: most tests of drawdown lose more than that at once.
inline LimitSettings any_day() {
  LimitSettings limits;
  limits.daily_loss_max = limits.daily_loss_flat = 0.99;
  return limits;
}

/// A gate over `table()` with 10 000 USDT and one bar behind it: BTC and ETH closed at 100 and 50
/// at `now`.
struct World {
  InstrumentTable instruments = table();
  SizingSettings sizing;
  LimitSettings limits;
  Books books;
  Moves moves;
  Timestamp now = kStart;
  Gate gate;

  explicit World(const LimitSettings& l = any_day(), const SizingSettings& s = {})
      : sizing(s), limits(l), gate(s, l, instruments, Interval::M1, Costs{}, "10000"_usdt) {
    close(kBtc, "100"_px);
    close(kEth, "50"_px);
  }

  void see(EventBody body, Timestamp time) {
    now = std::max(now, time);
    gate.observe(event_of(std::move(body), time), books.view(), moves);
  }
  /// A bar of the minute that ends at `now`.
  void close(InstrumentId id, Price price, double volume = 1e6) {
    see(BarClosed{bar_at(id, now - std::chrono::minutes{1}, price, volume)}, now);
  }
  void tick(Duration step) { see(ClockTick{}, now + step); }
  void operate(OperatorAction action) { see(OperatorCommand{action, "by hand"}, now); }
  void equity(Money value) {
    books.equity = value;
    gate.on_equity(books.view(), now, moves);
  }

  [[nodiscard]] OrderRequest order(Side side, Quantity quantity, Price reference = "100"_px,
                                   Purpose purpose = Purpose::Open) const {
    const SessionCode session{"0123456789abc"};
    OrderRequest o;
    o.id = make_order_id(session, kBtc, now, purpose, ordinal++);
    o.instrument = kBtc;
    o.side = side;
    o.quantity = quantity;
    o.reference = reference;
    o.reduce_only = purpose != Purpose::Open;
    return o;
  }
  Verdict review(const OrderRequest& o, std::vector<OrderRequest> open = {}) {
    words.clear();
    return gate.review(o, {instruments[o.instrument], books.view(), open, now}, words);
  }
  /// The refusing word, or one of Control::None.
  ControlResult refusal(const OrderRequest& o, std::vector<OrderRequest> open = {}) {
    const Verdict verdict = review(o, std::move(open));
    const auto* refused = std::get_if<Refused>(&verdict);
    return refused == nullptr ? ControlResult{} : refused->by;
  }
  /// The order's whole fill, heard at `now`; the books are the test's business.
  void fill(const OrderRequest& o, Price price) {
    see(Fill{.id = o.id,
             .execution = "x",
             .instrument = o.instrument,
             .side = o.side,
             .quantity = o.quantity,
             .price = price},
        now);
  }
  /// The word of a control in the last review; Control::None where it said none.
  [[nodiscard]] ControlResult word_of(Control control) const {
    for (const ControlResult& word : words)
      if (word.control == control) return word;
    return {};
  }
  ControlWords words;
  mutable std::uint32_t ordinal = 0;
};

/// "order_value limit 2500 quote, actual 2600 quote": what tests compare words by.
inline std::string spell(const ControlResult& word) {
  if (word.control == Control::None) return "approved";
  const auto measure = [](const Measure& m) {
    const bool whole = m.unit == Unit::Count || m.unit == Unit::Nanoseconds;
    return (whole ? std::to_string(m.raw) : format_fixed(m.raw)) + " " +
           std::string(to_string(m.unit));
  };
  return std::string(to_string(word.control)) + (word.passed ? " passed" : " refused") +
         ", limit " + measure(word.limit) + ", actual " + measure(word.actual);
}

}  // namespace proteus::risk
