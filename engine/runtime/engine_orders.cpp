// The engine's orders: from what is wanted to what leaves, and what becomes of it.
#include <algorithm>

#include "engine/matching/execution.hpp"
#include "engine/runtime/engine.hpp"

namespace proteus {
namespace {

/// By the purpose that stands in the id.
bool is_flatten(const ClientOrderId& id) {
  constexpr std::size_t kFromEnd = 4;
  const std::string_view text = id.view();
  return text.size() > kFromEnd &&
         text[text.size() - kFromEnd] == static_cast<char>(Purpose::Flatten);
}

}  // namespace

Quantity Engine::position(const Slot& slot) const {
  return ledger_.view().positions[static_cast<std::size_t>(&slot - slots_.data())].quantity;
}

/// Orders from the position to `record.wanted`.
void Engine::place(Slot& slot) {
  const Instrument& instrument = instruments_[slot.record.instrument];
  for (const matching::PlannedOrder& planned :
       matching::plan_orders(instrument, position(slot), slot.record.wanted))
    place_one(slot, planned.side, planned.quantity, planned.reduce_only,
              planned.reduce_only ? Purpose::Close : Purpose::Open);
}

void Engine::place_one(Slot& slot, Side side, Quantity quantity, bool reduce_only,
                       Purpose purpose) {
  DecisionRecord& r = slot.record;
  const Instrument& instrument = instruments_[r.instrument];
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
  for (const matching::PlannedOrder& planned :
       matching::plan_orders(instruments_[slot.record.instrument], held, Quantity{}))
    place_one(slot, planned.side, planned.quantity, planned.reduce_only, Purpose::Flatten);
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
