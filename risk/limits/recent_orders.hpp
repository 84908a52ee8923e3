// What the gate remembers of an instrument's approved orders: enough to know a duplicate (control
// 8) and to hold a fill against what was decided (controls 3 and 7).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/core/archive.hpp"
#include "engine/core/order.hpp"

namespace proteus::risk {

struct RecentOrder {
  ClientOrderId id;
  Side side = Side::Buy;
  bool increases = false;
  bool filled = false;  ///< a first fill was heard
  Quantity quantity;    ///< as asked
  Price price;          ///< expected
  Price reference;      ///< it was decided on
  Timestamp approved{};
  static constexpr auto fields() {
    using R = RecentOrder;
    return std::tuple{field("id", &R::id),
                      field("side", &R::side),
                      field("increases", &R::increases),
                      field("filled", &R::filled),
                      field("quantity", &R::quantity),
                      field("price", &R::price),
                      field("reference", &R::reference),
                      field("approved", &R::approved)};
  }
};

/// The last 16 of one instrument.
class RecentOrders {
 public:
  static constexpr std::size_t kKept = 16;
  RecentOrders() { orders_.reserve(kKept); }

  void add(const RecentOrder& order);
  /// nullptr: not ours, or forgotten.
  [[nodiscard]] RecentOrder* find(const ClientOrderId& id);
  /// How many of those kept or open are this one once more: the same side, quantity and price
  /// approved less than `window` ago, or the same id. Only of its kind, increase or reduction: the
  /// two parts of a turn are often of one size.
  [[nodiscard]] std::int64_t duplicates(const OrderRequest& order, bool increases, Price price,
                                        std::span<const OrderRequest> open, Timestamp now,
                                        Duration window) const;
  void archive(Archive& a) { a(orders_); }

 private:
  std::vector<RecentOrder> orders_;
};

}  // namespace proteus::risk
