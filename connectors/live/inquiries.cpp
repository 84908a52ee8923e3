#include "connectors/live/inquiries.hpp"

#include <fmt/format.h>

namespace proteus::live {
namespace {

/// An order is no longer in question: it is over, or open with all its executions booked.
bool told(const VenueMemory::Entry* entry, bool lacks) {
  if (entry == nullptr) return true;
  return !lacks && entry->state != OrderState::Unknown && entry->state != OrderState::Submitted;
}

}  // namespace

void Inquiries::ask(const ClientOrderId& id, SteadyTime now, Duration wait) {
  if (parts_.memory.find(id.view()) == nullptr || pending_(id)) return;
  const auto [at, fresh] = asked_.try_emplace(id);
  Asked& asked = at->second;
  if (fresh) {
    asked.since = now;
    asked.next = now + wait;
    ++parts_.counters.inquiries;
  } else {
    asked.next = std::min(asked.next, now + wait);
  }
}

std::string Inquiries::query(const ClientOrderId& id) const {
  const VenueMemory::Entry* const entry = parts_.memory.find(id.view());
  const Instrument& instrument = parts_.instruments[entry->request.instrument];
  return fmt::format("category={}&symbol={}&orderLinkId={}",
                     instrument.category == Category::Spot ? "spot" : "linear",
                     instrument.symbol.view(), id.view());
}

void Inquiries::on_timer(SteadyTime now) {
  std::vector<ClientOrderId> due;
  for (auto at = asked_.begin(); at != asked_.end();) {
    const VenueMemory::Entry* const entry = parts_.memory.find(at->first.view());
    if (!at->second.in_flight && entry == nullptr) {
      at = asked_.erase(at);
      continue;
    }
    if (!at->second.in_flight && at->second.next <= now) due.push_back(at->first);
    ++at;
  }
  for (const ClientOrderId& id : due) ask_open(id);
}

void Inquiries::later(const ClientOrderId& id) {
  const auto at = asked_.find(id);
  if (at == asked_.end()) return;
  constexpr Duration kFirst = std::chrono::milliseconds{250};
  constexpr Duration kMost = std::chrono::seconds{4};
  at->second.in_flight = false;
  at->second.next =
      rest_.now() + std::min<Duration>(kMost, kFirst * (1 << std::min(at->second.tries, 6)));
  ++at->second.tries;
}

void Inquiries::ask_open(const ClientOrderId& id) {
  asked_[id].in_flight = true;
  rest_.get("/v5/order/realtime", query(id), [this, id](Result<RestReply> reply) {
    if (parts_.memory.find(id.view()) == nullptr || reply.has_error()) return later(id);
    const auto page = codec_.orders(reply.value().body);
    if (page.has_error()) return later(id);
    bool known = false;
    for (const OrderRow& row : page.value().rows) {
      if (row.link_id.view() != id.view()) continue;
      known = true;
      desk_.apply(row, rest_.now());
    }
    if (parts_.memory.find(id.view()) == nullptr) return later(id);
    if (known) return ask_executions(id, true);
    ask_history(id);
  });
}

void Inquiries::ask_history(const ClientOrderId& id) {
  rest_.get("/v5/order/history", query(id), [this, id](Result<RestReply> reply) {
    if (parts_.memory.find(id.view()) == nullptr || reply.has_error()) return later(id);
    const auto page = codec_.orders(reply.value().body);
    if (page.has_error()) return later(id);
    bool known = false;
    for (const OrderRow& row : page.value().rows) {
      if (row.link_id.view() != id.view()) continue;
      known = true;
      desk_.apply(row, rest_.now());
    }
    if (parts_.memory.find(id.view()) == nullptr) return later(id);
    ask_executions(id, known);
  });
}

void Inquiries::ask_executions(const ClientOrderId& id, bool order_known) {
  const std::string text = query(id) + "&limit=100";
  rest_.get("/v5/execution/list", text, [this, id, order_known](Result<RestReply> reply) {
    if (reply.has_error()) return later(id);
    const auto page = codec_.executions(reply.value().body);
    if (page.has_error()) return later(id);
    const VenueMemory::Entry* const entry = parts_.memory.find(id.view());
    if (entry == nullptr) return later(id);
    const InstrumentId instrument = entry->request.instrument;  // The entry may end on the way.
    bool any = false;
    bool all_booked = true;
    Quantity total;
    for (const ExecutionRow& row : page.value().rows) {
      desk_.apply(row, true);
      if (row.link_id.view() != id.view()) continue;
      any = true;
      total += row.quantity;
      all_booked =
          all_booked && parts_.memory.booked(instrument, ExecutionId{row.execution.view()});
    }
    if (all_booked && any) desk_.all_booked(id, total);
    if (!order_known && !any) return conclude(id);
    if (told(parts_.memory.find(id.view()), desk_.lacks(id))) {
      asked_.erase(id);
      return;
    }
    later(id);
  });
}

/// Nothing anywhere, by the venue's own word just now.
void Inquiries::conclude(const ClientOrderId& id) {
  const auto at = asked_.find(id);
  if (at == asked_.end()) return;
  if (rest_.now() - at->second.since < parts_.settings.unknown_settle) return later(id);
  asked_.erase(at);
  desk_.refused(id, OrderEnd::NotArrived, "the venue does not know it: it never arrived");
}

}  // namespace proteus::live
