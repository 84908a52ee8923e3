// What the live venue has to know over a restart: its open orders, which executions and funding
// rows are booked. It moves only with what the engine hands out and with the inputs that the engine
// takes, so that a session told again from its log ends with the same memory.
#pragma once

#include <deque>
#include <set>
#include <span>
#include <string_view>
#include <vector>

#include "engine/core/archive.hpp"
#include "engine/core/event.hpp"

namespace proteus::live {

using ExecutionId = InlineText<40>;

class VenueMemory {
 public:
  /// Executions are forgotten when as many others followed and a look at the venue's books, this
  /// much younger than they, agreed.
  static constexpr std::size_t kExecutionsKept = 1U << 13U;
  static constexpr Duration kRemembered = std::chrono::hours{1};

  /// An order that may still be open at the venue.
  struct Entry {
    OrderRequest request;
    OrderState state = OrderState::Submitted;
    Quantity filled;  ///< by the executions that are booked
    Timestamp sent{};
    bool cancel_asked = false;
    void archive(Archive& a) { a(request, state, filled, sent, cancel_asked); }
  };

  VenueMemory(const SessionCode& session, std::size_t instruments);

  void submitted(const OrderRequest& order, Timestamp now);
  void cancel_asked(const ClientOrderId& id);
  /// An input of the engine, before it acts on it.
  void hear(const Event& input);

  /// Null: closed, or none of this session's.
  [[nodiscard]] const Entry* find(std::string_view id) const;
  [[nodiscard]] std::span<const Entry> open() const { return open_; }
  [[nodiscard]] const SessionCode& session() const { return session_; }
  /// The id was made by this session, whatever became of its order.
  [[nodiscard]] bool ours(std::string_view id) const;
  /// The venue's ids are unique within a symbol only.
  [[nodiscard]] bool booked(InstrumentId id, const ExecutionId& execution) const {
    return executions_.contains({id.index, execution});
  }
  [[nodiscard]] bool funded(InstrumentId id, Timestamp time) const {
    return time <= funded_[id.index];
  }
  /// Every execution up to this venue time is in the books: by a look that agreed, or because the
  /// account was taken over then; epoch: it was not yet.
  [[nodiscard]] Timestamp known_until() const { return known_until_; }
  /// The account was taken over: what it held is in the books.
  [[nodiscard]] bool taken_over() const { return taken_over_at_ != Timestamp{}; }
  /// What happened up to this venue time was in what the account held.
  [[nodiscard]] Timestamp taken_over_at() const { return taken_over_at_; }
  void archive(Archive& a);

 private:
  struct Booked {
    std::uint32_t instrument = 0;
    ExecutionId execution;
    Timestamp time{};
    void archive(Archive& a) { a(instrument, execution, time); }
  };
  void book(InstrumentId id, const ExecutionId& execution, Timestamp time);
  void forget();
  Entry* entry(std::string_view id);

  SessionCode session_;
  std::vector<Entry> open_;
  std::vector<Timestamp> funded_;  ///< by instrument: the last settlement
  std::deque<Booked> booked_;      ///< in the order in which they came
  std::set<std::pair<std::uint32_t, ExecutionId>> executions_;  ///< the same
  Timestamp known_until_{};
  Timestamp taken_over_at_{};
};

}  // namespace proteus::live
