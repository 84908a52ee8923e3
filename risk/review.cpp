// What is asked of an order, in one order: the list of docs/reference/risk-controls.md.
#include <algorithm>

#include "engine/matching/margin.hpp"
#include "risk/gate.hpp"
#include "risk/limits/controls.hpp"
#include "risk/limits/leverage.hpp"

namespace proteus::risk {
namespace {

Quantity add(Quantity a, Quantity b) {
  return Quantity::from_raw(capped(Int128{a.raw()} + b.raw()).raw());
}

std::int64_t number(Control control) { return static_cast<std::int64_t>(control); }

}  // namespace

Verdict Gate::review(const OrderRequest& order, const ReviewInput& input, ControlWords& results) {
  Quantity open_same_side;
  for (const OrderRequest& open : input.open_orders)
    if (open.instrument == order.instrument && open.side == order.side)
      open_same_side = add(open_same_side, open.quantity);
  const bool reduces = only_reduces(order, input.instrument.category,
                                    input.ledger[order.instrument].quantity, open_same_side);
  Asked asked{order,         input, reduces, reduces && is_flatten(order), expected_price(order),
              order.quantity};
  const auto passes = [&] {
    if (!standing_controls(asked, results)) return false;  // 15 23 12 11 7 13
    if (!hold_control(asked, results)) return false;       // 18 19 20 23 13 6
    if (!data_controls(asked, results)) return false;      // 18 19
    if (!price_controls(asked, results)) return false;     // 2 3
    if (!duplicate_control(asked, results)) return false;  // 8
    if (!quantity_control(asked, results)) return false;   // 5
    const Exposures after = exposures(asked);
    return value_controls(asked, after, results) &&   // 4 10 9 9 26 26 1
           margin_controls(asked, after, results) &&  // 14 14
           edge_control(asked, after, results) &&     // 29 30
           message_control(asked, results);           // 6
  };
  if (!passes()) return Refused{results[results.size() - 1]};
  remember(asked);
  Approved approved{order};
  approved.order.quantity = asked.quantity;
  return approved;
}

/// Puts down a control's word. True: go on. What a person has lifted passes, and that is told too.
bool Gate::say(ControlWords& words, const Asked& asked, ControlResult word) const {
  if (!word.passed && may_lift(word)) {
    if (const auto left = overrides_.left(word.control, asked.order.instrument, asked.input.now)) {
      word.passed = true;
      words.push_back(word);
      words.push_back({Control::Override, true, count(number(word.control)), elapsed(*left)});
      return true;
    }
  }
  words.push_back(word);
  return word.passed;
}

/// A number that is not there cannot be weighed by anybody, and what has halted needs a resume.
bool Gate::may_lift(const ControlResult& word) const {
  if (word.actual.raw == kMissing) return false;
  if (word.control == Control::OrderQuantity) return false;  // Its own share alone: see there.
  const bool latched = word.control == Control::Drawdown || word.control == Control::DailyLoss;
  return !latched || latch_.state() != TradingState::Halted;
}

// --------------------------------------------------------------------------------------------------
// what stands regardless of the order's numbers

ControlResult Gate::drawdown_word(bool passed) const {
  const bool latched = latch_.demands(Control::Drawdown);
  const bool halted = latched && latch_.state() == TradingState::Halted;
  return drawdown(latched ? std::max(latched_drawdown_e9_, drawdown_e9_) : drawdown_e9_,
                  halted ? limits_.halt : limits_.drawdown, passed);
}

ControlResult Gate::daily_loss_word(bool passed) const {
  if (latch_.demands(Control::DailyLoss))
    return {Control::DailyLoss, passed, quote(latched_loss_limit_),
            quote(std::max(latched_loss_, daily_.loss()))};
  return {Control::DailyLoss, passed, quote(daily_.limit(DailyLoss::Verdict::Reduce)),
          quote(daily_.loss())};
}

bool Gate::standing_controls(const Asked& asked, ControlWords& words) const {
  const TradingState passes_until = asked.flatten   ? TradingState::Halted
                                    : asked.reduces ? TradingState::Reducing
                                                    : TradingState::Active;
  const bool state_passes = latch_.state() <= passes_until;
  const bool by_drawdown = latch_.demands(Control::Drawdown);
  const bool by_loss = latch_.demands(Control::DailyLoss);
  const bool by_books = latch_.demands(Control::Reconciliation);
  const bool by_person = latch_.demands(Control::Kill) || !(by_drawdown || by_loss || by_books);
  const ControlResult state = latched_state(latch_.state(), passes_until);
  if (by_person && !say(words, asked, state)) return false;
  if (by_books &&
      !say(words, asked, {Control::Reconciliation, state_passes, state.limit, state.actual}))
    return false;
  if (!say(words, asked, drawdown_word(!by_drawdown || state_passes))) return false;
  if (!say(words, asked, daily_loss_word(!by_loss || state_passes))) return false;

  const InstrumentId id = asked.order.instrument;
  const Memory& memory = memories_[id.index];
  const bool stopped = holds_.active(Hold::RepeatedExecution, id);
  const ControlResult repeated{Control::RepeatedExecution, asked.reduces || !stopped,
                               count(settings_.executions_max),
                               count(memory.executions.count(asked.order.side, asked.input.now))};
  if (!say(words, asked, repeated)) return false;
  const bool rests = memory.streak.rests(asked.order.side, asked.input.now);
  return say(words, asked,
             {Control::LossStreak, asked.reduces || !rests, count(settings_.loss_streak_max),
              count(memory.streak.streak(asked.order.side))});
}

ControlResult Gate::hold_word(Hold hold, const Asked& asked) const {
  const auto told = [&](Measure limit, Measure actual) {
    return ControlResult{control_of(hold), false, limit, actual};
  };
  if (hold == Hold::StaleData) {
    const Age age = watches_[asked.order.instrument.index].age(asked.input.now);
    return told(elapsed(age.max), elapsed(age.actual));
  }
  if (hold == Hold::ClockSkew && clock_.limit > Duration{0})
    return told(elapsed(clock_.limit), elapsed(clock_.actual));
  const std::size_t streams = hold == Hold::Reconnecting ? lost_.size() : 1;
  return told(count(0), count(static_cast<std::int64_t>(std::max<std::size_t>(streams, 1))));
}

bool Gate::hold_control(const Asked& asked, ControlWords& words) const {
  if (asked.flatten) return true;
  const InstrumentId id = asked.order.instrument;
  const auto after = [](Hold hold) { return static_cast<Hold>(static_cast<int>(hold) + 1); };
  auto blocking = holds_.blocking(id, asked.reduces);
  for (; blocking; blocking = holds_.blocking(id, asked.reduces, after(*blocking))) {
    if (*blocking == Hold::RepeatedExecution) continue;  // Has a word of its own.
    // Ours is about one side and has its own word; any other is about the instrument.
    if (*blocking == Hold::Cooldown && memories_[id.index].streak.resting()) continue;
    const ControlResult word = hold_word(*blocking, asked);
    // Nobody can lift a disk that does not write.
    if (*blocking == Hold::Backlog) {
      words.push_back(word);
      return false;
    }
    if (!say(words, asked, word)) return false;
  }
  return true;
}

// --------------------------------------------------------------------------------------------------
// the market

/// 18 and 19. Automatic reductions wait too; a person's flatten does not.
bool Gate::data_controls(const Asked& asked, ControlWords& words) const {
  const MarketWatch& watch = watches_[asked.order.instrument.index];
  const Age age = watch.age(asked.input.now);
  ControlResult fresh = stale_data(age.actual, age.max);
  fresh.passed = fresh.passed || asked.flatten;
  if (!say(words, asked, fresh)) return false;
  ControlResult sane =
      absurd_data(watch.judge.aside(), ratio_of(watch.judge.distance()).raw, limits_.jump);
  sane.passed = sane.passed || asked.flatten;
  return say(words, asked, sane);
}

/// 2, against each live reference: the one that refuses, or the first. Then 3.
bool Gate::price_controls(const Asked& asked, ControlWords& words) const {
  const auto references = watches_[asked.order.instrument.index].references(asked.input.now);
  ControlResult word =
      price_collar(asked.price, references.empty() ? Price{} : references[0], limits_.band);
  if (word.passed && references.size() > 1)
    if (const ControlResult mid = price_collar(asked.price, references[1], limits_.band);
        !mid.passed)
      word = mid;
  word.passed = word.passed || asked.flatten;
  if (!say(words, asked, word)) return false;
  const std::int64_t drift = memories_[asked.order.instrument.index].drift.mean_e9(asked.input.now);
  return say(words, asked,
             {Control::PriceDrift, asked.reduces || drift <= limits_.drift, ratio(limits_.drift),
              ratio(drift)});
}

bool Gate::duplicate_control(const Asked& asked, ControlWords& words) const {
  const std::int64_t found = memories_[asked.order.instrument.index].orders.duplicates(
      asked.order, !asked.reduces, asked.price, asked.input.open_orders, asked.input.now,
      settings_.duplicate_window);
  return say(words, asked,
             {Control::DuplicateOrder, asked.reduces || found == 0, count(0), count(found)});
}

// --------------------------------------------------------------------------------------------------
// the order's size

/// 5. Of it only the share of volume is ours, and only that can be lifted.
bool Gate::quantity_control(Asked& asked, ControlWords& words) const {
  const MarketWatch& watch = watches_[asked.order.instrument.index];
  const auto held_to = [&](Quantity own_max) {
    return order_quantity(asked.order, asked.input.instrument, own_max, asked.reduces);
  };
  QuantityWord sized = held_to(watch.quantity_max());
  const auto left = sized.result.passed ? std::nullopt
                                        : overrides_.left(Control::OrderQuantity,
                                                          asked.order.instrument, asked.input.now);
  const bool lifts = left && held_to(Quantity{}).result.passed;
  sized.result.passed = sized.result.passed || lifts;
  words.push_back(sized.result);
  if (lifts)
    words.push_back(
        {Control::Override, true, count(number(Control::OrderQuantity)), elapsed(*left)});
  asked.quantity = sized.quantity;
  return sized.result.passed;
}

/// 4, 10, 9, 9, 26, 26, 1.
bool Gate::value_controls(const Asked& asked, const Exposures& after, ControlWords& words) const {
  const bool reduces = asked.reduces;
  const Money equity = asked.input.ledger.equity;
  const Money value = capped_notional(asked.price, asked.quantity);
  return say(words, asked, order_value(value, equity, limits_.order_value, reduces)) &&
         say(words, asked,
             open_order_value(after.open_value, equity, limits_.open_orders, reduces)) &&
         say(words, asked, position_limit(after.instrument, equity, limits_.position, reduces)) &&
         say(words, asked, position_limit(after.gross, equity, limits_.gross, reduces)) &&
         say(words, asked, stage_cap(value, caps_.order, reduces)) &&
         say(words, asked, stage_cap(after.gross, caps_.gross, reduces)) &&
         say(words, asked, capital_threshold(after.gross, capital_, limits_.capital, reduces));
}

/// 14, for perpetuals.
bool Gate::margin_controls(const Asked& asked, const Exposures& after, ControlWords& words) const {
  if (asked.input.instrument.category == Category::Spot) return true;
  const Money equity = asked.input.ledger.equity;
  const MarketWatch& watch = watches_[asked.order.instrument.index];
  const Price distance = matching::liquidation_distance({equity, after.gross_linear},
                                                        after.quantity, limits_.maintenance);
  return say(words, asked, leverage(after.gross_linear, equity, limits_.leverage, asked.reduces)) &&
         say(words, asked,
             liquidation_distance(distance, watch.ranges(settings_.liquidation_ranges_min),
                                  asked.reduces));
}

/// 29, then 30.
bool Gate::edge_control(const Asked& asked, const Exposures& after, ControlWords& words) const {
  const Instrument& instrument = asked.input.instrument;
  const Memory& memory = memories_[asked.order.instrument.index];
  const double cost = expected_cost(instrument, asked.order.side, costs_,
                                    watches_[asked.order.instrument.index].funding(),
                                    memory.edge.holding(), bar_length(asked.input.now, interval_));
  const double floor = memory.floor * asked.input.ledger.equity.to_double();
  const bool in_floor = floor > 0.0 && capped_notional(asked.price, abs(after.quantity)).raw() <=
                                           ratio_of(floor).raw + 1;
  if (!say(words, asked, expected_edge(memory.edge.edge(), cost, in_floor, asked.reduces)))
    return false;
  const Money value = capped_notional(asked.price, asked.quantity);
  return say(words, asked, minimum_notional(value, instrument.notional_min, asked.reduces));
}

/// 6, the last: only what passes all others is a message.
bool Gate::message_control(const Asked& asked, ControlWords& words) const {
  const std::int64_t limit = asked.reduces ? limits_.messages_most : limits_.messages;
  const std::int64_t actual = bucket_.with_one_more(asked.input.now);
  return say(words, asked,
             {Control::MessageRate, asked.reduces || actual <= limit, count(limit), count(actual)});
}

void Gate::remember(const Asked& asked) {
  bucket_.on_message(asked.input.now);
  memories_[asked.order.instrument.index].orders.add({.id = asked.order.id,
                                                      .side = asked.order.side,
                                                      .increases = !asked.reduces,
                                                      .filled = false,
                                                      .quantity = asked.order.quantity,
                                                      .price = asked.price,
                                                      .reference = asked.order.reference,
                                                      .approved = asked.input.now});
}

/// Open orders count as filled, this one too. Of each instrument the worse of all its buys or all
/// its sells filling, at the ledger's mark, or the last close where it was never marked.
Gate::Exposures Gate::exposures(const Asked& asked) {
  std::ranges::fill(buys_, Quantity{});
  std::ranges::fill(sells_, Quantity{});
  Int128 open_value = capped_notional(asked.price, asked.quantity).raw();
  const auto book = [&](const OrderRequest& order, Quantity quantity) {
    Quantity& side = (order.side == Side::Buy ? buys_ : sells_)[order.instrument.index];
    side = add(side, quantity);
  };
  for (const OrderRequest& open : asked.input.open_orders) {
    book(open, open.quantity);
    if (!open.reduce_only) open_value += capped_notional(expected_price(open), open.quantity).raw();
  }
  book(asked.order, asked.quantity);

  Exposures found;
  Int128 gross = 0;
  Int128 linear = 0;
  for (std::size_t i = 0; i < watches_.size(); ++i) {
    const PositionView& position = asked.input.ledger.positions[i];
    const bool own = i == asked.order.instrument.index;
    Price price = position.mark > Price{} ? position.mark : watches_[i].close();
    if (own && price <= Price{}) price = asked.price;
    const Quantity if_bought = add(position.quantity, buys_[i]);
    const Quantity if_sold = add(position.quantity, -sells_[i]);
    const Money worst = capped_notional(price, std::max(abs(if_bought), abs(if_sold)));
    gross += worst.raw();
    if (watches_[i].category() == Category::Linear) linear += worst.raw();
    if (!own) continue;
    found.quantity = asked.order.side == Side::Buy ? if_bought : if_sold;
    found.instrument = capped_notional(price, abs(found.quantity));
  }
  found.gross = capped(gross);
  found.gross_linear = capped(linear);
  found.open_value = capped(open_value);
  return found;
}

}  // namespace proteus::risk
