#include "connectors/live/report_desk.hpp"

#include <fmt/format.h>

#include <cmath>

#include "connectors/live/bookable.hpp"
#include "connectors/live/order_text.hpp"
#include "engine/core/fixed.hpp"

namespace proteus::live {
namespace {

ClientOrderId id_of(const InlineText<40>& link) { return ClientOrderId{link.view()}; }

Money value_of(Price price, Quantity quantity) {
  return Money::from_raw(static_cast<std::int64_t>(
      divide_by_scale(Int128{price.raw()} * quantity.raw(), Rounding::Near)));
}

/// What the venue's fee is worth in quote, and what of it was taken in base.
struct FeePaid {
  Money quote;
  Quantity base;
};

FeePaid fee_of(const ExecutionRow& row, const Instrument& instrument) {
  std::string_view coin = row.fee_coin.view();
  if (instrument.category == Category::Spot) {
    // Where no coin is named: a purchase pays in what it buys, a sale in what it gets, and a
    // maker's rebate is the other way round (reference 12.8).
    const bool rebate = row.fee < Money{};
    if (coin.empty() && (row.side == Side::Buy) != rebate) coin = instrument.base_coin.view();
    if (coin == instrument.base_coin.view()) {
      const Quantity base = Quantity::from_raw(row.fee.raw());
      return {value_of(row.price, base), base};
    }
  }
  if (coin.empty() || coin == instrument.quote_coin.view()) return {row.fee, {}};
  return {};  // Paid in a third coin: the balance that we trade with does not move by it.
}

/// Price, quantity and value tell the same, as far as rounding goes: a frame may have been damaged
/// where its JSON did not break.
bool adds_up(const ExecutionRow& row) {
  const double value = row.value.to_double();
  const double product = row.price.to_double() * row.quantity.to_double();
  constexpr double kRounding = 1e-6;
  return row.value.is_zero() || std::abs(value - product) <= kRounding * (1.0 + product);
}

AdjustmentKind kind_of(const ExecutionRow& row) {
  switch (row.kind) {
    case ExecutionKind::Liquidation:
      return AdjustmentKind::Liquidation;
    case ExecutionKind::Adl:
      return AdjustmentKind::Deleveraging;
    case ExecutionKind::Settle:
      return AdjustmentKind::Settlement;
    default: {
      const std::string_view stop = row.stop_order_type.view();
      const bool protects =
          stop == "StopLoss" || stop == "PartialStopLoss" || is_protective_id(row.link_id.view());
      return protects ? AdjustmentKind::ProtectiveStop : AdjustmentKind::ForeignTrade;
    }
  }
}

}  // namespace

void ReportDesk::apply(const ExecutionRow& row, bool fetched) {
  if (row.fast) return;  // The full row follows, with the fee.
  const auto id = parts_.find(row.category, row.symbol.view());
  if (!id) return;
  const Instrument& instrument = parts_.instruments[*id];
  if (row.kind == ExecutionKind::Funding) return book_funding(row, instrument, fetched);
  if (parts_.memory.booked(*id, row.execution)) {
    if (!fetched) ++parts_.counters.repeated_executions;
    return;
  }
  if (row.quantity <= Quantity{} || row.price <= Price{}) return;
  const bool trade = row.kind == ExecutionKind::Trade || row.kind == ExecutionKind::Other;
  const bool ours = trade && parts_.memory.ours(row.link_id.view());
  if ((!ours && past(row)) || !holds(row, instrument, fetched)) return;
  if (ours && !fetched && parts_.memory.find(row.link_id.view()) == nullptr) {
    // Late, or its id was damaged on its way: the list tells whose it is.
    question_ = fmt::format("a fill of {}, which is over in our books", row.link_id.view());
    return;
  }
  if (fetched) ++parts_.counters.executions_fetched;
  if (ours)
    book_ours(row, instrument);
  else
    book_foreign(row, instrument);
}

/// What happened before the account was taken over is in what it held then.
bool ReportDesk::past(const ExecutionRow& row) {
  if (parts_.memory.taken_over()) return row.time <= parts_.memory.taken_over_at();
  ++passed_over_;
  return true;
}

bool ReportDesk::holds(const ExecutionRow& row, const Instrument& instrument, bool fetched) {
  const PositionView& ours = parts_.ledger()[instrument.id];
  const Quantity change = signed_quantity(row.side, row.quantity);
  // A spot fee may be coins: then it is worth what they are.
  const bool fee_fits =
      can_hold(row.fee) && (instrument.category != Category::Spot ||
                            can_hold(Quantity::from_raw(row.fee.raw()), row.price));
  if (row.exact && fee_fits && can_hold(ours, change, row.price) && adds_up(row)) return true;
  if (fetched) return false;
  ++parts_.counters.malformed;
  question_ = fmt::format("an execution that cannot be: {} {} {} at {}, worth {}, fee {}",
                          to_string(row.side), row.quantity.to_string(), instrument.name(),
                          row.price.to_string(), row.value.to_string(), row.fee.to_string());
  parts_.tell(fmt::format("The venue tells {}.", question_));
  return false;
}

void ReportDesk::book_funding(const ExecutionRow& row, const Instrument& instrument, bool fetched) {
  if (parts_.memory.funded(instrument.id, row.time) || past(row) || !can_hold(row.fee)) return;
  // Its time alone tells one settlement from another: the venue's list is asked for it, so that a
  // frame that was damaged on its way books none twice.
  if (!fetched) {
    question_ = "funding was settled";
    return;
  }
  ++parts_.counters.executions_fetched;
  FundingSettled funding;
  funding.instrument = instrument.id;
  funding.time = row.time;
  funding.position = signed_quantity(row.side, row.quantity);
  funding.mark = row.price;
  funding.rate_e9 = row.side == Side::Buy ? row.fee_rate_e9 : -row.fee_rate_e9;
  funding.amount = row.fee;
  parts_.inputs.put(funding, row.time);
}

void ReportDesk::book_ours(const ExecutionRow& row, const Instrument& instrument) {
  const ClientOrderId id = id_of(row.link_id);
  const VenueMemory::Entry* const entry = parts_.memory.find(id.view());
  const FeePaid fee = fee_of(row, instrument);
  const Quantity change = signed_quantity(row.side, row.quantity) - fee.base;
  const bool more_than_held = instrument.category == Category::Spot &&
                              parts_.ledger()[instrument.id].quantity + change < Quantity{};
  // More than was ordered, or coins that we do not know of, are none of our doing.
  if (more_than_held ||
      (entry != nullptr && entry->filled + row.quantity > entry->request.quantity))
    return book_foreign(row, instrument);
  Fill fill;
  fill.id = id;
  fill.execution = row.execution.view();
  fill.instrument = instrument.id;
  fill.side = row.side;
  fill.liquidity = row.maker ? Liquidity::Maker : Liquidity::Taker;
  fill.quantity = row.quantity;
  fill.price = row.price;
  fill.fee = fee.quote;
  fill.fee_base = fee.base;
  if (entry != nullptr && entry->request.reference > Price{}) {
    const Money cost = value_of(row.price - entry->request.reference, row.quantity);
    fill.slippage = row.side == Side::Buy ? cost : -cost;
  }
  fill.time = row.time;
  parts_.inputs.put(fill, row.time);

  const VenueMemory::Entry* const after = parts_.memory.find(id.view());
  if (after == nullptr) return;  // A late word on an order that is over: the books are right now.
  if (after->filled == after->request.quantity) {
    lacking_.erase(id);
    return close(id, OrderState::Filled, OrderEnd::None, after->filled, {}, row.time);
  }
  if (lacking_.contains(id)) return settle(id);
  parts_.inputs.put(
      OrderUpdate{
          id, instrument.id, OrderState::PartiallyFilled, OrderEnd::None, after->filled, {}},
      row.time);
}

/// On our instruments but not by an order of this session: the venue, or somebody else.
void ReportDesk::book_foreign(const ExecutionRow& row, const Instrument& instrument) {
  ExternalAdjustment found;
  found.kind = kind_of(row);
  found.has_instrument = true;
  found.instrument = instrument.id;
  found.execution = row.execution.view();
  const FeePaid fee = fee_of(row, instrument);
  found.quantity = signed_quantity(row.side, row.quantity) - fee.base;
  // Nobody holds less than no coins: what is missing is for the next look to find.
  if (instrument.category == Category::Spot)
    found.quantity = std::max(found.quantity, -parts_.ledger()[instrument.id].quantity);
  found.price = row.price;
  found.fee = fee.quote;  // With a fee in base: what arrives is less, and the fee is its value.
  found.time = row.time;
  found.cause = std::string_view{
      fmt::format("{} {} at {} by order {}{}", to_string(row.side), row.quantity.to_string(),
                  row.price.to_string(), row.order_id.view(),
                  row.link_id.empty() ? std::string{} : fmt::format(" ({})", row.link_id.view()))};
  parts_.inputs.put(found, row.time);
}

void ReportDesk::apply(const OrderRow& row, SteadyTime now) {
  if (!parts_.memory.ours(row.link_id.view())) return;
  const ClientOrderId id = id_of(row.link_id);
  const VenueMemory::Entry* const entry = parts_.memory.find(id.view());
  if (entry == nullptr) {
    // It is over, and never opens again. A word that came late, or is it open after all?
    if (is_open(row.status) && question_.empty())
      question_ = fmt::format("{} is over in our books, and the venue speaks of it", id.view());
    return;
  }
  if (is_open(row.status)) {
    if (row.status == VenueOrderStatus::Other || row.filled < entry->filled) return;
    if (row.filled > entry->filled) {
      Lacking& lacking = lacking_[id];
      if (lacking.since == SteadyTime{}) lacking.since = now;
      lacking.filled = std::max(lacking.filled, row.filled);
      return;
    }
    const bool waits = row.status == VenueOrderStatus::Untriggered;
    const OrderState state = !entry->filled.is_zero() ? OrderState::PartiallyFilled
                             : waits                  ? OrderState::Acknowledged
                                                      : OrderState::Resting;
    const OrderState was = entry->state;
    if (was == OrderState::Submitted || was == OrderState::Unknown ||
        (was == OrderState::Acknowledged && state != OrderState::Acknowledged))
      parts_.inputs.put(
          OrderUpdate{id, entry->request.instrument, state, OrderEnd::None, entry->filled, {}},
          row.updated);
    return;
  }
  Lacking& lacking = lacking_[id];
  if (lacking.since == SteadyTime{}) lacking.since = now;
  lacking.closed = true;
  lacking.filled = std::max(lacking.filled, row.filled);
  const bool whole = lacking.filled == entry->request.quantity;
  const bool rejected = row.status == VenueOrderStatus::Rejected && lacking.filled.is_zero();
  lacking.state = whole      ? OrderState::Filled
                  : rejected ? OrderState::Rejected
                             : OrderState::Cancelled;
  lacking.end = whole ? OrderEnd::None : order_end_of(row);
  if (lacking.end == OrderEnd::ByUser && entry->cancel_asked) lacking.end = OrderEnd::ByEngine;
  lacking.words = row.reject_reason.empty() ? row.cancel_type.view() : row.reject_reason.view();
  settle(id);
}

/// Closes what is closed at the venue once all its executions are booked.
void ReportDesk::settle(const ClientOrderId& id) {
  const auto found = lacking_.find(id);
  const VenueMemory::Entry* const entry = parts_.memory.find(id.view());
  if (found == lacking_.end()) return;
  if (entry == nullptr) {
    lacking_.erase(found);
    return;
  }
  const Lacking lacking = found->second;
  if (entry->filled < lacking.filled) return;
  lacking_.erase(found);
  const Timestamp at = parts_.clock.venue_now();
  if (lacking.closed)
    return close(id, lacking.state, lacking.end, entry->filled, lacking.words, at);
  parts_.inputs.put(OrderUpdate{id,
                                entry->request.instrument,
                                OrderState::PartiallyFilled,
                                OrderEnd::None,
                                entry->filled,
                                {}},
                    at);
}

void ReportDesk::all_booked(const ClientOrderId& id, Quantity total) {
  const auto found = lacking_.find(id);
  const VenueMemory::Entry* const entry = parts_.memory.find(id.view());
  if (found == lacking_.end() || entry == nullptr) return;
  if (!found->second.closed || total < found->second.filled) return;
  lacking_.erase(found);
  close(id, OrderState::Cancelled, OrderEnd::ByVenue, entry->filled,
        "a part of it was booked as a stranger's", parts_.clock.venue_now());
}

void ReportDesk::close(const ClientOrderId& id, OrderState state, OrderEnd end, Quantity filled,
                       const InlineText<64>& words, Timestamp at) {
  const VenueMemory::Entry* const entry = parts_.memory.find(id.view());
  if (entry == nullptr) return;
  if (filled == entry->request.quantity) state = OrderState::Filled;
  if (state == OrderState::Filled) end = OrderEnd::None;
  parts_.inputs.put(OrderUpdate{id, entry->request.instrument, state, end, filled, words}, at);
}

void ReportDesk::refused(const ClientOrderId& id, OrderEnd end, std::string_view words) {
  const VenueMemory::Entry* const entry = parts_.memory.find(id.view());
  if (entry == nullptr) return;
  lacking_.erase(id);
  const OrderState state = entry->filled.is_zero() ? OrderState::Rejected : OrderState::Cancelled;
  parts_.inputs.put(
      OrderUpdate{id, entry->request.instrument, state, end, entry->filled, InlineText<64>{words}});
}

void ReportDesk::doubt(const ClientOrderId& id, std::string_view words) {
  const VenueMemory::Entry* const entry = parts_.memory.find(id.view());
  if (entry == nullptr || entry->state == OrderState::Unknown) return;
  ++parts_.counters.unknown_outcomes;
  parts_.inputs.put(OrderUpdate{id, entry->request.instrument, OrderState::Unknown, OrderEnd::None,
                                entry->filled, InlineText<64>{words}});
}

std::vector<ClientOrderId> ReportDesk::lacking(SteadyTime before) const {
  std::vector<ClientOrderId> found;
  for (const auto& [id, lacking] : lacking_)
    if (lacking.since <= before) found.push_back(id);
  return found;
}

}  // namespace proteus::live
