#include "connectors/live/venue_memory.hpp"

#include <algorithm>

namespace proteus::live {

VenueMemory::VenueMemory(const SessionCode& session, std::size_t instruments)
    : session_(session), funded_(instruments) {
  ring_.reserve(kExecutionsKept);
}

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
    book(fill->execution, fill->time);
    if (Entry* const known = entry(fill->id.view())) known->filled += fill->quantity;
  } else if (const auto* funding = std::get_if<FundingSettled>(&input.body)) {
    Timestamp& last = funded_[funding->instrument.index];
    last = std::max(last, funding->time);
    newest_ = std::max(newest_, funding->time);
  } else if (const auto* found = std::get_if<ExternalAdjustment>(&input.body)) {
    if (!found->execution.empty()) book(found->execution, found->time);
    if (found->kind == AdjustmentKind::Capital) {
      taken_over_ = true;
      newest_ = std::max(newest_, found->time);
    }
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

void VenueMemory::book(const ExecutionId& execution, Timestamp time) {
  newest_ = std::max(newest_, time);
  if (!executions_.insert(execution).second) return;
  if (ring_.size() < kExecutionsKept) return ring_.push_back(execution);
  executions_.erase(ring_[oldest_]);
  ring_[oldest_] = execution;
  oldest_ = (oldest_ + 1) % kExecutionsKept;
}

void VenueMemory::archive(Archive& a) {
  a(open_, funded_, ring_, oldest_, newest_, taken_over_);
  if (!a.reading()) return;
  if (ring_.size() > kExecutionsKept || oldest_ >= kExecutionsKept) return a.fail();
  executions_ = {ring_.begin(), ring_.end()};
}

}  // namespace proteus::live
