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
  } else if (const auto* adjustment = std::get_if<ExternalAdjustment>(&event.body)) {
    ledger_.apply(*adjustment);
    ++counters_.adjustments;
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
    slots_[ticker->instrument.index].strategy->on_ticker_at(*ticker, event.ts_event);
  } else if (std::holds_alternative<ClockTick>(event.body)) {
    if (barrier_over()) decide_batch();
  } else if (const auto* moved = std::get_if<TradingStateChanged>(&event.body)) {
    for (Slot& slot : slots_) {
      if (moved->to == TradingState::Halted) cancel_all(slot);
      if (moved->to == TradingState::Reducing) cancel_increases(slot);
    }
  } else if (const auto* proposed = std::get_if<AdaptationProposed>(&event.body)) {
    slots_[proposed->instrument.index].strategy->on_adaptation(*proposed);
    tell_news(slots_[proposed->instrument.index]);
  } else if (const auto* failed = std::get_if<AdaptationFailed>(&event.body)) {
    slots_[failed->instrument.index].strategy->on_adaptation(*failed);
    tell_news(slots_[failed->instrument.index]);
  } else if (const auto* command = std::get_if<OperatorCommand>(&event.body)) {
    obey(*command);
  } else if (std::holds_alternative<SessionResumed>(event.body)) {
    stopping_ = false;
    for (Slot& slot : slots_) tell_news(slot);
  }
}

/// What a strategy has to tell of itself becomes events.
void Engine::tell_news(Slot& slot) {
  EventBody news;
  while (slot.strategy->take_news(news)) report(std::move(news), now_);
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
  if (slot.next_open != Timestamp{} && bar.open_time - slot.next_open > settings_.gap_max) {
    ++counters_.gaps;
    slot.strategy->reset();  // Windows across a hole would say something that was never true.
    tell_news(slot);
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
  tell_news(slot);
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
  for (Slot& slot : slots_)
    if (slot.in_batch) slot.strategy->gather(slot.bar);
  for (Slot& slot : slots_) {
    if (!slot.in_batch) continue;
    slot.in_batch = false;
    decide(slot);
    tell_news(slot);
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
  r.policy.clear();
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
  if (opinion.policy != nullptr) r.policy.push_back(*opinion.policy);
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

}  // namespace proteus
