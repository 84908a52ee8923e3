#include "engine/runtime/engine.hpp"

#include <algorithm>
#include <cmath>

namespace proteus {
namespace {

using namespace std::chrono_literals;

/// Late beyond this after its close, a bar may no longer lead to an order (contract 1).
constexpr Duration kLateMax = 10s;
Duration late_limit(const Bar& bar) {
  return std::min<Duration>(kLateMax, (bar.close_time - bar.open_time) / 4);
}

/// By the purpose that stands in the id.
bool is_flatten(const ClientOrderId& id) {
  constexpr std::size_t kFromEnd = 4;
  const std::string_view text = id.view();
  return text.size() > kFromEnd &&
         text[text.size() - kFromEnd] == static_cast<char>(Purpose::Flatten);
}

bool opposite_signs(Quantity a, Quantity b) {
  return (a > Quantity{} && b < Quantity{}) || (a < Quantity{} && b > Quantity{});
}

}  // namespace

Engine::Engine(const EngineSettings& settings, InstrumentTable& instruments,
               const SessionCode& session, std::vector<std::unique_ptr<Strategy>> strategies,
               RiskGate& risk, Venue& venue, Journal& journal)
    : settings_(settings),
      instruments_(instruments),
      session_(session),
      risk_(risk),
      venue_(venue),
      journal_(journal),
      ledger_(Money::from_raw(to_fixed_raw(settings.capital)), instruments) {
  PROTEUS_ASSERT(strategies.size() == instruments.size());
  slots_.resize(instruments.size());
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    slots_[i].strategy = std::move(strategies[i]);
    slots_[i].orders.reserve(8);
  }
  derived_.reserve(64);
  outbox_.reserve(2 * slots_.size() + 8);
  open_scratch_.reserve(4 * slots_.size() + 8);
}

void Engine::on_input(EventBody body, Timestamp happened, Timestamp received) {
  PROTEUS_ASSERT(!inside_);          // What a venue or a gate has to say comes as a report.
  PROTEUS_ASSERT(received >= now_);  // Feeds order their events; nothing is repaired here.
  inside_ = true;
  now_ = received;
  // A set whose barrier is over is decided before anything later may move the books, by an input of
  // its own: the log has to hold what let its orders leave.
  if (barrier_over() && !std::holds_alternative<ClockTick>(body))
    take({0, Origin::Input, received, received, ClockTick{}});
  take({0, Origin::Input, happened, received, std::move(body)});
  inside_ = false;
}

void Engine::take(Event input) {
  const auto* closed = std::get_if<BarClosed>(&input.body);
  if (closed != nullptr) note_seen(*closed);
  if (const char* reason = closed == nullptr ? nullptr : unfit(closed->bar)) {
    set_aside(input, closed->bar, reason);
  } else if (risk_.absurd_quote(input) != nullptr) {
    set_aside_quote(input);
  } else {
    // A bar of another close ends the waiting set, on books which it has not moved yet.
    if (closed != nullptr && batch_size_ > 0 && gathers(*closed) &&
        closed->bar.close_time != batch_close_)
      decide_batch();
    venue_.before(input, *this);
    drain();
    process(input);
  }
  drain();
  dispatch();
}

void Engine::report(EventBody body, Timestamp happened) {
  derived_.push_back(Event{0, Origin::Derived, happened, now_, std::move(body)});
}

void Engine::drain() {
  // Handling one report may lead to more (a move of the trading state, say): they queue behind it.
  for (std::size_t i = 0; i < derived_.size(); ++i) {
    Event event = std::move(derived_[i]);
    process(event);
  }
  derived_.clear();
}

void Engine::process(Event& event) {
  event.sequence = ++sequence_;
  journal_.append(event);
  if (const auto* fill = std::get_if<Fill>(&event.body)) {
    ledger_.apply(*fill);
    ++counters_.fills;
  } else if (const auto* funding = std::get_if<FundingSettled>(&event.body)) {
    ledger_.apply(*funding);
    ++counters_.funding;
  } else if (const auto* closed = std::get_if<BarClosed>(&event.body)) {
    const bool ticker = settings_.marks == MarkSource::Ticker;
    if (closed->bar.interval == settings_.interval &&
        !(ticker && slots_[closed->bar.instrument.index].ticker_marked))
      ledger_.mark(closed->bar.instrument, closed->bar.close);
  } else if (const auto* ticker = std::get_if<TickerUpdated>(&event.body)) {
    if (settings_.marks == MarkSource::Ticker && ticker->mark > Price{}) {
      slots_[ticker->instrument.index].ticker_marked = true;
      ledger_.mark(ticker->instrument, ticker->mark);
    }
  } else if (const auto* update = std::get_if<OrderUpdate>(&event.body)) {
    on_update(*update);
  } else if (const auto* changed = std::get_if<InstrumentChanged>(&event.body)) {
    instruments_.update(changed->instrument);
  } else if (const auto* anomaly = std::get_if<FeedAnomaly>(&event.body)) {
    ++counters_.anomalies[static_cast<std::size_t>(anomaly->kind)];
  }

  risk_.observe(event, ledger_.view(), *this);

  if (const auto* closed = std::get_if<BarClosed>(&event.body)) {
    on_bar(*closed);
  } else if (const auto* ticker = std::get_if<TickerUpdated>(&event.body)) {
    slots_[ticker->instrument.index].strategy->on_ticker(*ticker);
  } else if (std::holds_alternative<ClockTick>(event.body)) {
    if (barrier_over()) decide_batch();
  } else if (const auto* moved = std::get_if<TradingStateChanged>(&event.body)) {
    for (Slot& slot : slots_) {
      if (moved->to == TradingState::Halted) cancel_all(slot);
      if (moved->to == TradingState::Reducing) cancel_increases(slot);
    }
  } else if (const auto* command = std::get_if<OperatorCommand>(&event.body)) {
    obey(*command);
  } else if (std::holds_alternative<SessionResumed>(event.body)) {
    stopping_ = false;
  }
}

void Engine::obey(const OperatorCommand& command) {
  if (command.action == OperatorAction::Stop) stop();
  if (command.action == OperatorAction::Flatten) flatten_all();
  if (command.action == OperatorAction::Resume)
    for (Slot& slot : slots_) slot.flatten = false;
}

void Engine::archive(Archive& a) {
  PROTEUS_ASSERT(!inside_ && derived_.empty() && outbox_.empty());
  a.part("engine");
  a(instruments_, counters_, sequence_, now_, batch_close_, batch_size_, unlogged_, stopping_);
  a.part("ledger");
  a(ledger_);
  a.part("instruments");
  a(slots_);
  a.part("risk");
  risk_.archive(a);
  a.part("venue");
  venue_.archive(a);
}

// ----------------------------------------------------------------------------------------------------
// bars

void Engine::note_seen(const BarClosed& closed) {
  const Bar& bar = closed.bar;
  BarsSeen& seen = slots_[bar.instrument.index].seen;
  if (bar.interval != settings_.interval || bar.open_time < seen.next_open) return;
  seen = {next_open(bar.open_time, bar.interval), closed.source == BarSource::Warmup};
}

/// Why a bar may touch nothing: it is old, or risk calls it absurd. nullptr: it is fine.
const char* Engine::unfit(const Bar& bar) {
  if (bar.interval != settings_.interval) return nullptr;
  const Slot& slot = slots_[bar.instrument.index];
  if (slot.next_open != Timestamp{} && bar.open_time < slot.next_open)
    return "older than a bar already seen";
  return risk_.absurd(bar);
}

/// Such a bar only leaves a record; neither venue, books nor strategy see it.
void Engine::set_aside(Event& input, const Bar& bar, const char* reason) {
  input.sequence = ++sequence_;
  journal_.append(input);
  ++counters_.bars_set_aside;
  Slot& slot = slots_[bar.instrument.index];
  // One bar that risk calls absurd costs that bar; windows over a longer hole would lie.
  if (bar.open_time == slot.next_open && !slot.skipped) {
    slot.skipped = true;
    slot.next_open = next_open(bar.open_time, bar.interval);  // Its own word may be what is absurd.
  }
  begin_record(slot, bar);
  finish_record(slot, Outcome::SetAside, reason);
  risk_.observe(input, ledger_.view(), *this);
}

/// A ticker or book that nobody may act on. Until a good ticker comes, closes mark the position.
void Engine::set_aside_quote(Event& input) {
  input.sequence = ++sequence_;
  journal_.append(input);
  if (const auto* ticker = std::get_if<TickerUpdated>(&input.body))
    slots_[ticker->instrument.index].ticker_marked = false;
  risk_.observe(input, ledger_.view(), *this);
}

void Engine::on_bar(const BarClosed& closed) {
  const Bar& bar = closed.bar;
  if (bar.interval != settings_.interval) return;  // Recorded; strategies aggregate for themselves.
  Slot& slot = slots_[bar.instrument.index];
  if (slot.next_open != Timestamp{} && bar.open_time > slot.next_open) {
    ++counters_.gaps;
    slot.strategy->reset();  // Windows across a hole would say something that was never true.
  }
  slot.next_open = bar.close_time;
  slot.skipped = false;
  if (closed.source == BarSource::Warmup) {
    warm_up(slot, bar);
    return;
  }
  ++counters_.bars;
  gather(slot, bar);
}

void Engine::warm_up(Slot& slot, const Bar& bar) {
  ++counters_.warmup_bars;
  begin_record(slot, bar);
  const Opinion opinion = hear(slot, bar);
  risk_.size({bar, instruments_[bar.instrument], opinion.target, false, ledger_.view()},
             slot.record.sizing);
  finish_record(slot, Outcome::WarmingUp, "bar from before the run");
}

void Engine::gather(Slot& slot, const Bar& bar) {
  slot.bar = bar;
  slot.in_batch = true;
  batch_close_ = bar.close_time;
  ++batch_size_;
  if (batch_size_ == slots_.size() || barrier_over()) decide_batch();
}

/// Decides all bars of one close together, in instrument order, on books that carry all their
/// marks.
void Engine::decide_batch() {
  // Bars that come late are measured on their own day, not on the one in which they arrived.
  const bool is_late = now_ - batch_close_ > kLateMax;
  risk_.on_equity(ledger_.view(), is_late ? batch_close_ : now_, *this);
  drain();
  batch_size_ = 0;
  for (Slot& slot : slots_) {
    if (!slot.in_batch) continue;
    slot.in_batch = false;
    decide(slot);
  }
  const LedgerView view = ledger_.view();
  journal_.append(EquityPoint{sequence_, now_, view.equity, view.cash, view.gross, ledger_.hash()});
}

bool Engine::gathers(const BarClosed& closed) const {
  return closed.bar.interval == settings_.interval && closed.source != BarSource::Warmup;
}

bool Engine::barrier_over() const {
  return batch_size_ > 0 &&
         (settings_.barrier == Duration{0} || now_ >= batch_close_ + settings_.barrier);
}

bool Engine::late(const Bar& bar) const { return now_ - bar.close_time > late_limit(bar); }

void Engine::begin_record(Slot& slot, const Bar& bar) {
  DecisionRecord& r = slot.record;
  r.sequence = sequence_;
  r.time = now_;
  r.instrument = bar.instrument;
  r.bar_open = bar.open_time;
  r.close = bar.close;
  r.observation.clear();
  r.has_target = false;
  r.target = {};
  r.sizing.clear();
  r.position = r.wanted = position(slot);
  r.equity = ledger_.view().equity;
  r.controls.clear();
  r.orders.clear();
}

void Engine::finish_record(Slot& slot, Outcome outcome, std::string_view reason) {
  slot.record.outcome = outcome;
  slot.record.reason = reason;
  ++counters_.decisions;
  journal_.append(slot.record);
}

/// What the strategy says to a bar, also written into the record.
Opinion Engine::hear(Slot& slot, const Bar& bar) {
  DecisionRecord& r = slot.record;
  const LedgerView view = ledger_.view();
  const Opinion opinion = slot.strategy->on_bar(bar, view[bar.instrument], view.equity);
  for (const double x :
       opinion.observation.first(std::min(opinion.observation.size(), r.observation.capacity())))
    r.observation.push_back(x);
  if (opinion.target) {
    r.has_target = true;
    r.target = *opinion.target;
  }
  return opinion;
}

void Engine::decide(Slot& slot) {
  const Bar& bar = slot.bar;
  begin_record(slot, bar);
  DecisionRecord& r = slot.record;
  slot.wish.reset();  // This bar speaks instead.

  const Opinion opinion = hear(slot, bar);
  const bool is_late = late(bar);
  const bool may_trade = !is_late && !opinion.warming_up && !stopping_;
  const Sized sized = risk_.size(
      {bar, instruments_[bar.instrument], opinion.target, may_trade, ledger_.view(), opinion.edge},
      r.sizing);

  if (is_late) {
    ++counters_.late_bars;
    if (slot.flatten && slot.orders.empty() && !stopping_) return flatten(slot);
    return finish_record(slot, Outcome::Late, "processed too long after its close");
  }
  if (stopping_) return finish_record(slot, Outcome::Stopping, "the run ends: nothing is sent");
  cancel_all(slot);  // What is open came of an older wish, and lived until this decision.
  if (slot.flatten) return flatten(slot);  // Its own order stays.
  if (opinion.warming_up) return finish_record(slot, Outcome::WarmingUp, opinion.reason);
  if (!opinion.target) return finish_record(slot, Outcome::NoTarget, opinion.reason);
  if (sized.control.control != Control::None) r.controls.push_back(sized.control);
  const std::string_view reason = sized.reason.empty() ? opinion.reason : sized.reason;
  if (sized.unchanged) return finish_record(slot, Outcome::Unchanged, reason);

  r.wanted = sized.wanted;
  if (!slot.orders.empty()) {
    slot.wish = Wish{bar, r};
    return finish_record(slot, Outcome::Pending, "an open order is cancelled first");
  }
  place(slot);
  if (r.orders.empty()) return finish_record(slot, Outcome::Unchanged, reason);
  const bool any = std::ranges::any_of(r.orders, [](const DecisionOrder& o) { return o.approved; });
  finish_record(slot, any ? Outcome::Ordered : Outcome::Refused, reason);
}

// --------------------------------------------------------------------------------------------------
// orders

Quantity Engine::position(const Slot& slot) const {
  return ledger_.view().positions[static_cast<std::size_t>(&slot - slots_.data())].quantity;
}

/// Orders from the position to `record.wanted`. A turn over zero is two orders, so that the part
/// that reduces is not held back by what limits the part that increases.
void Engine::place(Slot& slot) {
  const Quantity held = position(slot);
  const Quantity wanted = slot.record.wanted;
  const Quantity change = wanted - held;
  if (change.is_zero()) return;
  const Side side = change > Quantity{} ? Side::Buy : Side::Sell;
  if (opposite_signs(held, wanted)) {
    place_one(slot, side, abs(held), true, Purpose::Close);
    place_one(slot, side, abs(wanted), false, Purpose::Open);
  } else if (abs(wanted) < abs(held)) {
    place_one(slot, side, abs(change), true, Purpose::Close);
  } else {
    place_one(slot, side, abs(change), false, Purpose::Open);
  }
}

void Engine::place_one(Slot& slot, Side side, Quantity quantity, bool reduce_only,
                       Purpose purpose) {
  DecisionRecord& r = slot.record;
  const Instrument& instrument = instruments_[r.instrument];
  // A position that reduces to nothing goes whole, dust and all; otherwise the lot decides.
  const bool closes_all = reduce_only && quantity == abs(position(slot));
  if (!closes_all || instrument.category == Category::Spot)
    quantity = round_to_step(quantity, instrument.lot_step);
  if (quantity.is_zero()) return;

  const auto second = std::chrono::floor<std::chrono::seconds>(r.time);
  if (slot.id_second != second) {
    slot.id_second = second;
    slot.id_ordinal = 0;
  }
  OrderRequest order;
  order.id = make_order_id(session_, r.instrument, r.time, purpose, slot.id_ordinal++);
  order.instrument = r.instrument;
  order.side = side;
  order.reduce_only = reduce_only;
  order.quantity = quantity;
  order.reference = r.close;
  order.decided_at = r.time;
  if (settings_.order_style == OrderStyle::Limit && purpose != Purpose::Flatten) {
    const double away = settings_.limit_offset_bps / 1e4 * (side == Side::Buy ? -1.0 : 1.0);
    const Price raw = Price::from_raw(to_fixed_raw(r.close.to_double() * (1.0 + away)));
    order.type = OrderType::Limit;
    order.time_in_force = settings_.limit_time_in_force;
    order.price = std::max(instrument.tick_size,
                           round_to_step(raw, instrument.tick_size,
                                         side == Side::Buy ? Rounding::Down : Rounding::Up));
  }

  const Verdict verdict =
      risk_.review(order, {instrument, ledger_.view(), collect_open(), now_}, r.controls);
  DecisionOrder line{order.id, side, reduce_only, quantity, false, Control::None};
  if (const auto* refused = std::get_if<Refused>(&verdict)) {
    line.refused_by = refused->by.control;
    ++counters_.refusals;
    ++counters_.refusals_by_control[static_cast<std::size_t>(refused->by.control)];
  } else {
    const OrderRequest& approved = std::get<Approved>(verdict).order;
    line.approved = true;
    line.quantity = approved.quantity;
    slot.orders.emplace_back(approved);
    outbox_.push_back({false, approved.id, approved.instrument});
    journal_.append(OrderIntent{sequence_, approved});
  }
  r.orders.push_back(line);
}

std::span<const OrderRequest> Engine::collect_open() {
  open_scratch_.clear();
  for (const Slot& slot : slots_)
    for (const Order& order : slot.orders) {
      open_scratch_.push_back(order.request());
      open_scratch_.back().quantity = order.remaining();
    }
  return open_scratch_;
}

std::vector<Order> Engine::open_orders() const {
  std::vector<Order> all;
  for (const Slot& slot : slots_) all.insert(all.end(), slot.orders.begin(), slot.orders.end());
  return all;
}

void Engine::cancel(const Order& order) {
  const auto same = [&](const Outgoing& out) { return out.cancel && out.id == order.request().id; };
  if (std::ranges::any_of(outbox_, same)) return;
  outbox_.push_back({true, order.request().id, order.request().instrument});
  journal_.append(CancelIntent{sequence_, order.request().id});
  risk_.on_cancel(now_);
}

/// But a flatten's order, which only the end of the run takes back.
void Engine::cancel_all(Slot& slot) {
  for (const Order& order : slot.orders)
    if (stopping_ || !slot.flatten || !is_flatten(order.request().id)) cancel(order);
}

void Engine::cancel_increases(Slot& slot) {
  for (const Order& order : slot.orders)
    if (!order.request().reduce_only) cancel(order);
}

/// Nothing is sent from here on: the waiting bars are recorded, what is open is cancelled.
void Engine::stop() {
  stopping_ = true;
  if (batch_size_ > 0) decide_batch();
  for (Slot& slot : slots_) {
    slot.wish.reset();
    cancel_all(slot);
  }
}

void Engine::flatten_all() {
  for (Slot& slot : slots_) {
    slot.wish.reset();
    slot.flatten = !position(slot).is_zero() || !slot.orders.empty();  // What is open may yet fill.
    cancel_all(slot);
    if (slot.flatten && slot.orders.empty() && !stopping_) {
      begin_record(slot, slot.bar);
      flatten(slot);
    }
  }
}

/// One market order for the whole position, as soon as nothing else is open; into a record that was
/// begun. What is below the venue's least stays.
void Engine::flatten(Slot& slot) {
  if (!slot.orders.empty())
    return finish_record(slot, Outcome::Pending, "flatten: an order is still open");
  const Quantity held = position(slot);
  slot.record.wanted = Quantity{};
  if (!held.is_zero())
    place_one(slot, held > Quantity{} ? Side::Sell : Side::Buy, abs(held), true, Purpose::Flatten);
  slot.flatten = !slot.record.orders.empty();
  if (!slot.flatten) return finish_record(slot, Outcome::Unchanged, "flatten: nothing to close");
  finish_record(slot, slot.record.orders[0].approved ? Outcome::Ordered : Outcome::Refused,
                "flatten: closes the whole position");
}

std::size_t Engine::flattening() const {
  return static_cast<std::size_t>(std::ranges::count_if(
      slots_, [this](const Slot& slot) { return slot.flatten && !position(slot).is_zero(); }));
}

void Engine::on_update(const OrderUpdate& update) {
  Slot& slot = slots_[update.instrument.index];
  const auto order = std::ranges::find_if(
      slot.orders, [&](const Order& o) { return o.request().id == update.id; });
  if (order == slot.orders.end()) return;  // Closed before, or the venue's own (a liquidation).
  order->apply(update);
  if (order->open()) return;
  slot.orders.erase(order);
  const bool flattens = is_flatten(update.id);
  if (flattens && update.end == OrderEnd::BelowMinimum)
    slot.flatten = false;  // It always would be.
  if (!slot.orders.empty()) return;
  // A flatten that the venue rejected waits for a bar: it would be rejected again.
  const bool goes_on = update.state != OrderState::Rejected || !flattens;
  if (slot.flatten && goes_on && !stopping_) {
    begin_record(slot, slot.bar);
    flatten(slot);
  } else if (slot.wish) {
    place_wish(slot);
  }
}

/// The way is free: places what was wished while an order was open.
void Engine::place_wish(Slot& slot) {
  const Wish wish = *slot.wish;
  slot.wish.reset();
  if (late(wish.bar)) return;  // The wish is stale by now; the next bar brings a new one.
  slot.record = wish.record;
  slot.record.position = position(slot);
  place(slot);
  if (slot.record.orders.empty()) return;
  const bool any =
      std::ranges::any_of(slot.record.orders, [](const DecisionOrder& o) { return o.approved; });
  finish_record(slot, any ? Outcome::Ordered : Outcome::Refused, "the open order was cancelled");
}

/// Commits the log, then lets orders leave, then handles what the venue says at once, until nothing
/// more wants to leave. What the venue said last is committed with what comes next: nothing depends
/// on it yet, and it would be said again.
void Engine::dispatch() {
  do {
    const bool logged = journal_.commit();
    if (!logged) ++counters_.commit_failures;
    if (logged == unlogged_) {
      unlogged_ = !logged;
      Event told{0, Origin::Input, now_, now_,
                 HoldChanged{Hold::Backlog,
                             unlogged_,
                             false,
                             {},
                             unlogged_ ? "the log cannot be written" : "the log is written again"}};
      process(told);
      drain();
      if (logged && !journal_.commit()) continue;
    }
    if (!logged) {
      refuse_unlogged();
      continue;
    }
    for (std::size_t i = 0; i < outbox_.size(); ++i) {
      const Outgoing out = outbox_[i];
      if (out.cancel) {
        venue_.cancel(out.id, now_, *this);
        continue;
      }
      auto& orders = slots_[out.instrument.index].orders;
      const auto order =
          std::ranges::find_if(orders, [&](const Order& o) { return o.request().id == out.id; });
      if (order == orders.end()) continue;
      order->submitted();
      ++counters_.orders;
      venue_.submit(order->request(), now_, *this);
    }
    outbox_.clear();
    drain();
  } while (!outbox_.empty());
}

/// What could not be written down does not leave. The orders never existed for the venue: they end
/// here.
void Engine::refuse_unlogged() {
  if (outbox_.empty()) return;
  for (const Outgoing& out : outbox_) {
    if (out.cancel) {
      venue_.cancel(out.id, now_, *this);  // Taking risk away needs no leave.
      continue;
    }
    std::erase_if(slots_[out.instrument.index].orders,
                  [&](const Order& o) { return o.request().id == out.id; });
    // Its intent stands in the log as soon as that can be written again; so must its end.
    report(OrderUpdate{out.id,
                       out.instrument,
                       OrderState::Rejected,
                       OrderEnd::Unlogged,
                       {},
                       "the log could not be written: it never left"},
           now_);
  }
  outbox_.clear();
  drain();
}

}  // namespace proteus
