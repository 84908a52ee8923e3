#include "connectors/live/spot_stops.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "connectors/live/order_text.hpp"

namespace proteus::live {
namespace {

constexpr Duration kPause = std::chrono::seconds{1};
/// As of a position.
constexpr Duration kUnprotectedMost = std::chrono::seconds{15};
constexpr Duration kRowsLate = std::chrono::seconds{2};
/// A holding that grows fill by fill leaves stops behind: they are cleared before more are placed.
constexpr std::size_t kRestingMost = 4;

}  // namespace

Quantity SpotStops::protectable(const Instrument& instrument) const {
  const PositionView& ours = parts_.ledger()[instrument.id];
  if (ours.mark <= Price{}) return {};
  const Quantity whole = round_to_step(ours.quantity, instrument.lot_step, Rounding::Down);
  const bool enough = whole >= instrument.quantity_min && !whole.is_zero() &&
                      notional(ours.mark, whole) >= instrument.notional_min;
  return enough ? whole : Quantity{};
}

Price SpotStops::trigger_for(const Instrument& instrument) const {
  const PositionView& ours = parts_.ledger()[instrument.id];
  if (ours.mark <= Price{} || ours.quantity <= Quantity{}) return {};
  const double share = 1.0 - parts_.settings.stop_distance;
  const double mark = ours.mark.to_double();
  const double paid = ours.cost.to_double() / ours.quantity.to_double();
  // From the mark where the stop of what was paid would have fired already.
  const double from = paid * share < mark ? paid : mark;
  return std::max(instrument.tick_size, round_to_step(Price::from_raw(to_fixed_raw(from * share)),
                                                      instrument.tick_size, Rounding::Up));
}

/// The venue takes the direction of a spot stop from the price of the moment: one above the market
/// waits for it to rise, and protects nothing.
bool SpotStops::right(const Instrument& instrument, const Resting& resting, Quantity wanted) const {
  const double away = 1.0 - parts_.settings.stop_distance / 2;
  return resting.quantity == wanted && resting.trigger < parts_.ledger()[instrument.id].mark &&
         resting.trigger.to_double() >= trigger_for(instrument).to_double() * away;
}

void SpotStops::see(const Reconciler::Seen& seen) {
  for (const Instrument& instrument : parts_.instruments) {
    if (instrument.category != Category::Spot) continue;
    Kept& kept = kept_[instrument.id.index];
    if (kept.asking || kept.changed >= seen.asked) continue;  // The list may be older than that.
    kept.known = true;
    kept.asked_rows = false;
    kept.resting.clear();
    for (const OrderRow& row : seen.orders)
      if (row.category == Category::Spot && row.symbol.view() == instrument.symbol.view() &&
          is_open(row.status) && is_protective_id(row.link_id.view()))
        kept.resting.push_back(
            {std::string(row.link_id.view()), row.quantity, row.trigger_price, true});
  }
}

void SpotStops::hear(const OrderRow& row) {
  if (row.category != Category::Spot || !is_protective_id(row.link_id.view())) return;
  const auto id = parts_.find(row.category, row.symbol.view());
  if (!id) return;
  std::vector<Resting>& resting = kept_[id->index].resting;
  const auto found = std::ranges::find(resting, row.link_id.view(), &Resting::link_id);
  if (found == resting.end()) return;
  if (is_open(row.status)) {
    found->confirmed = true;
    return;
  }
  resting.erase(found);  // It has fired, or somebody took it away.
}

void SpotStops::on_timer(SteadyTime now) {
  if (!parts_.memory.taken_over()) return;
  for (const Instrument& instrument : parts_.instruments)
    if (instrument.category == Category::Spot) keep(instrument, now);
}

void SpotStops::keep(const Instrument& instrument, SteadyTime now) {
  Kept& kept = kept_[instrument.id.index];
  const Quantity wanted = protectable(instrument);
  const auto stop = std::ranges::find_if(
      kept.resting, [&](const Resting& r) { return right(instrument, r, wanted); });
  kept.naked = !wanted.is_zero() && stop == kept.resting.end();
  // What nobody knows is not missing.
  if (!kept.naked || !kept.known) kept.naked_since.reset();
  if (kept.naked && kept.known && !kept.naked_since) kept.naked_since = now;
  if (kept.naked_since && now - *kept.naked_since >= kUnprotectedMost) {
    kept.naked_since = now;
    return parts_.inputs.put(OperatorCommand{
        OperatorAction::Flatten,
        std::string_view{fmt::format("no protective stop could be placed for {} at the venue",
                                     instrument.name())}});
  }
  if (!kept.known || kept.asking || now < kept.not_before) return;
  if (kept.naked && kept.resting.size() < kRestingMost)
    return place(instrument, wanted, trigger_for(instrument));
  if (stop != kept.resting.end() && !stop->confirmed) {
    // No row has come yet, which a look makes up for.
    if (now - kept.changed >= kRowsLate && !std::exchange(kept.asked_rows, true)) question_ = true;
    return;
  }
  for (const Resting& resting : kept.resting)
    if (stop == kept.resting.end() || resting.link_id != stop->link_id)
      return cancel(instrument, std::string(resting.link_id));
}

void SpotStops::place(const Instrument& instrument, Quantity quantity, Price trigger) {
  Kept& kept = kept_[instrument.id.index];
  kept.asking = true;
  kept.changed = rest_.now();
  last_number_ =
      std::max(last_number_ + 1, static_cast<std::uint64_t>(to_unix_ms(parts_.clock.venue_now())));
  OrderRequest order;
  order.id = std::string_view{protective_id(parts_.memory.session(), last_number_)};
  order.instrument = instrument.id;
  order.side = Side::Sell;
  order.type = OrderType::StopMarket;
  order.quantity = quantity;
  order.trigger = trigger;
  const auto answered = [this, id = instrument.id, order](Result<RestReply> reply) {
    Kept& now_kept = kept_[id.index];
    now_kept.asking = false;
    now_kept.changed = rest_.now();
    now_kept.not_before = rest_.now() + kPause;
    const Outcome outcome = outcome_of(RequestKind::Create, reply);
    if (outcome == Outcome::Done) {
      ++parts_.counters.stops_set;
      now_kept.resting.push_back({std::string(order.id.view()), order.quantity, order.trigger});
      now_kept.naked_since.reset();
      now_kept.not_before = rest_.now();
      return;
    }
    if (outcome == Outcome::Unknown) {  // It may rest there all the same: a look tells.
      now_kept.known = false;
      question_ = true;
    }
    parts_.tell(
        fmt::format("A protective stop was not placed. instrument={} trigger={} cause=\"{}\"",
                    parts_.instruments[id].name(), order.trigger.to_string(), words_of(reply)));
  };
  rest_.post("/v5/order/create", create_text(order, instrument), RequestKind::Create, answered);
}

void SpotStops::cancel(const Instrument& instrument, const std::string& link_id) {
  Kept& kept = kept_[instrument.id.index];
  kept.asking = true;
  kept.changed = rest_.now();
  const auto answered = [this, id = instrument.id, link_id](Result<RestReply> reply) {
    Kept& now_kept = kept_[id.index];
    now_kept.asking = false;
    now_kept.changed = rest_.now();
    // Refused: it is over. Anything else is seen by the next look.
    std::erase_if(now_kept.resting, [&](const Resting& r) { return r.link_id == link_id; });
    now_kept.not_before = rest_.now() + (reply.has_error() ? kPause : Duration{0});
  };
  rest_.post("/v5/order/cancel", cancel_text(instrument, link_id, {}, true), RequestKind::Cancel,
             answered);
}

bool SpotStops::all_protected() const {
  return std::ranges::none_of(kept_, [](const Kept& k) { return k.naked; });
}

bool SpotStops::settled() const {
  return std::ranges::all_of(parts_.instruments, [&](const Instrument& instrument) {
    if (instrument.category != Category::Spot) return true;
    const Kept& kept = kept_[instrument.id.index];
    const Quantity wanted = protectable(instrument);
    return !kept.asking && kept.resting.size() == (wanted.is_zero() ? 0U : 1U) && !kept.naked &&
           std::ranges::all_of(kept.resting,
                               [&](const Resting& r) { return r.quantity == wanted; });
  });
}

}  // namespace proteus::live
