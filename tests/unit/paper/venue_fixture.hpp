// A paper venue with one perpetual and one spot instrument, and a sink that keeps what it is told.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "connectors/paper/paper_venue.hpp"

namespace proteus::paper {

using namespace literals;
using namespace std::chrono_literals;

inline constexpr Timestamp kStart = from_unix_ms(1'748'538'000'000);  // 2025-05-29T17:00Z
inline constexpr InstrumentId kLinear{0};
inline constexpr InstrumentId kSpot{1};
inline constexpr InstrumentId kOther{2};  // a second perpetual

struct Sink final : ReportSink {
  void report(EventBody body, Timestamp happened) override {
    bodies.push_back(std::move(body));
    times.push_back(happened);
  }
  template <class T>
  [[nodiscard]] std::vector<T> all() const {
    std::vector<T> found;
    for (const EventBody& body : bodies)
      if (const auto* x = std::get_if<T>(&body)) found.push_back(*x);
    return found;
  }
  void clear() {
    bodies.clear();
    times.clear();
  }
  std::vector<EventBody> bodies;
  std::vector<Timestamp> times;
};

inline InstrumentTable test_instruments() {
  InstrumentTable table;
  Instrument perpetual{.category = Category::Linear,
                       .symbol = "BTCUSDT",
                       .tick_size = "0.1"_px,
                       .lot_step = "0.001"_qty,
                       .quantity_min = "0.001"_qty,
                       .quantity_max_limit = "1000"_qty,
                       .quantity_max_market = "100"_qty,
                       .notional_min = "5"_usdt,
                       .leverage_max_e9 = 100 * kFixedScale,
                       .funding_interval = 8h};
  EXPECT_TRUE(table.add(perpetual));
  Instrument spot{.category = Category::Spot,
                  .symbol = "BTCUSDT",
                  .tick_size = "0.01"_px,
                  .lot_step = "0.0001"_qty,
                  .quantity_max_limit = "1000"_qty,
                  .quantity_max_market = "100"_qty,
                  .notional_min = "5"_usdt};
  EXPECT_TRUE(table.add(spot));
  perpetual.symbol = "ETHUSDT";
  EXPECT_TRUE(table.add(perpetual));
  return table;
}

/// Prices as text; every instrument counts its own bars from kStart.
struct BarText {
  const char* open;
  const char* high;
  const char* low;
  const char* close;
  double volume = 100.0;
};

class VenueTest : public testing::Test {
 protected:
  explicit VenueTest(matching::VenueSettings settings = {}, Money capital = "100000"_usdt,
                     Interval interval = Interval::M1, Timestamp start = kStart)
      : settings_(settings),
        interval_(interval),
        instruments_(test_instruments()),
        venue_(settings, interval, capital, instruments_),
        engine_books_(capital, instruments_),
        next_{start, start, start} {}

  [[nodiscard]] Bar make_bar(InstrumentId id, const BarText& text) const {
    const Timestamp open = next_[id.index];
    return Bar{.instrument = id,
               .interval = interval_,
               .open_time = open,
               .close_time = next_open(open, interval_),
               .open = Price::parse(text.open).value(),
               .high = Price::parse(text.high).value(),
               .low = Price::parse(text.low).value(),
               .close = Price::parse(text.close).value(),
               .volume = text.volume};
  }
  void feed(const EventBody& body, Timestamp time) {
    sink_.clear();
    now_ = std::max(now_, time);
    venue_.before(Event{.ts_event = time, .ts_recv = now_, .body = body}, sink_);
    follow();
    if (const auto* closed = std::get_if<BarClosed>(&body))
      engine_books_.mark(closed->bar.instrument, closed->bar.close);
  }
  /// The next bar of the instrument.
  void bar(InstrumentId id, const BarText& text, BarSource source = BarSource::Stream) {
    const Bar made = make_bar(id, text);
    next_[id.index] = made.close_time;
    feed(BarClosed{made, source}, made.close_time);
  }
  void flat(InstrumentId id, const char* price, double volume = 100.0) {
    bar(id, {price, price, price, price, volume});
  }

  [[nodiscard]] OrderRequest market(InstrumentId id, Side side, Quantity quantity) {
    return {.id = ClientOrderId{"o" + std::to_string(++ids_)},
            .instrument = id,
            .side = side,
            .type = OrderType::Market,
            .quantity = quantity,
            .decided_at = now_};
  }
  [[nodiscard]] OrderRequest limit(InstrumentId id, Side side, Quantity quantity, Price price,
                                   TimeInForce tif = TimeInForce::Gtc) {
    OrderRequest order = market(id, side, quantity);
    order.type = OrderType::Limit;
    order.price = price;
    order.time_in_force = tif;
    return order;
  }
  [[nodiscard]] OrderRequest stop(InstrumentId id, Side side, Quantity quantity, Price trigger) {
    OrderRequest order = market(id, side, quantity);
    order.type = OrderType::StopMarket;
    order.trigger = trigger;
    return order;
  }
  static OrderRequest reducing(OrderRequest order) {
    order.reduce_only = true;
    return order;
  }
  /// Sends it and returns what the venue said.
  OrderUpdate send(const OrderRequest& order) {
    sink_.clear();
    venue_.submit(order, now_, sink_);
    follow();
    const auto updates = sink_.all<OrderUpdate>();
    EXPECT_EQ(updates.size(), 1U);
    return updates.empty() ? OrderUpdate{} : updates.front();
  }
  [[nodiscard]] std::vector<Fill> fills() const { return sink_.all<Fill>(); }
  [[nodiscard]] std::vector<OrderUpdate> updates() const { return sink_.all<OrderUpdate>(); }
  [[nodiscard]] std::vector<FundingSettled> funding() const { return sink_.all<FundingSettled>(); }
  /// The last word on an order in the last call.
  [[nodiscard]] OrderUpdate word_on(const OrderRequest& order) const {
    OrderUpdate last;
    for (const OrderUpdate& u : updates())
      if (u.id == order.id) last = u;
    return last;
  }
  [[nodiscard]] const PositionView& position(InstrumentId id) const { return venue_.books()[id]; }

  matching::VenueSettings settings_;
  Interval interval_;
  InstrumentTable instruments_;
  PaperVenue venue_;
  Ledger engine_books_;  // fed by the reports alone
  Sink sink_;
  Timestamp now_ = kStart;
  Timestamp next_[3];
  int ids_ = 0;

 private:
  void follow() {
    for (const EventBody& body : sink_.bodies) {
      if (const auto* fill = std::get_if<Fill>(&body)) engine_books_.apply(*fill);
      if (const auto* paid = std::get_if<FundingSettled>(&body)) engine_books_.apply(*paid);
    }
    EXPECT_TRUE(venue_.books().check());
  }
};

}  // namespace proteus::paper
