#include "connectors/live/report_desk.hpp"

#include <fmt/format.h>

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
  const std::string_view coin = row.fee_coin.view();
  // A spot buy that names no coin pays in what it buys (reference 12.8).
  if (instrument.category == Category::Spot && row.side == Side::Buy &&
      (coin.empty() || coin == instrument.base_coin.view()))
    return {value_of(row.price, Quantity::from_raw(row.fee.raw())),
            Quantity::from_raw(row.fee.raw())};
  if (coin.empty() || coin == instrument.quote_coin.view()) return {row.fee, {}};
  return {};  // Paid in a third coin: the balance that we trade with does not move by it.
}

AdjustmentKind kind_of(const ExecutionRow& row) {
  switch (row.kind) {
    case ExecutionKind::Liquidation:
      return AdjustmentKind::Liquidation;
    case ExecutionKind::Adl:
      return AdjustmentKind::Deleveraging;
    case ExecutionKind::Settle:
      return AdjustmentKind::Settlement;
    default:
      return AdjustmentKind::ForeignTrade;
  }
}

}  // namespace

void ReportDesk::apply(const ExecutionRow& row, bool fetched) {
  if (row.fast) return;  // The full row follows, with the fee.
  const auto id = parts_.find(row.category, row.symbol.view());
  if (!id) return;
  const Instrument& instrument = parts_.instruments[*id];
  if (row.kind == ExecutionKind::Funding) {
    if (parts_.memory.funded(*id, row.time)) return;
    if (fetched) ++parts_.counters.executions_fetched;
    const bool longs = row.side == Side::Buy;
    FundingSettled funding;
    funding.instrument = *id;
    funding.time = row.time;
    funding.position = signed_quantity(row.side, row.quantity);
    funding.mark = row.price;
    funding.rate_e9 = longs ? row.fee_rate_e9 : -row.fee_rate_e9;
    funding.amount = row.fee;
    return parts_.inputs.put(funding, row.time);
  }
  if (parts_.memory.booked(row.execution)) {
    if (!fetched) ++parts_.counters.repeated_executions;
    return;
  }
  if (row.quantity <= Quantity{} || row.price <= Price{}) return;
  if (fetched) ++parts_.counters.executions_fetched;
  const bool trade = row.kind == ExecutionKind::Trade || row.kind == ExecutionKind::Other;
  if (trade && parts_.memory.ours(row.link_id.view()))
    book_ours(row, instrument);
  else
    book_foreign(row, instrument);
}

void ReportDesk::book_ours(const ExecutionRow& row, const Instrument& instrument) {
  const ClientOrderId id = id_of(row.link_id);
  const VenueMemory::Entry* const entry = parts_.memory.find(id.view());
  const FeePaid fee = fee_of(row, instrument);
  if (entry != nullptr && entry->filled + row.quantity > entry->request.quantity)
    return book_foreign(row, instrument);  // More than was ordered is none of our doing.
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
  found.quantity = signed_quantity(row.side, row.quantity - fee.base);
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
  if (entry == nullptr) return;  // It is over, and never opens again.
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
