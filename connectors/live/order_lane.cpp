#include "connectors/live/order_lane.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace proteus::live {
namespace {

constexpr int kTries = 4;  ///< of what had no effect
/// An order that has waited that long for room was decided on a market that is gone.
constexpr Duration kStale = std::chrono::seconds{15};

InlineText<64> told(std::string_view words, int code) {
  return std::string_view{fmt::format("{} {}", code, words)};
}

}  // namespace

std::optional<Price> OrderLane::stop_for(const OrderRequest& order) const {
  const Instrument& instrument = parts_.instruments[order.instrument];
  if (order.reduce_only || instrument.category != Category::Linear) return std::nullopt;
  const Price from = order.price > Price{} ? order.price : order.reference;
  if (from <= Price{}) return std::nullopt;
  const double away = parts_.settings.stop_distance * (order.side == Side::Buy ? -1.0 : 1.0);
  const Price raw = Price::from_raw(to_fixed_raw(from.to_double() * (1.0 + away)));
  return std::max(instrument.tick_size,
                  round_to_step(raw, instrument.tick_size,
                                order.side == Side::Buy ? Rounding::Up : Rounding::Down));
}

void OrderLane::submit(const OrderRequest& order) {
  ++parts_.counters.orders_sent;
  Sending sending;
  sending.id = order.id;
  sending.instrument = order.instrument;
  sending.wanted = rest_.now();
  send(std::move(sending));
}

void OrderLane::cancel(const ClientOrderId& id) {
  const VenueMemory::Entry* const entry = parts_.memory.find(id.view());
  if (entry == nullptr) return;
  if (on_its_way(id)) return;
  const auto unsent = std::ranges::find_if(
      waiting_, [&](const Sending& s) { return !s.cancel && s.tries == 0 && s.id == id; });
  if (unsent != waiting_.end()) {
    // What waits for room has not left, and need not leave at all.
    homeless_.push_back(std::move(*unsent));
    waiting_.erase(unsent);
    return;
  }
  ++parts_.counters.cancels_sent;
  cancels_[id] = rest_.now();
  Sending sending;
  sending.id = id;
  sending.instrument = entry->request.instrument;
  sending.cancel = true;
  send(std::move(sending));
}

bool OrderLane::on_its_way(const ClientOrderId& cancelled) const {
  const auto same = [&](const Sending& s) { return s.cancel && s.id == cancelled; };
  return std::ranges::any_of(waiting_, same) || std::ranges::any_of(homeless_, same) ||
         std::ranges::any_of(out_, [&](const auto& one) { return same(one.second); });
}

bool OrderLane::pending(const ClientOrderId& id) const {
  const auto same = [&](const Sending& s) { return !s.cancel && s.id == id; };
  return by_rest_.contains(id) || std::ranges::any_of(waiting_, same) ||
         std::ranges::any_of(homeless_, same) ||
         std::ranges::any_of(out_, [&](const auto& one) { return same(one.second); });
}

void OrderLane::send(Sending sending) {
  const VenueMemory::Entry* const entry = parts_.memory.find(sending.id.view());
  if (entry == nullptr) return;
  const Instrument& instrument = parts_.instruments[sending.instrument];
  const SteadyTime now = rest_.now();
  std::string text;
  if (sending.cancel) {
    text = cancel_text(instrument, sending.id.view(), {},
                       entry->request.type == OrderType::StopMarket);
  } else {
    OrderExtras extras;
    extras.stop_loss = stop_for(entry->request);
    text = create_text(entry->request, instrument, extras);
  }
  sending.sent = now;
  const bool wants_rest =
      parts_.settings.order_entry == OrderEntry::Rest || parts_.settings.profile == Profile::Demo;
  const bool rest_up = !rest_.barred(now);
  if (trade_.live() && (!wants_rest || !rest_up)) {
    RequestBucket& room = sending.cancel ? cancels_room_ : creates_;
    if (!room.take(now)) {
      if (!sending.cancel && now - sending.wanted > kStale)
        return homeless_.push_back(std::move(sending));
      sending.not_before = room.ready_at(now);
      return waiting_.push_back(std::move(sending));
    }
    const std::string req_id = fmt::format("{}-{}", parts_.seed % 100'000'000, ++requests_);
    parts_.io.send(Channel::Trade,
                   ws_message(req_id, sending.cancel ? "order.cancel" : "order.create",
                              parts_.stamp_ms(now), parts_.recv_window_ms(), text));
    out_.emplace(req_id, std::move(sending));
    return;
  }
  if (rest_up) return send_by_rest(std::move(sending), std::move(text));
  homeless_.push_back(std::move(sending));
}

void OrderLane::send_by_rest(Sending sending, std::string text) {
  ++parts_.counters.orders_by_rest;
  sending.by_rest = true;
  if (!sending.cancel) by_rest_.insert(sending.id);
  const RequestKind kind = sending.cancel ? RequestKind::Cancel : RequestKind::Create;
  rest_.post(sending.cancel ? "/v5/order/cancel" : "/v5/order/create", std::move(text), kind,
             [this, sending, kind](Result<RestReply> reply) {
               if (!sending.cancel) by_rest_.erase(sending.id);
               if (reply.has_error()) {
                 const bool left = reply.error().code != ErrorCode::Refused;
                 const Outcome stayed = sending.cancel ? Outcome::Later : Outcome::Refused;
                 return answered(sending, left ? Outcome::Unknown : stayed, 0,
                                 left ? "no answer" : reply.error().context);
               }
               const RestReply& got = reply.value();
               answered(sending, got.outcome(kind), got.http != 200 ? got.http : got.code,
                        got.message);
             });
}

void OrderLane::on_reply(const TradeReply& reply) {
  if (reply.req_id.empty()) {
    // An error that names no request: each of them may be the one (reference 8).
    if (reply.code != 0) trade_lost();
    return;
  }
  const auto found = out_.find(std::string(reply.req_id.view()));
  if (found == out_.end()) return;
  Sending sending = std::move(found->second);
  out_.erase(found);
  RequestBucket& room = sending.cancel ? cancels_room_ : creates_;
  constexpr int kTooMany = 10006;
  if (reply.code == kTooMany)
    room.exhausted(reply.rate, parts_.clock.at(rest_.now()), rest_.now());
  else if (reply.rate.known())
    room.learn(reply.rate, parts_.clock.at(rest_.now()), rest_.now());
  const RequestKind kind = sending.cancel ? RequestKind::Cancel : RequestKind::Create;
  answered(std::move(sending), outcome_of(kind, reply.code), reply.code, reply.message.view());
}

void OrderLane::answered(Sending sending, Outcome outcome, int code, std::string_view words) {
  if (sending.cancel) return cancel_answered(sending, outcome);
  create_answered(std::move(sending), outcome, code, words);
}

void OrderLane::create_answered(Sending sending, Outcome outcome, int code,
                                std::string_view words) {
  const VenueMemory::Entry* const entry = parts_.memory.find(sending.id.view());
  if (entry == nullptr) return;
  switch (outcome) {
    case Outcome::Done:
      if (entry->state == OrderState::Submitted)
        parts_.inputs.put(OrderUpdate{sending.id,
                                      sending.instrument,
                                      OrderState::Acknowledged,
                                      OrderEnd::None,
                                      entry->filled,
                                      {}});
      return;
    case Outcome::Later: {
      // It had no effect, so that the same id may go again, while the wish is young.
      constexpr Duration kPause = std::chrono::milliseconds{300};
      if (sending.tries + 1 < kTries && entry->state != OrderState::Unknown)
        return again(std::move(sending), kPause);
      return desk_.refused(sending.id, order_end_of(code), told(words, code).view());
    }
    case Outcome::Refused:
      // What is in doubt has been sent before; a refusal of the repeat does not tell of the first.
      if (entry->state == OrderState::Unknown) return inquiries_.ask(sending.id, rest_.now());
      // One code stands for many causes here; only its words tell (reference 14).
      if (words.find("position mode") != std::string_view::npos)
        settings_.mode_refused(sending.instrument, rest_.now());
      return desk_.refused(sending.id, code == 0 ? OrderEnd::NotArrived : order_end_of(code),
                           told(words, code).view());
    case Outcome::Fatal:
      desk_.refused(sending.id, order_end_of(code), told(words, code).view());
      parts_.inputs.put(OperatorCommand{
          OperatorAction::Halt,
          std::string_view{fmt::format("the venue refuses this account: {} {}", code, words)}});
      return;
    case Outcome::Unknown:
      desk_.doubt(sending.id, told(words, code).view());
      constexpr Duration kListen = std::chrono::milliseconds{500};
      return inquiries_.ask(sending.id, rest_.now(), kListen);
  }
}

void OrderLane::cancel_answered(const Sending& sending, Outcome outcome) {
  if (parts_.memory.find(sending.id.view()) == nullptr) return;
  switch (outcome) {
    case Outcome::Done:
      return;               // Its row tells; without one the cancel is sent again.
    case Outcome::Refused:  // Usually over already: its row tells how.
    case Outcome::Fatal:
      return inquiries_.ask(sending.id, rest_.now());
    case Outcome::Unknown:
    case Outcome::Later:
      constexpr Duration kPause = std::chrono::milliseconds{500};
      inquiries_.ask(sending.id, rest_.now(), kPause);
      return again(sending, kPause);
  }
}

void OrderLane::again(Sending sending, Duration pause) {
  ++sending.tries;
  sending.not_before = rest_.now() + pause;
  waiting_.push_back(std::move(sending));
}

void OrderLane::trade_lost() {
  std::map<std::string, Sending> lost;
  lost.swap(out_);
  for (auto& [req_id, sending] : lost)
    answered(std::move(sending), Outcome::Unknown, 0, "the connection was lost");
}

void OrderLane::on_timer(SteadyTime now) {
  std::vector<Sending> late;
  for (auto at = out_.begin(); at != out_.end();) {
    if (now - at->second.sent < parts_.settings.ack_deadline) {
      ++at;
      continue;
    }
    late.push_back(std::move(at->second));
    at = out_.erase(at);
  }
  for (Sending& sending : late)
    answered(std::move(sending), Outcome::Unknown, 0, "no answer in time");
  std::deque<Sending> homeless;
  homeless.swap(homeless_);
  for (Sending& sending : homeless) {
    if (sending.cancel)
      again(std::move(sending), parts_.settings.ack_deadline);
    else
      desk_.refused(sending.id, OrderEnd::NotArrived,
                    "no way to the venue, no room for it, or cancelled before: it never left");
  }
  std::deque<Sending> waiting;
  waiting.swap(waiting_);
  for (Sending& sending : waiting) {
    if (sending.not_before > now)
      waiting_.push_back(std::move(sending));
    else
      send(std::move(sending));
  }
  repeat_cancels(now);
}

/// A cancel that the engine asked for goes on until the order is over: what was accepted need not
/// happen, and a process may end between asking and sending.
void OrderLane::repeat_cancels(SteadyTime now) {
  std::erase_if(cancels_,
                [&](const auto& one) { return parts_.memory.find(one.first.view()) == nullptr; });
  std::vector<ClientOrderId> due;
  for (const VenueMemory::Entry& entry : parts_.memory.open()) {
    if (!entry.cancel_asked) continue;
    const auto [at, fresh] = cancels_.try_emplace(entry.request.id, now);
    if (!fresh && now - at->second >= parts_.settings.ack_deadline) due.push_back(entry.request.id);
  }
  for (const ClientOrderId& id : due) {
    inquiries_.ask(id, now);
    cancels_[id] = now;
    cancel(id);
  }
}

}  // namespace proteus::live
