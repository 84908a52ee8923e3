#include "tools/app/told/course.hpp"

#include <fmt/format.h>

#include "tools/app/trading.hpp"

namespace proteus::app::told {
namespace {

Money course_money(Int128 value) {
  return Money::from_raw(static_cast<std::int64_t>(value / kFixedScale));
}

int sign_of(Int128 value) { return value > 0 ? 1 : value < 0 ? -1 : 0; }

/// What being held over a bar earned, where both held something over the same bar.
struct Held {
  Int128 signal = 0;
  Int128 sizing = 0;
};

void compare_bars(const Course::Bars& a, const Course::Bars& b, Held& held) {
  Int128 in_a = 0;
  Int128 in_b = 0;
  auto x = a.begin();
  auto y = b.begin();
  while (x != a.end() && y != b.end()) {
    if (x->first < y->first) {
      in_a += (x++)->second.change;
      continue;
    }
    if (y->first < x->first) {
      in_b += (y++)->second.change;
      continue;
    }
    const Price close = x->second.close;
    const bool same = close == y->second.close;
    in_a += (x++)->second.change;
    in_b += (y++)->second.change;
    if (x == a.end() || y == b.end()) return;
    if (!same || x->first != y->first || x->second.close != y->second.close) continue;
    const Int128 earned = (in_b - in_a) * (x->second.close.raw() - close.raw());
    (sign_of(in_a) == sign_of(in_b) ? held.sizing : held.signal) += earned;
  }
}

}  // namespace

Course::Bars& Course::of(InstrumentId id) {
  const bool named = id.index < names_.size() && !names_[id.index].empty();
  return bars_[named ? names_[id.index] : fmt::format("#{}", id.index)];
}

void Course::take(const DecisionRecord& decision) {
  if (decision.outcome == Outcome::SetAside) return;
  of(decision.instrument)[decision.bar_open].close = decision.close;
  last_bar_[decision.instrument.index] = decision.bar_open;
  for (const DecisionOrder& order : decision.orders)
    order_bars_.insert_or_assign(std::string(order.id.view()), decision.bar_open);
  if (!begin_ && decision.outcome != Outcome::WarmingUp) begin_ = decision.bar_open;
}

void Course::take(const Fill& fill) {
  fees_ += fill.fee;
  slippage_ += fill.slippage;
  const auto ours = order_bars_.find(fill.id.view());
  const auto last = last_bar_.find(fill.instrument.index);
  if (last == last_bar_.end()) return;
  Close& bar = of(fill.instrument)[ours == order_bars_.end() ? last->second : ours->second];
  const std::int64_t quantity = signed_quantity(fill.side, fill.quantity).raw();
  bar.change += quantity;
  way_ += Int128{fill.price.raw() - bar.close.raw()} * quantity;
}

void Course::add(const storage::WalRecord& record) {
  if (const auto* snapshot = std::get_if<storage::Snapshot>(&record); snapshot && names_.empty())
    if (const auto table = instruments_of(*snapshot))  // Segments before it are gone.
      for (const Instrument& named : table.value()) names_.push_back(named.name());
  if (const auto* decision = std::get_if<DecisionRecord>(&record)) return take(*decision);
  if (const auto* point = std::get_if<EquityPoint>(&record)) {
    if (!first_) first_ = point->equity;
    last_ = point->equity;
    return;
  }
  const auto* event = std::get_if<Event>(&record);
  if (event == nullptr) return;
  if (const auto* named = std::get_if<InstrumentChanged>(&event->body)) {
    const std::size_t index = named->instrument.id.index;
    if (names_.size() <= index) names_.resize(index + 1);
    names_[index] = named->instrument.name();
  } else if (const auto* fill = std::get_if<Fill>(&event->body)) {
    take(*fill);
  } else if (const auto* funding = std::get_if<FundingSettled>(&event->body)) {
    funding_ += funding->amount;
  }
}

Money Course::latency() const { return course_money(way_) - slippage_; }

ProfitSplit split_profit(const Course& a, const Course& b) {
  Held held;
  for (const auto& [name, bars] : a.bars()) {
    const auto other = b.bars().find(name);
    if (other != b.bars().end()) compare_bars(bars, other->second, held);
  }
  ProfitSplit split;
  split.whole = b.profit() - a.profit();
  split.signal = course_money(held.signal);
  split.sizing = course_money(held.sizing);
  split.fill = a.slippage() - b.slippage();
  split.fee = a.fees() - b.fees();
  split.funding = a.funding() - b.funding();
  split.latency = a.latency() - b.latency();
  split.other = split.whole - split.signal - split.sizing - split.fill - split.fee - split.funding -
                split.latency;
  return split;
}

}  // namespace proteus::app::told
