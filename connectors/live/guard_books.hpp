// What the guard knows of the account: open orders and positions of the traded instruments, from
// the lists that it asked for and from what its private stream has told since.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "connectors/live/gateway_parts.hpp"
#include "connectors/live/guard_orders.hpp"

namespace proteus::live {

class GuardBooks {
 public:
  explicit GuardBooks(const WireParts& parts) : parts_(parts) {}

  /// The whole of a list replaces what was known.
  void list(const std::vector<OrderRow>& rows);
  void list(const std::vector<PositionRow>& rows);
  /// One row of the stream.
  void see(const OrderRow& row);
  void see(const PositionRow& row);
  /// The venue knows of no such open order, or position, any more.
  void forget_order(const std::string& order_id) { orders_.erase(order_id); }
  void forget_position(InstrumentId id) { positions_.erase(id.index); }

  [[nodiscard]] std::vector<OrderRow> orders() const;
  /// Those that could open or enlarge a position.
  [[nodiscard]] std::vector<OrderRow> opening_orders() const;
  [[nodiscard]] std::vector<PositionRow> positions() const;
  [[nodiscard]] InstrumentId instrument_of(const OrderRow& row) const;
  [[nodiscard]] InstrumentId instrument_of(const PositionRow& row) const;

 private:
  const WireParts& parts_;
  std::map<std::string, OrderRow> orders_;  ///< by the venue's id
  std::map<std::uint32_t, PositionRow> positions_;
};

}  // namespace proteus::live
