#include "tests/simulation/truth.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace proteus::simulation {
namespace {

std::string prices(const Bar& bar) {
  return fmt::format("{} {} {} {}", bar.open.to_string(), bar.high.to_string(), bar.low.to_string(),
                     bar.close.to_string());
}

std::string words(const Bar& bar) {
  return fmt::format("instrument {}, {}: {}", bar.instrument.index, format_time(bar.open_time),
                     prices(bar));
}

}  // namespace

void Truth::expect(bool holds, std::string_view what, const std::string& detail) {
  if (holds || !complaint_.empty()) return;
  complaint_ = fmt::format("{}: {}", what, detail);
}

std::optional<Bar> Truth::bar(InstrumentId id, Timestamp open) const {
  const Interval base = source_.base_interval();
  const Timestamp end = next_open(open, interval_);
  std::optional<Bar> whole;
  for (Timestamp t = open; t < end; t = next_open(t, base)) {
    const std::optional<Bar> part = source_.bar(id, t);
    if (!part) continue;
    if (!whole) {
      whole = *part;
      whole->interval = interval_;
      whole->open_time = open;
      whole->close_time = end;
      continue;
    }
    whole->high = std::max(whole->high, part->high);
    whole->low = std::min(whole->low, part->low);
    whole->close = part->close;
  }
  return whole;
}

void Truth::hear(const Event& event) {
  if (const auto* closed = std::get_if<BarClosed>(&event.body)) hear(closed->bar);
  if (const auto* fill = std::get_if<Fill>(&event.body)) hear(*fill);
}

void Truth::hear(const Bar& heard) {
  if (heard.interval != interval_) return;
  expect(heard.close_time <= now_(), "look-ahead: a bar was handed on before it closed",
         fmt::format("{}, while the venue's time was {}", words(heard), format_time(now_())));
  const std::optional<Bar> made = bar(heard.instrument, heard.open_time);
  expect(made.has_value(), "a bar that the market never made", words(heard));
  if (made)
    expect(made->open == heard.open && made->high == heard.high && made->low == heard.low &&
               made->close == heard.close,
           "look-ahead: a bar is not what it was when it closed",
           fmt::format("{}; the market made {}", words(heard), prices(*made)));
}

void Truth::hear(const DecisionRecord& decision) {
  if (decision.outcome == Outcome::SetAside) return;
  const std::optional<Bar> made = bar(decision.instrument, decision.bar_open);
  if (!made) return;
  expect(decision.close == made->close, "a decision on another close than its bar's",
         fmt::format("{} at {}; the market closed at {}", decision.close.to_string(),
                     format_time(decision.bar_open), made->close.to_string()));
  expect(made->close_time <= now_(), "look-ahead: a decision before its bar closed",
         format_time(decision.bar_open));
}

void Truth::hear(const OrderIntent& intent) {
  orders_.insert_or_assign(std::string(intent.order.id.view()), intent.order);
}

/// Bar mode alone: a fill carries the opening time of the bar that it was made in.
void Truth::hear(const Fill& fill) {
  const auto found = orders_.find(fill.id.view());
  if (quotes_ || fill.liquidation || found == orders_.end()) return;
  const std::optional<Bar> in = bar(fill.instrument, fill.time);
  const std::string what = fmt::format("{} at {} in the bar of {}", fill.id.view(),
                                       fill.price.to_string(), format_time(fill.time));
  expect(in.has_value(), "a fill in a bar that the market never made", what);
  if (!in) return;
  const bool buys = fill.side == Side::Buy;
  if (fill.liquidity == Liquidity::Maker) {
    expect(fill.price == found->second.price, "a resting order filled beside its limit", what);
    expect(buys ? in->low < fill.price : in->high > fill.price,
           "a resting order filled in a bar that did not trade through it", what);
    return;
  }
  expect(buys ? fill.price >= in->open : fill.price <= in->open,
         "an order filled better than at the open that followed its decision", what);
}

}  // namespace proteus::simulation
