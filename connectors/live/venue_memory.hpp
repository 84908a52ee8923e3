// What the live venue has to know over a restart: its open orders, which executions and funding
// rows are booked. It moves only with what the engine hands out and with the inputs that the engine
// takes, so that a session told again from its log ends with the same memory.
#pragma once

#include <span>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "engine/core/archive.hpp"
#include "engine/core/event.hpp"

namespace proteus::live {

using ExecutionId = InlineText<40>;

class VenueMemory {
 public:
  /// Executions older than this many others are forgotten.
  static constexpr std::size_t kExecutionsKept = 1U << 13U;

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
  /// The id was made by this session, whatever became of its order.
  [[nodiscard]] bool ours(std::string_view id) const;
  [[nodiscard]] bool booked(const ExecutionId& execution) const {
    return executions_.contains(execution);
  }
  [[nodiscard]] bool funded(InstrumentId id, Timestamp time) const {
    return time <= funded_[id.index];
  }
  /// Venue time of the newest execution or funding that is booked; epoch: none.
  [[nodiscard]] Timestamp newest() const { return newest_; }
  /// The account was taken over: what it held is in the books.
  [[nodiscard]] bool taken_over() const { return taken_over_; }
  void archive(Archive& a);

 private:
  void book(const ExecutionId& execution, Timestamp time);
  Entry* entry(std::string_view id);

  SessionCode session_;
  std::vector<Entry> open_;
  std::vector<Timestamp> funded_;  ///< by instrument: the last settlement
  std::vector<ExecutionId> ring_;
  std::size_t oldest_ = 0;  ///< of a full ring
  std::unordered_set<ExecutionId> executions_;
  Timestamp newest_{};
  bool taken_over_ = false;
};

}  // namespace proteus::live
