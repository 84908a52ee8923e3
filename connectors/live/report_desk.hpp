// From the venue's rows to the engine's reports: executions make fills, order rows tell how an
// order stands, and nothing is told twice or backwards.
//
// An order is closed for the engine when the venue says so and all the executions that its row
// counts are booked; until then the missing ones are asked for. Rows of others are left alone:
// their trades are lines of their own, their orders are counted.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "connectors/live/account_rows.hpp"
#include "connectors/live/gateway_parts.hpp"

namespace proteus::live {

class ReportDesk {
 public:
  explicit ReportDesk(GatewayParts& parts) : parts_(parts) {}

  /// `fetched`: by REST, not told by a stream.
  void apply(const ExecutionRow& row, bool fetched);
  void apply(const OrderRow& row, SteadyTime now);
  /// The venue never got the order, or refused it.
  void refused(const ClientOrderId& id, OrderEnd end, std::string_view words);
  /// Nobody knows what became of the order, or of a part of it.
  void doubt(const ClientOrderId& id, std::string_view words);

  /// Orders that the venue has closed, or filled further, than the executions that came tell; since
  /// before `before`.
  [[nodiscard]] std::vector<ClientOrderId> lacking(SteadyTime before) const;
  [[nodiscard]] bool lacks(const ClientOrderId& id) const { return lacking_.contains(id); }
  /// The venue lists executions of the order for `total`, and all of them are booked, if not all as
  /// its own (a damaged frame may have hidden whose they were): nothing more will come.
  void all_booked(const ClientOrderId& id, Quantity total);
  /// Rows of others before the account was taken over: what a look reads is moving.
  [[nodiscard]] std::uint64_t passed_over() const { return passed_over_; }
  /// Why a look at the venue's books is due, told once; empty: it is not.
  [[nodiscard]] std::string take_question() { return std::exchange(question_, {}); }

 private:
  struct Lacking {
    SteadyTime since{};
    Quantity filled;  ///< by the venue's word
    bool closed = false;
    OrderState state = OrderState::Cancelled;
    OrderEnd end = OrderEnd::None;
    InlineText<64> words;
  };
  void book_ours(const ExecutionRow& row, const Instrument& instrument);
  void book_foreign(const ExecutionRow& row, const Instrument& instrument);
  void book_funding(const ExecutionRow& row, const Instrument& instrument, bool fetched);
  /// False: the books cannot hold it, which is told and left to reconciliation.
  [[nodiscard]] bool holds(const ExecutionRow& row, const Instrument& instrument, bool fetched);
  [[nodiscard]] bool past(const ExecutionRow& row);
  void settle(const ClientOrderId& id);
  void close(const ClientOrderId& id, OrderState state, OrderEnd end, Quantity filled,
             const InlineText<64>& words, Timestamp at);

  GatewayParts& parts_;
  std::map<ClientOrderId, Lacking> lacking_;
  std::uint64_t passed_over_ = 0;
  std::string question_;
};

}  // namespace proteus::live
