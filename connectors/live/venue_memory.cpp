#include "connectors/live/venue_memory.hpp"

#include <algorithm>

namespace proteus::live {

VenueMemory::VenueMemory(const SessionCode& session, std::size_t instruments)
    : session_(session), funded_(instruments) {}

void VenueMemory::submitted(const OrderRequest& order, Timestamp now) {
  if (Entry* known = entry(order.id.view())) {
    known->sent = now;
    return;
  }
  open_.push_back({order, OrderState::Submitted, {}, now, false});
}

void VenueMemory::cancel_asked(const ClientOrderId& id) {
  if (Entry* known = entry(id.view())) known->cancel_asked = true;
}

void VenueMemory::hear(const Event& input) {
  if (const auto* update = std::get_if<OrderUpdate>(&input.body)) {
    Entry* const known = entry(update->id.view());
    if (known == nullptr) return;
    known->state = update->state;
    known->filled = std::max(known->filled, update->filled);
    if (is_closed(update->state))
      std::erase_if(open_, [&](const Entry& e) { return e.request.id == update->id; });
  } else if (const auto* fill = std::get_if<Fill>(&input.body)) {
    book(fill->instrument, fill->execution, fill->time);
    if (Entry* const known = entry(fill->id.view())) known->filled += fill->quantity;
  } else if (const auto* funding = std::get_if<FundingSettled>(&input.body)) {
    Timestamp& last = funded_[funding->instrument.index];
    last = std::max(last, funding->time);
  } else if (const auto* found = std::get_if<ExternalAdjustment>(&input.body)) {
    if (!found->execution.empty()) book(found->instrument, found->execution, found->time);
    // The balance comes last, so that a take-over cut short is begun again.
    if (found->kind == AdjustmentKind::Capital && !found->has_instrument)
      known_until_ = taken_over_at_ = std::max(taken_over_at_, found->time);
  } else if (const auto* held = std::get_if<HoldChanged>(&input.body)) {
    // The reconciler's word after a look that agreed, with the time at which the look began.
    if (held->hold != Hold::Reconciling || held->active || !taken_over()) return;
    known_until_ = std::max(known_until_, input.ts_event);
    forget();
  }
}

const VenueMemory::Entry* VenueMemory::find(std::string_view id) const {
  const auto found =
      std::ranges::find_if(open_, [&](const Entry& e) { return e.request.id.view() == id; });
  return found == open_.end() ? nullptr : &*found;
}

VenueMemory::Entry* VenueMemory::entry(std::string_view id) {
  const auto found =
      std::ranges::find_if(open_, [&](const Entry& e) { return e.request.id.view() == id; });
  return found == open_.end() ? nullptr : &*found;
}

bool VenueMemory::ours(std::string_view id) const {
  return id.size() > 1 + SessionCode::capacity() && id[0] == 'p' &&
         id.substr(1).starts_with(session_.view());
}

void VenueMemory::book(InstrumentId id, const ExecutionId& execution, Timestamp time) {
  if (executions_.insert({id.index, execution}).second)
    booked_.push_back({id.index, execution, time});
}

void VenueMemory::forget() {
  while (booked_.size() > kExecutionsKept && booked_.front().time + kRemembered < known_until_) {
    executions_.erase({booked_.front().instrument, booked_.front().execution});
    booked_.pop_front();
  }
}

void VenueMemory::archive(Archive& a) {
  std::vector<Booked> booked(booked_.begin(), booked_.end());
  a(open_, funded_, booked, known_until_, taken_over_at_);
  if (!a.reading()) return;
  booked_.clear();
  executions_.clear();
  for (const Booked& one : booked) book(InstrumentId{one.instrument}, one.execution, one.time);
}

}  // namespace proteus::live
