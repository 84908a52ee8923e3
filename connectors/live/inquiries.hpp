// What became of an order: the venue is asked by its link id until it has told (reference 15).
// Among the open ones, then in the history, then for its executions. What the venue does not know
// long after it could have arrived never did.
#pragma once

#include <map>

#include "connectors/live/report_desk.hpp"
#include "connectors/live/rest_lane.hpp"

namespace proteus::live {

class Inquiries {
 public:
  Inquiries(GatewayParts& parts, RestLane& rest, ReportDesk& desk)
      : parts_(parts), rest_(rest), desk_(desk) {}

  /// Asks from `now` + `wait` on, unless it is being asked already. What is still on its way is not
  /// asked about.
  void ask(const ClientOrderId& id, SteadyTime now, Duration wait = {});
  /// What tells that an order has not left yet, or its answer is not due: it is not asked about.
  void set_pending(std::function<bool(const ClientOrderId&)> pending) {
    pending_ = std::move(pending);
  }
  void on_timer(SteadyTime now);
  [[nodiscard]] std::size_t open() const { return asked_.size(); }
  [[nodiscard]] bool asks(const ClientOrderId& id) const { return asked_.contains(id); }

 private:
  struct Asked {
    SteadyTime since{};
    SteadyTime next{};
    int tries = 0;
    bool in_flight = false;
  };
  void ask_open(const ClientOrderId& id);
  void ask_history(const ClientOrderId& id);
  void ask_executions(const ClientOrderId& id, bool order_known);
  void later(const ClientOrderId& id);
  void conclude(const ClientOrderId& id);
  [[nodiscard]] std::string query(const ClientOrderId& id) const;

  GatewayParts& parts_;
  RestLane& rest_;
  ReportDesk& desk_;
  AccountCodec codec_;
  std::map<ClientOrderId, Asked> asked_;
  std::function<bool(const ClientOrderId&)> pending_ = [](const ClientOrderId&) { return false; };
};

}  // namespace proteus::live
