#include "tests/simulation/audit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace proteus::simulation {
namespace {

constexpr std::uint32_t kAll = UINT32_MAX;
constexpr Duration kClockDoubt = std::chrono::seconds{2};  // feed.future_slack

/// A limit of the gate is in units of 1e-9; a believed one may lie a unit beside it.
bool within(Money actual, double share, Money of) {
  return actual.to_double() <= share * of.to_double() * (1.0 + 1e-9) + 1e-6;
}

bool second_word(std::string_view reason) {
  return reason == "the open order was cancelled" || reason.starts_with("flatten");
}

}  // namespace

std::string Audit::where() const {
  return fmt::format(" (after event {}, {})", sequence_, format_time(now_));
}

void Audit::expect(bool holds, std::string_view what, const std::string& detail) {
  if (holds || !complaint_.empty()) return;
  complaint_ = fmt::format("{}{}{}{}", what, detail.empty() ? "" : ": ", detail, where());
}

// ----------------------------------------------------------------------------------------------------
// the log

void Audit::append(const Event& event) {
  if (audited_) books();  // What came before has had its effect.
  expect(event.sequence == sequence_ + 1, "sequence numbers have a hole or repeat",
         fmt::format("{} follows {}", event.sequence, sequence_));
  expect(event.ts_recv >= now_, "time went back", format_time(event.ts_recv));
  sequence_ = event.sequence;
  now_ = event.ts_recv;
  ++seen_.events;
  std::visit([&](const auto& body) { hear(body, event); }, event.body);
  log_.append(event);
}

void Audit::hear(const InstrumentChanged& changed, const Event&) {
  markets_.try_emplace(changed.instrument.id);
}

void Audit::hear(const BarClosed& closed, const Event&) {
  const Bar& bar = closed.bar;
  Market& market = markets_[bar.instrument];
  expect(std::isfinite(bar.volume) && std::isfinite(bar.turnover), "a bar carries no number");
  expect(bar.close_time <= now_ + kClockDoubt, "a bar was handed on before it closed",
         format_time(bar.open_time));
  if (market.close_time != Timestamp{}) {
    expect(bar.open_time >= market.close_time, "a bar came twice or out of order",
           format_time(bar.open_time));
    const bool gap = bar.open_time > market.close_time;
    seen_.gaps += gap ? 1 : 0;
    expect(!gap || market.hole_told, "a hole in the bars was not told",
           fmt::format("{} after {}", format_time(bar.open_time), format_time(market.close_time)));
  }
  ++seen_.bars;
  market.hole_told = false;
  market.close_time = bar.close_time;
  market.undecided.push_back(bar);
  if (!market.ticker_marked) market.mark_before = std::exchange(market.mark, bar.close);
}

void Audit::hear(const TickerUpdated& ticker, const Event&) {
  if (marks_ != MarkSource::Ticker || ticker.mark == Price{}) return;
  Market& market = markets_[ticker.instrument];
  market.ticker_marked = true;
  market.mark = ticker.mark;
}

void Audit::hear(const Fill& fill, const Event&) {
  ++seen_.fills;
  const bool away = private_back_ < private_lost_ || fill.time < private_back_;
  seen_.fills_away += private_lost_ != Timestamp{} && away && fill.time >= private_lost_ ? 1 : 0;
  expect(fill.quantity > Quantity{} && fill.price > Price{}, "a fill of nothing");
  expect(executions_.emplace(fill.execution.view()).second, "one execution twice");
  // A venue elsewhere has a clock of its own, which ours knows to a fraction of a second.
  const bool elsewhere = audited_ && audited_->venue == nullptr;
  const Duration doubt = elsewhere ? Duration{std::chrono::seconds{2}} : clock_doubt_;
  expect(fill.time <= now_ + doubt, "a fill from the future",
         fmt::format("{}, more than {} ns ahead", format_time(fill.time), doubt.count()));
  const Quantity change = signed_quantity(fill.side, fill.quantity);
  cash_ -= notional(fill.price, change, Rounding::Up);
  if (fill.fee_base.is_zero()) cash_ -= fill.fee;
  Market& market = markets_[fill.instrument];
  market.held += change - fill.fee_base;
  if (market.mark == Price{}) market.mark = fill.price;
  if (fill.liquidation) return;
  Ours* const found = open_order(fill.id.view());
  const bool may_be_late = elsewhere && known(fill.id.view());
  seen_.late_fills += found == nullptr && may_be_late ? 1 : 0;
  expect(found != nullptr || may_be_late, "a fill of an order that is not open",
         std::string(fill.id.view()));
  if (found == nullptr) return;
  Ours& order = *found;
  order.filled += fill.quantity;
  expect(order.filled <= order.request.quantity, "filled beyond its quantity",
         std::string(fill.id.view()));
  expect(order.request.side == fill.side && order.request.instrument == fill.instrument,
         "a fill that is not its order's");
  expect(fill.time >= order.decided_close - clock_doubt_ || may_be_late,
         "a fill earlier than the next bar's open",
         fmt::format("{} of a decision on the bar that closed {}", format_time(fill.time),
                     format_time(order.decided_close)));
}

void Audit::hear(const OrderUpdate& update, const Event&) {
  expect(known(update.id.view()), "the venue speaks of an order that nobody meant to send",
         std::string(update.id.view()));
  Ours* const found = open_order(update.id.view());
  if (found == nullptr) return;
  Ours& order = *found;
  if (update.end == OrderEnd::Unlogged) {
    ++seen_.unlogged;
    expect(!order.heard, "an order is said to have never left, and the venue knows it");
  } else {
    expect(order.durable, "an order left before its intent was written",
           std::string(update.id.view()));
    order.heard = true;
    seen_.unknown += update.state == OrderState::Unknown ? 1 : 0;
    expect(update.filled == order.filled, "fills and their sum differ",
           std::string(update.id.view()));
  }
  if (!is_closed(update.state)) return;
  ended_.emplace(update.id.view());
  orders_.erase(orders_.find(update.id.view()));
}

Audit::Ours* Audit::open_order(std::string_view id) {
  const auto found = orders_.find(id);
  return found == orders_.end() ? nullptr : &found->second;
}

void Audit::hear(const FundingSettled& funding, const Event&) {
  ++seen_.funding;
  cash_ -= funding.amount;
  // A fill of the same instant may be told later.
  const bool elsewhere = audited_ && audited_->venue == nullptr;
  expect(elsewhere || funding.position == markets_[funding.instrument].held,
         "funding on a position that is not held");
}

void Audit::hear(const ExternalAdjustment& found, const Event&) {
  ++seen_.adjustments;
  cash_ += found.cash;
  if (!found.has_instrument) return;
  Market& market = markets_[found.instrument];
  cash_ -= found.fee + notional(found.price, found.quantity, Rounding::Up);
  market.held += found.quantity;
  if (market.mark == Price{}) market.mark = found.price;
  if (!found.execution.empty())
    expect(executions_.emplace(found.execution.view()).second, "one execution twice");
}

void Audit::hear(const FeedAnomaly& anomaly, const Event&) {
  if (anomaly.kind == AnomalyKind::MissingBar && anomaly.has_instrument)
    markets_[anomaly.instrument].hole_told = true;
}

void Audit::hear(const FeedChanged& feed, const Event&) {
  if (feed.stream.view() != "private") return;
  if (feed.state == FeedState::Live)
    private_back_ = now_;
  else if (private_back_ >= private_lost_)
    private_lost_ = now_;
}

void Audit::hear(const HoldChanged& hold, const Event&) {
  ++seen_.holds;
  holds_[{hold.hold, hold.has_instrument ? hold.instrument.index : kAll}] = hold.active;
}

void Audit::hear(const TradingStateChanged& state, const Event&) {
  ++seen_.states;
  state_ = state.to;
}

void Audit::append(const DecisionRecord& d) {
  ++seen_.decisions;
  ++seen_.outcomes[static_cast<std::size_t>(d.outcome)];
  Market& market = markets_[d.instrument];
  // A position that is still being closed when a bar comes is that bar's first word.
  const bool of_bar = !market.undecided.empty() && d.reason.view().starts_with("flatten") &&
                      market.undecided.front().open_time == d.bar_open && d.sequence == sequence_;
  if (of_bar || !second_word(d.reason.view())) {
    expect(d.sequence == sequence_, "a decision that no event led to");
    const bool due = !market.undecided.empty() && market.undecided.front().open_time == d.bar_open;
    expect(due, "a decision without its bar, or out of order", format_time(d.bar_open));
    if (due) market.undecided.pop_front();
    if (d.outcome == Outcome::SetAside && !market.ticker_marked) market.mark = market.mark_before;
  }
  for (const double x : d.observation) expect(std::isfinite(x), "an observation that is no number");
  for (const SizingStep& step : d.sizing)
    expect(std::isfinite(step.weight) && std::isfinite(step.factor),
           "a sizing step that is no number", std::string(to_string(step.id)));
  expect(std::isfinite(d.target.weight) && std::isfinite(d.target.confidence),
         "a target that is no number");
  expect(d.position == market.held, "a decision on a position that is not held");
  std::size_t approved = 0;
  for (const DecisionOrder& order : d.orders) {
    if (!order.approved) ++seen_.refusals;
    if (!order.approved) continue;
    ++approved;
    expect(known(order.id.view()), "an approved order without its intent");
  }
  const bool trades = d.outcome == Outcome::Ordered;
  expect(trades == (approved > 0), "the outcome does not say whether an order left",
         std::string(to_string(d.outcome)));
  log_.append(d);
}

void Audit::append(const OrderIntent& intent) {
  ++seen_.intents;
  const OrderRequest& order = intent.order;
  const Market& market = markets_[order.instrument];
  expect(intent.sequence == sequence_, "an order that no event led to");
  expect(order.id.view().size() <= 36, "an order id the venue would not take");
  expect(order.quantity > Quantity{}, "an order of nothing");
  expect(order.decided_at <= now_, "an order decided in the future");
  Ours ours;
  ours.request = order;
  ours.decided_close = market.close_time;
  expect(!ended_.contains(order.id.view()) && orders_.emplace(order.id.view(), ours).second,
         "an order id twice", std::string(order.id.view()));
  order.reduce_only ? reduces(order) : increases(order);
  log_.append(intent);
}

bool Audit::held_back(InstrumentId id) const {
  return std::ranges::any_of(holds_, [&](const auto& entry) {
    const auto& [key, active] = entry;
    // A cool-down stands for one side; which one the hold does not tell.
    return active && key.first != Hold::Cooldown && (key.second == kAll || key.second == id.index);
  });
}

std::string Audit::held_by(const OrderRequest& order) const {
  std::string text{order.id.view()};
  for (const auto& [key, active] : holds_)
    if (active) text += fmt::format(", {} of {}", to_string(key.first), key.second);
  return text;
}

/// Open orders count as filled, each instrument on the worse side, at the last close.
void Audit::increases(const OrderRequest& order) {
  ++seen_.increases;
  expect(state_ == TradingState::Active, "an increase although trading is not active",
         std::string(to_string(state_)));
  expect(!held_back(order.instrument), "an increase although a hold stands", held_by(order));
  Money all;
  Money own;
  for (const auto& [id, market] : markets_) {
    Quantity buys, sells;
    for (const auto& [name, ours] : orders_) {
      if (ours.request.instrument != id) continue;
      const Quantity rest = ours.request.quantity - ours.filled;
      (ours.request.side == Side::Buy ? buys : sells) += rest;
    }
    const Quantity if_bought = abs(market.held + buys);
    const Quantity if_sold = abs(market.held - sells);
    all += abs(notional(market.mark, std::max(if_bought, if_sold)));
    if (id == order.instrument)
      own = notional(market.mark, order.side == Side::Buy ? if_bought : if_sold);
  }
  const Money worth = equity();
  expect(within(own, limits_.position_max, worth), "an increase beyond the position limit",
         own.to_string());
  expect(within(all, limits_.gross_max, worth), "an increase beyond the gross limit",
         all.to_string());
  expect(within(notional(order.reference, order.quantity), limits_.order_value_max, worth),
         "an increase beyond the largest order");
}

void Audit::reduces(const OrderRequest& order) {
  ++seen_.reductions;
  const Quantity held = markets_[order.instrument].held;
  expect(signed_quantity(order.side, Quantity::from_raw(1)).raw() * held.raw() < 0,
         "a reducing order that would add", std::string(order.id.view()));
  expect(order.quantity <= abs(held), "a reducing order larger than the position",
         std::string(order.id.view()));
  const bool flattens = order.id.view().find("-f") != std::string_view::npos;
  expect(state_ != TradingState::Halted || flattens, "an order although trading is halted",
         std::string(order.id.view()));
}

void Audit::append(const CancelIntent& intent) {
  expect(known(intent.id.view()), "a cancel of an order that nobody meant to send");
  log_.append(intent);
}

void Audit::append(const EquityPoint& point) {
  expect(point.equity == equity(), "the equity told is not that of fills, funding and marks",
         fmt::format("{} told, {} kept", point.equity.to_string(), equity().to_string()));
  expect(point.gross == gross(), "the gross exposure told is not that of positions and marks");
  log_.append(point);
}

bool Audit::commit() {
  // Who sends first and writes then is caught here: the venue knows more than the log.
  if (audited_) {
    const auto durable =
        std::ranges::count_if(orders_, [](const auto& entry) { return entry.second.durable; });
    if (audited_->venue != nullptr)
      expect(audited_->venue->open_orders() <= static_cast<std::size_t>(durable),
             "the venue holds an order whose intent is not written");
  }
  const bool full = disk_full_ && disk_full_();
  if (full != disk_is_full_) ++seen_.full_disks;
  disk_is_full_ = full;
  if (full || !log_.commit()) return false;
  for (auto& [id, order] : orders_) order.durable = true;
  return true;
}

// ----------------------------------------------------------------------------------------------------
// the books

Money Audit::equity() const {
  Money total = cash_;
  for (const auto& [id, market] : markets_) total += notional(market.mark, market.held);
  return total;
}

Money Audit::gross() const {
  Money total;
  for (const auto& [id, market] : markets_) total += abs(notional(market.mark, market.held));
  return total;
}

/// What the engine says of itself, against what fills, funding and bars add up to.
void Audit::books() {
  ++seen_.books_compared;
  const LedgerView view = audited_->engine.ledger();
  Money summed = view.cash;
  Money earned;
  for (const PositionView& p : view.positions) {
    summed += p.category == Category::Linear ? p.unrealised : p.value;
    earned += p.realised + p.unrealised - p.fees - p.funding;
  }
  expect(summed == view.equity, "cash and positions at mark are not equity",
         fmt::format("{} and {}", summed.to_string(), view.equity.to_string()));
  expect(view.equity - view.initial == earned, "equity is not what was earned and paid");
  for (const auto& [id, market] : markets_)
    expect(view[id].quantity == market.held, "the position is not the sum of its fills",
           fmt::format("{} and {}", view[id].quantity.to_string(), market.held.to_string()));
  expect(view.equity == equity(), "equity is not that of fills, funding and marks",
         fmt::format("{} and {}", view.equity.to_string(), equity().to_string()));
}

void Audit::open_orders() {
  std::set<std::string> theirs;
  for (const Order& order : audited_->engine.open_orders())
    theirs.emplace(order.request().id.view());
  std::set<std::string> ours;
  for (const auto& [id, order] : orders_) ours.insert(id);
  expect(theirs == ours, "the engine's open orders are not those that left and did not end",
         fmt::format("{} and {}", theirs.size(), ours.size()));
  if (audited_->venue == nullptr) return;
  expect(audited_->venue->open_orders() == ours.size(),
         "the venue's open orders are not the engine's",
         fmt::format("{} and {}", audited_->venue->open_orders(), ours.size()));
}

void Audit::after_input() {
  const Duration barrier = audited_ ? audited_->barrier : Duration::zero();
  for (const auto& [id, market] : markets_) {
    if (market.undecided.empty()) continue;
    const Bar& bar = market.undecided.front();
    expect(now_ < bar.close_time + barrier, "a closed bar without a decision",
           format_time(bar.open_time));
  }
  if (!audited_) return;
  books();
  open_orders();
  expect(audited_->engine.sequence() == sequence_, "the engine's sequence number is not the log's");
  if (audited_->venue == nullptr) return;
  expect(audited_->venue->books().check(), "the venue's books do not add up");
  expect(audited_->venue->books().hash() == audited_->engine.ledger_hash(),
         "the engine's books are not the venue's");
}

}  // namespace proteus::simulation
