#include "risk/limits/recent_orders.hpp"

#include <algorithm>

namespace proteus::risk {

void RecentOrders::add(const RecentOrder& order) {
  if (orders_.size() == kKept) orders_.erase(orders_.begin());
  orders_.push_back(order);
}

RecentOrder* RecentOrders::find(const ClientOrderId& id) {
  const auto found = std::ranges::find(orders_, id, &RecentOrder::id);
  return found == orders_.end() ? nullptr : &*found;
}

std::int64_t RecentOrders::duplicates(const OrderRequest& order, bool increases, Price price,
                                      std::span<const OrderRequest> open, Timestamp now,
                                      Duration window) const {
  std::int64_t found = 0;
  bool id_kept = false;
  for (const RecentOrder& known : orders_) {
    const bool same_id = known.id == order.id;
    const bool same_order = known.side == order.side && known.increases == increases &&
                            known.quantity == order.quantity && known.price == price &&
                            now - known.approved < window;
    if (same_id || same_order) ++found;
    id_kept = id_kept || same_id;
  }
  const bool open_id = std::ranges::any_of(open, [&](const auto& o) { return o.id == order.id; });
  return found + (open_id && !id_kept ? 1 : 0);
}

}  // namespace proteus::risk
